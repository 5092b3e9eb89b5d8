"""What a car can drive and how a wrong mileage looks: every number of the judgement is here.

Holds the words for doubts, the limits of driving, the slips of unit and digit, and the values that mean
"not known". Pure; it knows kilometres and days only, and judges nothing.

Source of the values: SAE J1939-71, "not available" is a signal of all ones (0xFF, 0xFFFF, 0xFFFFFFFF); GB/T
32960.3 uses the same for invalid data. Gateways send 0 for a signal that a car does not have.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import log

MILE_KM = 1.609344
# The device of the reading that the first day of service stands for.
FIRST_DAY = "first day of service"
# No odometer shows more.
MOST_EVER_KM = 3_000_000.0
# Two clocks that differ by minutes, and rounding to whole miles, make an odometer run backwards by so much.
TOLERANCE_KM = 5.0
# What one car can drive with two drivers: a day at a stretch, and day after day.
_MOST_AT_ONCE_KM, _MOST_FIRST_DAY_KM, MOST_A_DAY_KM = 300.0, 1500.0, 800.0
# What needs no second look: readings that differ by this go on from one another.
ORDINARY_AT_ONCE_KM, ORDINARY_A_DAY_KM, _ORDINARY_FACTOR = 200.0, 300.0, 1.5
UNKNOWN_A_DAY_KM = 40.0
# The evidence that makes a run of readings a history: so many new values, over so many days.
ESTABLISHED_READINGS, ESTABLISHED_DAYS = 5, 14.0
# A run may lose so many readings at its beginning or end to the next; more than that is a run of its own.
MOST_ASTRAY = 3
# A fall by less may be a matter of a few values; by more, somebody may have set the odometer back.
ROLLBACK_KM = 500.0
# Runs nearer to each other than this cannot be told apart.
SEPARATE_KM = 100.0
# An old car whose odometer shows less than this share of what it drives has a new cluster.
OLD_DAYS, NEW_CLUSTER_SHARE, _RATE_NEEDS_DAYS, _RATE_NEEDS_KM = 730.0, 0.05, 14.0, 100.0

# How much less and more than usual is driven where a run is on the line of another: over weeks, and longer.
_WEEKS_DAYS, _WEEKS_SHARES, _LONGER_SHARES, _ON_LINE_KM = 35.0, (0.15, 2.5), (0.75, 1.4), 50.0


class Doubt(StrEnum):
    """Why a reading is refused; the word its reason begins with."""

    FUTURE = "future_clock"
    RANGE = "out_of_range"
    NO_VALUE = "no_value"
    BACKWARDS = "runs_backwards"
    DISAGREES = "devices_disagree"
    JUMP = "impossible_jump"
    CONTRADICTED = "contradicted"
    NEW_CLUSTER = "new_cluster"
    DIGIT_MANY = "digit_too_many"
    DIGIT_FEW = "digit_too_few"
    METRES = "metres_undeclared"
    MILES = "miles_undeclared"
    NO_MILES = "kilometres_called_miles"
    NO_METRES = "kilometres_called_metres"


Slips = tuple[tuple[float, Doubt], ...]

HIGH_SLIPS: Slips = ((10.0, Doubt.DIGIT_MANY), (1000.0, Doubt.METRES), (MILE_KM, Doubt.NO_MILES))
LOW_SLIPS: Slips = ((0.1, Doubt.DIGIT_FEW), (0.001, Doubt.NO_METRES), (1 / MILE_KM, Doubt.MILES))
SLIP_FACTORS = tuple(factor for factor, _ in (*HIGH_SLIPS, *LOW_SLIPS))
# Slips by more than this are seen from one reading; miles differ too little to be told from much driving.
SURE_FACTOR = 2.0
SURE_HIGH_SLIPS: Slips = tuple(slip for slip in HIGH_SLIPS if slip[0] > SURE_FACTOR)

_NO_VALUES = frozenset(
    round(whole * scale, 3)
    for whole in (0, *(2**bits - 1 for bits in (8, 16, 24, 32)))
    for scale in (1, 0.1, 0.001)
)


@dataclass(frozen=True, slots=True)
class Point:
    """A moment in days, and kilometres; `evidence` is how many readings it is worth."""

    day: float
    km: float
    device: str = ""
    evidence: int = 1


def means_no_value(km: float) -> bool:
    """Say whether a mileage is 0 or all ones, whole, in tenths or in thousandths: what stands for none."""
    return round(km, 3) in _NO_VALUES


def drive_at_most(days: float) -> float:
    """Return how far a car can be driven."""
    return _MOST_AT_ONCE_KM + _MOST_FIRST_DAY_KM * min(1.0, days) + MOST_A_DAY_KM * max(0.0, days - 1.0)


def drive_ordinarily(days: float, km_per_day: float) -> float:
    """Return how far a car may be driven before anybody asks."""
    return ORDINARY_AT_ONCE_KM + max(ORDINARY_A_DAY_KM, _ORDINARY_FACTOR * km_per_day) * max(0.0, days)


def is_on_line(last: Point, point: Point, km_per_day: float, *, is_strict: bool = False) -> bool:
    """Say whether a reading goes on from another as the car is usually driven."""
    days, gain = point.day - last.day, point.km - last.km
    least, most = _LONGER_SHARES if is_strict or days > _WEEKS_DAYS else _WEEKS_SHARES
    usual = km_per_day * days
    return least * usual - _ON_LINE_KM <= gain <= most * usual + _ON_LINE_KM


def find_rise_slip(before: Point, after: Point, km_per_day: float) -> Doubt | None:
    """Return the slip that explains a rise which is more than ordinary, if one does."""
    days = max(0.0, after.day - before.day)
    ordinary, expected = drive_ordinarily(days, km_per_day), before.km + km_per_day * days
    is_impossible = after.km - before.km > drive_at_most(days)
    for factor, doubt in HIGH_SLIPS:
        slipped = after.km / factor
        if (
            (factor > SURE_FACTOR or is_impossible)
            and -TOLERANCE_KM <= slipped - before.km <= ordinary
            and _is_nearer(slipped, after.km, expected)
        ):
            return doubt
    return None


def find_fall_slip(before: Point, after: Point, km_per_day: float) -> Doubt | None:
    """Return the slip that explains a fall, if one does."""
    ordinary = drive_ordinarily(after.day - before.day, km_per_day)
    for factor, doubt in LOW_SLIPS:
        if -TOLERANCE_KM <= after.km / factor - before.km <= ordinary:
            return doubt
    return None


def find_first_slip(point: Point, after: Point, slips: Slips, km_per_day: float) -> Doubt | None:
    """Return the slip of a reading that leads to the one after it, once it is undone."""
    days = after.day - point.day
    ordinary, expected = drive_ordinarily(days, km_per_day), max(1.0, after.km - km_per_day * days)
    for factor, doubt in slips:
        slipped = point.km / factor
        if -TOLERANCE_KM <= after.km - slipped <= ordinary and _is_nearer(slipped, point.km, expected):
            return doubt
    return None


def is_too_new(first: Point, last: Point, new_on_day: float | None) -> bool:
    """Say whether readings begin at about zero on a car that is old and is driven."""
    days, gain = last.day - first.day, last.km - first.km
    if (
        new_on_day is None
        or first.day - new_on_day < OLD_DAYS
        or days < _RATE_NEEDS_DAYS
        or gain < _RATE_NEEDS_KM
    ):
        return False
    return first.km < NEW_CLUSTER_SHARE * (first.day - new_on_day) * gain / days


def say_doubt(doubt: Doubt, detail: str) -> str:
    """Return the reason that is kept: the doubt, and what gave rise to it."""
    return f"{doubt.value}: {detail}"


def _is_nearer(slipped_km: float, km: float, expected_km: float) -> bool:
    """Say whether a mileage is nearer to what is expected, in proportion, once its slip is undone."""
    slipped, expected = max(1.0, slipped_km), max(1.0, expected_km)
    return abs(log(slipped / expected)) < abs(log(max(1.0, km) / expected))
