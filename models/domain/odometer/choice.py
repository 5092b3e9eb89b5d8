"""Which runs of readings are believed: the sequence with the most evidence, wherever its readings came in.

A weighted longest chain (dynamic programming over the runs in order of time), as in the longest increasing
subsequence, with runs for elements: it keeps the largest set of readings that agree with one another, the
consensus set of Fischler and Bolles (RANSAC, Comm. ACM 24(6), 1981), but exactly and without chance. One
rule is of the trade: a lower run after an established history is a rollback or a new cluster. Pure.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log

from models.domain.odometer.limits import (
    MOST_ASTRAY,
    ROLLBACK_KM,
    SURE_HIGH_SLIPS,
    TOLERANCE_KM,
    UNKNOWN_A_DAY_KM,
    Point,
    drive_at_most,
    drive_ordinarily,
    find_rise_slip,
    is_on_line,
    is_too_new,
)
from models.domain.odometer.runs import Run, goes_with_another, is_nearer_parent

# What an odd junction of two runs costs at most: it decides between equals, and never outweighs a reading.
_ODD_COST, _ODD_KM = 0.5, 500.0
# A digit or unit too many is not seen in what shows next to nothing without it.
_LEAST_UNDONE_KM = 100.0
# A fall that nothing explains is believed of so many readings, if those before it were not a history.
_FALL_NEEDS, _SOON_DAYS = 8, 14.0
# How much less a chain is worth that begins unlike the age of the car; and what a car is driven a day.
_AGE_COST = 0.25


@dataclass(frozen=True, slots=True)
class Part:
    """The readings of a run that are believed: from one up to, and without, another."""

    run: Run
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class _Arrival:
    """The best way to begin a run at one of its first readings; `worth` plus its evidence is the chain's."""

    first: int
    worth: float
    before: "_Leaving | None"


@dataclass(frozen=True, slots=True)
class _Leaving:
    """A chain that ends within a run."""

    number: int
    end: int
    worth: float
    arrival: _Arrival


def choose_parts(runs: Sequence[Run], km_per_day: float, new_on_day: float | None) -> list[Part]:
    """Choose the parts of runs that agree with one another and have the most evidence, in order of time."""
    choice = _Choice(runs, km_per_day, new_on_day)
    best: _Leaving | None = None
    for number, run in enumerate(runs):
        leaving = choice.leave(number, len(run.places))
        if leaving and (best is None or leaving.worth > best.worth):
            best = leaving
    parts: list[Part] = []
    while best:
        parts.append(Part(runs[best.number], best.arrival.first, best.end))
        best = best.arrival.before
    return parts[::-1]


class _Choice:
    """The ways into each run, found in order of time."""

    def __init__(self, runs: Sequence[Run], km_per_day: float, new_on_day: float | None) -> None:
        self._runs, self._km_per_day, self._new = runs, km_per_day, new_on_day
        self._futures = _look_ahead(runs)
        self._arrivals: list[list[_Arrival]] = [[] for _ in runs]
        for number, first in self._list_entries():
            if arrival := self._arrive(number, first):
                self._arrivals[number].append(arrival)

    def leave(self, number: int, end: int) -> _Leaving | None:
        """Return the best chain that ends with so many readings of a run."""
        ways = [arrival for arrival in self._arrivals[number] if arrival.first < end]
        arrival = max(ways, key=lambda way: way.worth, default=None)
        if arrival is None:
            return None
        return _Leaving(number, end, arrival.worth + self._runs[number].evidence[end], arrival)

    def _list_entries(self) -> list[tuple[int, int]]:
        """List where runs may begin: at their first reading, or after a few that are astray."""
        entries = [
            (number, first)
            for number, run in enumerate(self._runs)
            for first in range(min(MOST_ASTRAY + 1, len(run.places)))
            if run.may_begin(first)
        ]
        return sorted(entries, key=lambda entry: self._runs[entry[0]].places[entry[1]])

    def _arrive(self, number: int, first: int) -> _Arrival | None:
        run = self._runs[number]
        best = None
        if first == 0 and not is_too_new(run.points[0], run.points[-1], self._new):
            best = self._weigh(run, first, None, self._cost_of_age(run.points[first]))
        for leaving, cost in self._list_ways(number, first):
            arrival = self._weigh(run, first, leaving, cost)
            if arrival and (best is None or arrival.worth > best.worth):
                best = arrival
        return best

    def _weigh(self, run: Run, first: int, before: _Leaving | None, cost: float) -> _Arrival | None:
        if self._is_rollback(run, first, before):
            return None
        return _Arrival(first, (before.worth if before else 0.0) - cost - run.evidence[first], before)

    def _list_ways(self, number: int, first: int) -> Iterator[tuple[_Leaving, float]]:
        """List the chains after which a run may begin at a reading, and how odd each junction is."""
        run, place, point = (
            self._runs[number],
            self._runs[number].places[first],
            self._runs[number].points[first],
        )
        for other, before in enumerate(self._runs):
            if other == number or before.places[0] > place:
                continue
            known = min(bisect_left(before.places, place), bisect_right(before.tops, point.km))
            for end in range(known, max(0, known - MOST_ASTRAY - 1), -1):
                last = before.look_back(end)
                leaving = self.leave(other, end)
                if (
                    leaving
                    and self._can_follow(last, point)
                    and not is_nearer_parent(run, before, end, self._km_per_day)
                ):
                    miss = self._miss(last, point)
                    yield leaving, _ODD_COST * miss / (miss + _ODD_KM)
                    break

    def _can_follow(self, last: Point, point: Point) -> bool:
        gain, days = point.km - last.km, point.day - last.day
        if gain > drive_at_most(days):
            return False
        return gain <= drive_ordinarily(days, self._km_per_day) or not find_rise_slip(
            last, point, self._km_per_day
        )

    def _miss(self, last: Point, point: Point) -> float:
        return abs(point.km - last.km - self._km_per_day * (point.day - last.day))

    def _is_rollback(self, run: Run, first: int, before: _Leaving | None) -> bool:
        """Say whether a beginning here would be a fall that has not evidence enough to be believed."""
        point, place = run.points[first], run.places[first]
        since = -1
        if before:
            chain = self._runs[before.number]
            others = (other for other in self._runs if other is not run)
            if goes_with_another(point, place, chain, before.end, others, self._km_per_day):
                return True
            since = chain.places[before.end - 1]
            usual = max(self._km_per_day, chain.find_rate(before.end))
            continues = is_on_line(chain.look_back(before.end), point, usual, is_strict=first > 0)
            if first and not (continues and before.worth > MOST_ASTRAY):
                # What was passed over may be the truth, or a rollback that climbs past it.
                return True
            begin, end = chain.count_above(point.km + TOLERANCE_KM, since, place)
            if continues and not (begin < end and chain.speaks_against(begin, end, point)):
                return False
        return any(
            self._outweighs(number, point, place, since, self._futures[id(run)], before)
            for number, other in enumerate(self._runs)
            if other is not run and other.places[0] < place
        )

    def _outweighs(
        self, number: int, point: Point, place: int, since: int, follow: int, before: _Leaving | None
    ) -> bool:
        """Say whether what a run showed until a fall is believed rather than what follows this."""
        other = self._runs[number]
        begin, end = other.count_above(point.km + TOLERANCE_KM, since, place)
        if begin >= end:
            return False
        is_small = other.tops[end - 1] - point.km <= ROLLBACK_KM
        if is_small and not other.speaks_against(begin, end, point):
            return False
        rival = self.leave(number, end)
        if rival is None or (before and rival.worth <= before.worth):
            return False
        if other.is_established(end):
            return True
        against = other.evidence[end] - other.evidence[begin]
        # Nobody sets an odometer back from one day to the next; between two visits somebody may.
        least = _FALL_NEEDS if point.day - other.days[end - 1] > _SOON_DAYS else 0
        return follow < max(least, 2 * against + 1) and not self._is_slip(other, begin, point)

    def _is_slip(self, run: Run, begin: int, point: Point) -> bool:
        """Say whether a reading goes on from a higher one whose digits or unit were wrong."""
        high = run.points[begin]
        undone = (Point(high.day, high.km / factor) for factor, _ in SURE_HIGH_SLIPS)
        return any(
            low.km > _LEAST_UNDONE_KM
            and is_on_line(low, point, self._km_per_day)
            and self._cost_of_age(low) <= self._cost_of_age(high)
            for low in undone
        )

    def _cost_of_age(self, point: Point) -> float:
        """Return how unlike its age the mileage of a car is, from 0 to the most that costs."""
        if self._new is None or point.day <= self._new:
            return 0.0
        unlike = abs(log((point.km + 1.0) / (UNKNOWN_A_DAY_KM * (point.day - self._new) + 1.0)))
        return _AGE_COST * unlike / (1.0 + unlike)


def _look_ahead(runs: Sequence[Run]) -> dict[int, int]:
    """Return the evidence of each run and of those that may follow it."""
    futures: dict[int, int] = {}
    for number in range(len(runs) - 1, -1, -1):
        run = runs[number]
        following = (
            futures[id(then)]
            for then in runs[number + 1 :]
            if then.places[0] > run.places[-1]
            and 0 <= then.points[0].km - run.tops[-1] <= drive_at_most(then.days[0] - run.days[-1])
        )
        futures[id(run)] = run.evidence[-1] + max(following, default=0)
    return futures
