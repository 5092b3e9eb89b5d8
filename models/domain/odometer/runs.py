"""Runs: readings of an odometer that go on from one another, in order of time.

Sorts readings into runs as a radar sorts echoes into tracks: each joins the run that it continues most
nearly, or begins one (nearest neighbour with a gate: Bar-Shalom and Fortmann, Tracking and Data
Association, 1988).
Counts the evidence of a run: new values only, and eight a week at most. Pure.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import log

from models.domain.odometer.limits import (
    ESTABLISHED_DAYS,
    ESTABLISHED_READINGS,
    MOST_A_DAY_KM,
    MOST_ASTRAY,
    SEPARATE_KM,
    SLIP_FACTORS,
    TOLERANCE_KM,
    UNKNOWN_A_DAY_KM,
    Point,
    drive_at_most,
    drive_ordinarily,
    is_on_line,
)

# A device that sends every minute has no more to say than one that sends eight times a week.
_MOST_A_WEEK, _WEEK_DAYS = 8, 7.0
# What differs by less is the same value again, which proves nothing: a parked car, or a device that is stuck.
_SAME_KM = 0.5
# So many times what is left out at the beginning of a run must follow it.
_HEAD_FACTOR = 2
_LONGEST_PAIR_DAYS = 14.0
_LEAST_RATE_DAYS = 1.0
# How far a reading may be off what a run lets expect: by this, and by this share of what is driven since.
_SPREAD_KM, _SPREAD_SHARE = 50.0, 0.5
_MOST_RATE_OF_FEW_KM = 200.0
# So many readings on the line of a history are no chance; shares of the usual that are on it, and off.
_SOME, _ON_LINE_SHARES, _OFF_LINE_SHARE = 2, (0.5, 2.0), 0.4
# Readings are compared with so many runs, the heaviest; more of them are noise.
MOST_RUNS = 48


class Run:
    """Readings that go on from one another: their places among all, days, and the highest mileage by then."""

    def __init__(self, place: int, point: Point, parent: "Run | None" = None) -> None:
        self.places: list[int] = []
        self.points: list[Point] = []
        self.days: list[float] = []
        self.tops: list[float] = []
        # Evidence before each reading, and of all at the end.
        self.evidence: list[int] = [0]
        self.parent = parent
        self._counted: deque[float] = deque(maxlen=_MOST_A_WEEK)
        self._counted_km = float("-inf")
        self.add(place, point)

    def add(self, place: int, point: Point) -> None:
        """Go on with a reading."""
        self.places.append(place)
        self.points.append(point)
        self.days.append(point.day)
        self.tops.append(max(point.km, self.tops[-1]) if self.tops else point.km)
        is_new = point.km > self._counted_km + _SAME_KM
        has_room = len(self._counted) < _MOST_A_WEEK or point.day - self._counted[0] >= _WEEK_DAYS
        self.evidence.append(self.evidence[-1] + (point.evidence if is_new and has_room else 0))
        if is_new and has_room:
            self._counted.append(point.day)
            self._counted_km = point.km

    def can_continue(self, point: Point, km_per_day: float) -> bool:
        """Say whether a reading goes on from the last one without a second look."""
        gain, days = point.km - self.tops[-1], point.day - self.days[-1]
        return -TOLERANCE_KM <= gain <= min(drive_ordinarily(days, km_per_day), drive_at_most(days))

    def count_above(self, km: float, after_place: int, before_place: int) -> tuple[int, int]:
        """Return which of its readings show more than a mileage, of those between two places."""
        first = max(bisect_right(self.tops, km), bisect_right(self.places, after_place))
        return first, bisect_left(self.places, before_place)

    def may_begin(self, first: int) -> bool:
        """Say whether it may be believed from a reading on: few are before it, and many more follow."""
        return first == 0 or (
            first <= MOST_ASTRAY and self.evidence[-1] > (1 + _HEAD_FACTOR) * self.evidence[first]
        )

    def look_back(self, end: int) -> Point:
        """Return what was shown after so many of its readings."""
        return Point(self.days[end - 1], self.tops[end - 1], self.points[end - 1].device)

    def find_rate(self, end: int) -> float:
        """Return what was driven a day by its first readings, if they are more than may go astray."""
        days = self.days[end - 1] - self.days[0]
        if self.evidence[end] <= MOST_ASTRAY or days < _LEAST_RATE_DAYS:
            return 0.0
        return (self.tops[end - 1] - self.tops[0]) / days

    def speaks_against(self, begin: int, end: int, point: Point) -> bool:
        """Say whether its readings from one up to another, all higher, are no mistake but a history's.

        More than may go astray are none, and fewer are none that go on from those before as the car is driven
        while a lower one does not.
        """
        if not self.is_established(end):
            return False
        against = self.evidence[end] - self.evidence[begin]
        return against > MOST_ASTRAY or (against >= _SOME and self._is_nearer_line(begin, end, point))

    def _is_nearer_line(self, begin: int, end: int, point: Point) -> bool:
        rate = self.find_rate(begin)
        if not rate:
            return False
        last, top = self.look_back(begin), self.look_back(end)
        least, most = (share * rate * (top.day - last.day) for share in _ON_LINE_SHARES)
        is_off = point.km - last.km < _OFF_LINE_SHARE * rate * (point.day - last.day)
        return is_off and least <= top.km - last.km <= most

    def is_established(self, end: int) -> bool:
        """Say whether its first readings are a history: enough new values over enough days."""
        if self.evidence[end] < ESTABLISHED_READINGS:
            return False
        return (
            self.days[end - 1] - self.days[0] >= ESTABLISHED_DAYS
            or self.points[0].evidence >= ESTABLISHED_READINGS
        )


def gather_runs(places: Sequence[int], points: Sequence[Point], km_per_day: float) -> list[Run]:
    """Sort readings, in order of time, into runs; return the heaviest of them in order of their first."""
    runs: list[Run] = []
    going: list[Run] = []
    for place in places:
        point = points[place]
        below = [run for run in going if point.km >= run.tops[-1] - TOLERANCE_KM]
        fitting = [run for run in below if run.can_continue(point, km_per_day)]
        if fitting:
            nearest = min(fitting, key=lambda run: _miss(run, point, km_per_day))
            if not goes_with_another(point, place, nearest, len(nearest.places), going, km_per_day):
                nearest.add(place, point)
                continue
        near = min(below, key=lambda run: _miss(run, point, km_per_day), default=None)
        run = Run(place, point, near if near and near.evidence[-1] > MOST_ASTRAY else None)
        runs.append(run)
        going.append(run)
        if len(going) > MOST_RUNS:
            going.remove(min(going, key=lambda each: each.evidence[-1]))
    if len(runs) > MOST_RUNS:
        runs = sorted(runs, key=lambda run: -run.evidence[-1])[:MOST_RUNS]
    return sorted(runs, key=lambda run: run.places[0])


def find_usual_rate(runs: Sequence[Run], guessed: float) -> float:
    """Return what the car is driven a day, by runs of more readings than may go astray together."""
    days = gain = 0.0
    for run in runs:
        if run.evidence[-1] > MOST_ASTRAY:
            for (since, before), (until, after) in pairwise(zip(run.days, run.tops, strict=True)):
                # A misdated reading may be years from the next: it counts for no more than others.
                share = _LONGEST_PAIR_DAYS / max(_LONGEST_PAIR_DAYS, until - since)
                days, gain = days + share * (until - since), gain + share * (after - before)
    if days < _LEAST_RATE_DAYS:
        return min(guessed, _MOST_RATE_OF_FEW_KM)
    # Of a few days a single wrong reading would make a taxi.
    return gain / days if days >= ESTABLISHED_DAYS else min(gain / days, _MOST_RATE_OF_FEW_KM)


def guess_rate(places: Sequence[int], points: Sequence[Point]) -> float:
    """Guess what the car is driven a day, by neighbours in time that one car can have shown."""
    days = gain = 0.0
    for place, then in pairwise(places):
        apart, driven = points[then].day - points[place].day, points[then].km - points[place].km
        if 0 <= driven <= MOST_A_DAY_KM * apart:
            days, gain = days + apart, gain + driven
    return gain / days if days >= _LEAST_RATE_DAYS else UNKNOWN_A_DAY_KM


def is_nearer_parent(run: Run, before: Run, upto: int, km_per_day: float) -> bool:
    """Say whether a run goes on from another that is no part of what is chosen, rather than from this one."""
    parent, first = run.parent, run.points[0]
    if parent is None or parent is before:
        return False
    known = bisect_left(parent.places, run.places[0])
    from_parent = parent.tops[known - 1] + km_per_day * (first.day - parent.days[known - 1])
    from_before = before.tops[upto - 1] + km_per_day * (first.day - before.days[upto - 1])
    return abs(from_parent - from_before) > SEPARATE_KM and abs(first.km - from_parent) < abs(
        first.km - from_before
    )


def goes_with_another(
    point: Point, place: int, before: Run, end: int, others: Iterable[Run], km_per_day: float
) -> bool:
    """Say whether a reading is off the line of the run before it, and on that of a later one.

    It may be on the other's line as it is, or with a slip of digit or unit undone.
    """
    last = before.look_back(end)
    if is_on_line(last, point, km_per_day) or is_on_line(last, point, before.find_rate(end) or km_per_day):
        return False
    for other in others:
        known = bisect_left(other.places, place)
        if (
            other is before
            or other.evidence[known] <= MOST_ASTRAY
            or other.places[known - 1] < before.places[end - 1]
        ):
            continue
        tail, rate = other.look_back(known), other.find_rate(known) or km_per_day
        undone = (Point(point.day, point.km / factor) for factor in (1.0, *SLIP_FACTORS))
        if any(is_on_line(tail, each, rate, is_strict=True) for each in undone):
            return True
    return False


def _miss(run: Run, point: Point, km_per_day: float) -> float:
    """Return how unlikely a reading is in a run: its miss, how little is known by now, how few are in it."""
    days = point.day - run.days[-1]
    spread = _SPREAD_KM + _SPREAD_SHARE * km_per_day * days
    miss = abs(point.km - run.tops[-1] - km_per_day * days)
    return miss / spread + log(spread) - log(1 + run.evidence[-1])
