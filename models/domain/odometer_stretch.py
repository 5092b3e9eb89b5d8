"""One run of odometer readings between two corrections, judged in order of time.

Owns what a car can drive, how slips look (a digit too many, metres, miles), and which readings outvote
another: every number of the judgement stands here. Pure; it knows kilometres and days only.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from math import log

MILE_KM = 1.609344
# Two clocks that differ by minutes, and rounding to whole miles, make an odometer run backwards by so much.
TOLERANCE_KM = 5.0
# What one car can drive with two drivers: a day at a stretch, and day after day.
_MOST_AT_ONCE_KM, _MOST_FIRST_DAY_KM, _MOST_A_DAY_KM = 300.0, 1500.0, 800.0
# What needs no second look; beyond it a jump must neither look like a slip nor be contradicted.
_ORDINARY_AT_ONCE_KM, _ORDINARY_A_DAY_KM, _ORDINARY_FACTOR = 200.0, 300.0, 1.5
_UNKNOWN_A_DAY_KM = 40.0
_RATE_NEEDS_DAYS = 30.0
# Runs of readings nearer to each other than this cannot be told apart.
_SEPARATE_KM = 100.0
# So many readings after one are asked whether they contradict it.
_WITNESSES = 3


class Doubt(StrEnum):
    """Why a reading is refused; the word its reason begins with."""

    FUTURE = "future_clock"
    RANGE = "out_of_range"
    BACKWARDS = "runs_backwards"
    DISAGREES = "devices_disagree"
    JUMP = "impossible_jump"
    CONTRADICTED = "contradicted"
    DIGIT_MANY = "digit_too_many"
    DIGIT_FEW = "digit_too_few"
    METRES = "metres_undeclared"
    MILES = "miles_undeclared"
    NO_MILES = "kilometres_called_miles"
    NO_METRES = "kilometres_called_metres"


_HIGH_SLIPS = ((10.0, Doubt.DIGIT_MANY), (1000.0, Doubt.METRES), (MILE_KM, Doubt.NO_MILES))
_LOW_SLIPS = ((0.1, Doubt.DIGIT_FEW), (0.001, Doubt.NO_METRES), (1 / MILE_KM, Doubt.MILES))
# Slips by more than this are seen from one reading; miles differ too little to be told from much driving.
_SURE_FACTOR = 2.0
_SURE_SLIPS = tuple(
    slip for slip in (*_HIGH_SLIPS, *_LOW_SLIPS) if not 1 / _SURE_FACTOR < slip[0] < _SURE_FACTOR
)


@dataclass(frozen=True, slots=True)
class Point:
    """A moment in days, and kilometres."""

    day: float
    km: float
    device: str = ""


class Stretch:
    """The readings after a mark that is believed, or of a vehicle that was new on a day, in order of time."""

    def __init__(self, points: list[Point], mark: Point | None, new_on_day: float | None) -> None:
        self._points = points
        self._base = self._first = mark
        self._is_marked = mark is not None
        # The last few, so that a single wrong one does not hide the run that goes on around it.
        self._refused: deque[tuple[Point, str]] = deque(maxlen=_WITNESSES)
        self._new = new_on_day

    def judge(self) -> list[str | None]:
        """Return why each reading is refused, None where it is believed."""
        doubts: list[str | None] = []
        believed: list[int] = []
        for index, point in enumerate(self._points):
            doubt = self._doubt(index, point)
            if doubt and len(believed) == 1 and not self._is_marked and self._outvotes(index):
                # What rested on one reading alone yields to two that agree with each other.
                doubts[believed.pop()] = say_doubt(Doubt.CONTRADICTED, "the next two readings agree on more")
                self._base = self._first = doubt = None
            doubts.append(doubt)
            if doubt:
                self._refused.append((point, doubt))
            else:
                if self._base is None or point.km > self._base.km:
                    self._base = point
                self._first = self._first or point
                believed.append(index)
        return doubts

    def _doubt(self, index: int, point: Point) -> str | None:
        base = self._base
        if base is None:
            return self._doubt_first(index, point)
        days = max(0.0, point.day - base.day)
        if point.km < base.km - TOLERANCE_KM:
            return self._name_fall(base, point, days)
        if why := self._follows_refused(base, point, days):
            return why
        return self._doubt_jump(index, base, point, days)

    def _doubt_jump(self, index: int, base: Point, point: Point, days: float) -> str | None:
        gain, ordinary = point.km - base.km, self._ordinary(days)
        expected = base.km + self._rate() * days
        jumped, contradicted = gain > ordinary, self._is_contradicted(index, point)
        if not (jumped or contradicted):
            return None
        for factor, doubt in _HIGH_SLIPS:
            slipped = point.km / factor
            sure = factor > _SURE_FACTOR or gain > _possible(days)
            if (
                sure
                and -TOLERANCE_KM <= slipped - base.km <= ordinary
                and _is_nearer(slipped, point.km, expected)
            ):
                return say_doubt(doubt, f"{point.km:.0f} km after {base.km:.0f} km")
        if gain > _possible(days):
            return say_doubt(Doubt.JUMP, f"{gain:.0f} km in {days:.1f} days")
        if jumped and contradicted:
            return say_doubt(Doubt.CONTRADICTED, f"{point.km:.0f} km, and less in the readings after it")
        return None

    def _doubt_first(self, index: int, point: Point) -> str | None:
        """Judge a reading that has none before it by the vehicle's age and by those after it."""
        if self._new is not None and point.day >= self._new:
            days = point.day - self._new
            if point.km > _possible(days):
                return say_doubt(Doubt.JUMP, f"{point.km:.0f} km in the {days:.0f} days it is in service")
        witnesses = self._points[index + 1 : index + 1 + _WITNESSES]
        agree = sum(self._continues(point.km, point, other) for other in witnesses)
        for factor, doubt in _SURE_SLIPS:
            slipped = point.km / factor
            better = sum(
                self._continues(slipped, point, other) and _is_nearer(slipped, point.km, other.km)
                for other in witnesses
            )
            if better > 2 * agree and self._fits_better(slipped, point, witnesses):
                return say_doubt(doubt, f"{point.km:.0f} km before {witnesses[0].km:.0f} km")
        return None

    def _fits_better(self, slipped: float, point: Point, witnesses: list[Point]) -> bool:
        """Say whether a first reading fits age and further driving better with its slip undone."""
        if self._new is not None:
            expected = _UNKNOWN_A_DAY_KM * (point.day - self._new)
            if not _is_nearer(slipped, point.km, expected):
                return False
        if len(witnesses) == 1 or witnesses[1].day == witnesses[0].day or witnesses[0].day == point.day:
            return True
        days = witnesses[0].day - point.day
        then = (witnesses[1].km - witnesses[0].km) / (witnesses[1].day - witnesses[0].day)
        rates = ((witnesses[0].km - km) / days for km in (slipped, point.km))
        with_slip_undone, as_it_is = (abs(rate - then) for rate in rates)
        return with_slip_undone < as_it_is

    def _continues(self, km: float, point: Point, other: Point) -> bool:
        return -TOLERANCE_KM <= other.km - km <= self._ordinary(other.day - point.day)

    def _name_fall(self, base: Point, point: Point, days: float) -> str:
        ordinary = self._ordinary(days)
        for factor, doubt in _LOW_SLIPS:
            if -TOLERANCE_KM <= point.km / factor - base.km <= ordinary:
                return say_doubt(doubt, f"{point.km:.0f} km after {base.km:.0f} km")
        doubt = Doubt.BACKWARDS
        if base.device != point.device and days <= 1:
            doubt = Doubt.DISAGREES
        return say_doubt(doubt, f"{point.km:.0f} km after {base.km:.0f} km by {base.device}")

    def _follows_refused(self, base: Point, point: Point, days: float) -> str | None:
        """Return why a reading is refused that goes on from a refused one, not from the last believed."""
        rate = self._rate()
        from_base = base.km + rate * days
        for refused, why in reversed(self._refused):
            from_refused = refused.km + rate * (point.day - refused.day)
            is_apart = abs(from_base - from_refused) > _SEPARATE_KM
            if is_apart and abs(point.km - from_refused) < abs(point.km - from_base):
                return why
        return None

    def _is_contradicted(self, index: int, point: Point) -> bool:
        """Say whether most of the next readings show less than one that jumped."""
        witnesses = self._points[index + 1 : index + 1 + _WITNESSES]
        less = sum(other.km < point.km - TOLERANCE_KM for other in witnesses)
        return 2 * less > len(witnesses)

    def _outvotes(self, index: int) -> bool:
        """Say whether a refused reading is above the only believed one, and the next goes on from it."""
        point, base = self._points[index], self._base
        if base is None or self._refused or point.km <= base.km or index + 1 == len(self._points):
            return False
        return self._continues(point.km, point, self._points[index + 1])

    def _rate(self) -> float:
        """Return what the vehicle drives a day, as far as it is known by now."""
        if self._base and self._first and self._base.day - self._first.day >= _RATE_NEEDS_DAYS:
            return (self._base.km - self._first.km) / (self._base.day - self._first.day)
        if self._base and self._new is not None and self._base.day - self._new >= _RATE_NEEDS_DAYS:
            return self._base.km / (self._base.day - self._new)
        return _UNKNOWN_A_DAY_KM

    def _ordinary(self, days: float) -> float:
        return _ORDINARY_AT_ONCE_KM + max(_ORDINARY_A_DAY_KM, _ORDINARY_FACTOR * self._rate()) * max(
            0.0, days
        )


def _is_nearer(slipped_km: float, km: float, expected_km: float) -> bool:
    """Say whether a mileage is nearer to what is expected, in proportion, once its slip is undone."""
    slipped, expected = max(1.0, slipped_km), max(1.0, expected_km)
    return abs(log(slipped / expected)) < abs(log(max(1.0, km) / expected))


def _possible(days: float) -> float:
    return _MOST_AT_ONCE_KM + _MOST_FIRST_DAY_KM * min(1.0, days) + _MOST_A_DAY_KM * max(0.0, days - 1.0)


def say_doubt(doubt: Doubt, detail: str) -> str:
    """Return the reason that is kept: the doubt, and what gave rise to it."""
    return f"{doubt.value}: {detail}"
