"""Readings that agree with the chosen runs of an odometer, though they are in none of them.

Adds readings that were left out, and zeros that are true; lets a few chosen readings yield to more. Pure.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from models.domain.odometer.choice import Part
from models.domain.odometer.limits import (
    FIRST_DAY,
    MOST_ASTRAY,
    NEW_CLUSTER_SHARE,
    TOLERANCE_KM,
    Point,
    drive_at_most,
    drive_ordinarily,
    find_rise_slip,
    is_on_line,
    is_too_new,
)
from models.domain.odometer.runs import Run, goes_with_another

# A car shows 0 when it is new, and not much later.
_NEW_DAYS = 14.0
# A value that usually means nothing must be nearer to its neighbours than others.
_NO_VALUE_DAYS, _NO_VALUE_FACTOR = 7.0, 3.0


class Completion:
    """Adds to what is chosen the readings that agree with all of it."""

    def __init__(
        self,
        points: Sequence[Point],
        runs: Sequence[Run],
        parts: Sequence[Part],
        km_per_day: float,
        new_on_day: float | None,
    ) -> None:
        self._points, self._km_per_day, self._new = points, km_per_day, new_on_day
        self._distinct = runs
        self._runs = {place: run for run in runs for place in run.places}
        self._chosen = {place for part in parts for place in part.run.places[part.first : part.end]}
        # Runs that what is chosen goes through, and those that were found to agree with it.
        self._sound = {id(part.run) for part in parts}

    def complete(self, no_values: AbstractSet[int]) -> list[bool]:
        """Return which readings are believed, with those that were left out and agree, and true zeros."""
        self._restore()
        believed, nexts = [False] * len(self._points), self._find_nexts()
        chosen: Point | None = None
        last: Point | None = None
        last_place = -1
        for place, point in enumerate(self._points):
            then = nexts[place]
            if place in self._chosen:
                believed[place] = True
            elif place in no_values:
                believed[place] = self._is_value(chosen, point, then) and self._fits(last, point)
            elif place in self._runs:
                is_between = last is not None and then is not None
                believed[place] = (
                    (is_between or self._is_sound(place))
                    and self._fits(last, point)
                    and self._fits(point, then)
                    and not self._goes_with_refused(place, last_place, believed)
                )
            if believed[place]:
                last = Point(point.day, max(point.km, last.km) if last else point.km)
                chosen = chosen if place in no_values or point.device == FIRST_DAY else last
                last_place = place if place in self._runs else last_place
                if place in self._runs:
                    self._sound.add(id(self._runs[place]))
        return believed

    def _restore(self) -> None:
        """Let a few chosen readings yield to more that are left out between their neighbours.

        A wrong reading that is not far off the line may have drawn those after it to itself.
        """
        chosen = sorted(self._chosen)
        number = 0
        while number < len(chosen):
            for end in range(number + 1, min(number + MOST_ASTRAY, len(chosen) - 1) + 1):
                since = chosen[number - 1] if number else -1
                others = self._line_up(since, chosen[end])
                if len(others) > end - number and self._points[chosen[number]].evidence == 1:
                    chosen[number:end] = others
                    break
            number += 1
        self._chosen = set(chosen)

    def _line_up(self, since: int, until: int) -> list[int]:
        """List readings left out between two places that agree with one another and with both."""
        places: list[int] = []
        last = self._points[since] if since >= 0 else None
        for place in range(since + 1, until):
            point = self._points[place]
            if place in self._chosen or place not in self._runs:
                continue
            is_more = (last is None or point.km > last.km) and point.km <= self._points[until].km
            if is_more and self._fits(last, point) and self._fits(point, self._points[until]):
                places.append(place)
                last = point
        return places

    def _goes_with_refused(self, place: int, last_place: int, believed: Sequence[bool]) -> bool:
        """Say whether a reading is off the line of those believed, and on that of refused ones."""
        run, point = self._runs[place], self._points[place]
        if last_place < 0 or id(run) in self._sound:
            return False
        before = self._runs[last_place]
        end = bisect_right(before.places, last_place)
        if goes_with_another(point, place, before, end, self._list_refused(run), self._km_per_day):
            return True
        own, last, rate = bisect_left(run.places, place), before.look_back(end), before.find_rate(end)
        return (
            own > 0
            and not believed[run.places[own - 1]]
            and is_on_line(run.look_back(own), point, self._km_per_day)
            and not is_on_line(last, point, self._km_per_day)
            and not is_on_line(last, point, rate or self._km_per_day)
        )

    def _list_refused(self, but: Run) -> list[Run]:
        """List the other runs that what is believed does not go through."""
        return [run for run in self._distinct if run is not but and id(run) not in self._sound]

    def _is_sound(self, place: int) -> bool:
        """Say whether a reading after all others is of a believed run: a rollback climbs past the truth."""
        run = self._runs[place]
        if id(run) in self._sound:
            return True
        if not run.may_begin(run.places.index(place)) or is_too_new(run.points[0], run.points[-1], self._new):
            return False
        return run.parent is None or id(run.parent) in self._sound

    def _fits(self, before: Point | None, after: Point | None) -> bool:
        if before is None or after is None:
            return True
        gain, days = after.km - before.km, after.day - before.day
        if not -TOLERANCE_KM <= gain <= drive_at_most(days):
            return False
        return gain <= drive_ordinarily(days, self._km_per_day) or not find_rise_slip(
            before, after, self._km_per_day
        )

    def _find_nexts(self) -> list[Point | None]:
        """Find for each reading the next that is chosen, with the least that is shown from then on."""
        nexts: list[Point | None] = [None] * len(self._points)
        then: Point | None = None
        for place in range(len(self._points) - 1, -1, -1):
            nexts[place] = then
            if place in self._chosen:
                point = self._points[place]
                then = Point(point.day, min(point.km, then.km) if then else point.km)
        return nexts

    def _is_value(self, last: Point | None, point: Point, then: Point | None) -> bool:
        """Say whether 0, or all ones, is what was really shown: the others must be near it."""
        age = None if self._new is None else point.day - self._new
        if last is None and then is None:
            return False
        if last is None and age is not None and age > _NEW_DAYS:
            return point.km >= NEW_CLUSTER_SHARE * age * self._km_per_day and self._is_near(point, then)
        return self._is_near(last, point) and self._is_near(point, then)

    def _is_near(self, before: Point | None, after: Point | None) -> bool:
        if before is None or after is None:
            return True
        days = after.day - before.day
        most = drive_ordinarily(min(days, _NO_VALUE_DAYS), self._km_per_day)
        most += _NO_VALUE_FACTOR * self._km_per_day * max(0.0, days - _NO_VALUE_DAYS)
        return -TOLERANCE_KM <= after.km - before.km <= most
