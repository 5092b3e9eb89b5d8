"""How much a vehicle drives a day, and what it has driven by any moment.

Owns the daily rate: a robust slope (Theil-Sen) over the trusted readings of the last 90 days; where
they are too few, its lifetime's or its last year's average; before that the model's default. Pure.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from statistics import median
from typing import Literal

WINDOW_DAYS = 90.0
_DAY_SECONDS = 86_400.0
# Slopes over less than two weeks measure the weekday rather than the car; over more than four, a single long
# trip is in too many of them.
_SLOPE_DAYS, _LONGEST_SLOPE_DAYS = 13.5, 28.5
_LEAST_SLOPES = 3
_LEAST_LIFETIME_DAYS = 60.0
_LONGER_DAYS = 730.0
# How far the next month may differ from what was measured, from a long average, and from nothing.
_SPREAD = {"readings": 0.15, "lifetime": 0.3, "model": 0.5}
_LEAST_KM_PER_DAY = 0.5

Source = Literal["readings", "lifetime", "model"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a vehicle has really driven by a moment."""

    at: datetime
    km: float


@dataclass(frozen=True, slots=True)
class Rate:
    """Kilometres a day with their likely range, and what they were reckoned from."""

    km_per_day: float
    low: float
    high: float
    source: Source


def reckon_rate(marks: Sequence[Mark], in_service_on: date | None, default_km_per_day: float) -> Rate:
    """Reckon a daily rate from trusted mileage in order of time."""
    if marks:
        slopes = _list_slopes(marks)
        if len(slopes) >= _LEAST_SLOPES:
            return _give(median(slopes), "readings", slopes)
        if (slope := _average(marks, in_service_on)) is not None:
            return _give(slope, "lifetime")
    return _give(default_km_per_day, "model")


def find_km(marks: Sequence[Mark], at: datetime, rate: Rate) -> float | None:
    """Return the mileage at a moment: between two marks, or along the rate beyond them."""
    if not marks:
        return None
    after = bisect_left(marks, at, key=lambda mark: mark.at)
    if after in {0, len(marks)}:
        nearest = marks[0] if after == 0 else marks[-1]
        return max(0.0, nearest.km + rate.km_per_day * (_days(at) - _days(nearest.at)))
    before, then = marks[after - 1], marks[after]
    span = (then.at - before.at).total_seconds()
    return before.km + (then.km - before.km) * (at - before.at).total_seconds() / span


def _list_slopes(marks: Sequence[Mark]) -> list[float]:
    """List the slopes between days of the window that are far enough apart; one mark, the last, a day."""
    newest = _days(marks[-1].at)
    by_day: dict[int, tuple[float, float]] = {}
    for mark in reversed(marks):
        day = _days(mark.at)
        if newest - day > WINDOW_DAYS:
            break
        by_day.setdefault(int(day), (day, mark.km))
    points = list(by_day.values())
    slopes = [
        (later - day, (later_km - km) / (later - day))
        for index, (later, later_km) in enumerate(points)
        for day, km in points[index + 1 :]
        if later - day >= _SLOPE_DAYS
    ]
    short = [slope for days, slope in slopes if days <= _LONGEST_SLOPE_DAYS]
    return short if len(short) >= _LEAST_SLOPES else [slope for _, slope in slopes]


def _average(marks: Sequence[Mark], in_service_on: date | None) -> float | None:
    """Return the average of the last two years, else of the vehicle's life; None of less than two months."""
    newest = marks[-1]
    oldest = next(mark for mark in marks if _days(newest.at) - _days(mark.at) <= _LONGER_DAYS)
    days = _days(newest.at) - _days(oldest.at)
    if days >= _LEAST_LIFETIME_DAYS:
        return (newest.km - oldest.km) / days
    if in_service_on:
        age = _days(newest.at) - _days(datetime.combine(in_service_on, time(), UTC))
        if age >= _LEAST_LIFETIME_DAYS:
            return newest.km / age
    return None


def _give(km_per_day: float, source: Source, slopes: Sequence[float] = ()) -> Rate:
    rate = max(_LEAST_KM_PER_DAY, km_per_day)
    low, high = rate * (1 - _SPREAD[source]), rate * (1 + _SPREAD[source])
    if slopes:
        ranked = sorted(slopes)
        low = min(low, max(_LEAST_KM_PER_DAY, ranked[len(ranked) // 10]))
        high = max(high, ranked[-1 - len(ranked) // 10])
    return Rate(rate, low, high, source)


def _days(at: datetime) -> float:
    return at.timestamp() / _DAY_SECONDS
