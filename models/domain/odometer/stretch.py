"""One stretch of odometer readings, between two corrections: which are believed, and why others are not.

Judges all readings together: a stretch whose readings all agree is believed as it is; else the runs with the
most evidence are chosen, what agrees with them is added, and each other reading gets its reason. Pure.
"""

from collections.abc import Sequence

from models.domain.odometer.choice import choose_parts
from models.domain.odometer.completion import Completion
from models.domain.odometer.limits import (
    ESTABLISHED_READINGS,
    FIRST_DAY,
    ORDINARY_A_DAY_KM,
    ORDINARY_AT_ONCE_KM,
    TOLERANCE_KM,
    Doubt,
    Point,
    drive_at_most,
    is_too_new,
    means_no_value,
    say_doubt,
)
from models.domain.odometer.reasons import name_doubts
from models.domain.odometer.runs import find_usual_rate, gather_runs, guess_rate

# More evidence than a vehicle has readings: a person's word.
_CERTAIN = 10**9
# A car that is read so soon after its first day of service began with that day, at 0 km.
_NEW_DAYS = 60.0


def judge_stretch(points: Sequence[Point], mark: Point | None, new_on_day: float | None) -> list[str | None]:
    """Return why each reading is refused, None where it is believed; readings come in order of time.

    A mark is what somebody said is shown before the first of them; without one, a vehicle may be new on a
    day.
    """
    if _all_agree(points, mark, new_on_day):
        return [None] * len(points)
    if mark:
        certain = Point(mark.day, mark.km, mark.device, _CERTAIN)
        return _judge_fully([certain, *points], None)[1:]
    if new_on_day is not None and _is_of_new_car(points[0], new_on_day):
        return _judge_fully([Point(new_on_day, 0.0, FIRST_DAY), *points], new_on_day)[1:]
    return _judge_fully(points, new_on_day)


def _all_agree(points: Sequence[Point], mark: Point | None, new_on_day: float | None) -> bool:
    """Say whether nothing about the readings needs a second look, as is usual."""
    if not points:
        return True
    last = mark or points[0]
    top, day = last.km, last.day
    for point in points:
        km = point.km
        most = top + ORDINARY_AT_ONCE_KM + ORDINARY_A_DAY_KM * (point.day - day)
        if not top - TOLERANCE_KM <= km <= most or means_no_value(km):
            return False
        day = point.day
        top = max(top, km)
    first = points[0]
    return bool(mark) or not (_exceeds_age(first, new_on_day) or is_too_new(first, points[-1], new_on_day))


def _judge_fully(points: Sequence[Point], new_on_day: float | None) -> list[str | None]:
    """Judge readings of which some disagree."""
    too_much = [place for place, point in enumerate(points) if _exceeds_age(point, new_on_day)]
    values = {round(points[place].km) for place in too_much}
    if len(values) >= ESTABLISHED_READINGS and 2 * len(too_much) > len(points):
        # The day is one value, too: it yields to a history.
        too_much, new_on_day = [], None
    no_values = {
        place for place, point in enumerate(points) if means_no_value(point.km) and point.device != FIRST_DAY
    }
    aside = no_values.union(too_much)
    sound = [place for place in range(len(points)) if place not in aside]
    guessed = guess_rate(sound, points)
    km_per_day = find_usual_rate(gather_runs(sound, points, guessed), guessed)
    runs = gather_runs(sound, points, km_per_day)
    parts = choose_parts(runs, km_per_day, new_on_day)
    completion = Completion(points, runs, parts, km_per_day, new_on_day)
    believed = completion.complete(aside.difference(too_much))
    doubts = name_doubts(points, believed, runs, km_per_day, new_on_day)
    for place in too_much:
        days = points[place].day - (new_on_day or 0.0)
        detail = f"{points[place].km:.0f} km in the {days:.0f} days it is in service"
        doubts[place] = say_doubt(Doubt.JUMP, detail)
    return doubts


def _is_of_new_car(first: Point, new_on_day: float) -> bool:
    """Say whether the first day of service may stand for a reading: it was shortly before, and fits."""
    days = first.day - new_on_day
    return 0 <= days <= _NEW_DAYS and first.km <= ORDINARY_AT_ONCE_KM + ORDINARY_A_DAY_KM * days


def _exceeds_age(point: Point, new_on_day: float | None) -> bool:
    """Say whether a car of its age cannot have been driven so far."""
    if new_on_day is None or point.day < new_on_day:
        return False
    return point.km > drive_at_most(point.day - new_on_day)
