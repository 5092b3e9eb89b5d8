"""When an item of a service plan is due next on a vehicle.

Owns the arithmetic: the earlier of distance and time since the item was last done, the day on which
that will be at the vehicle's daily rate, its range, its state, and from when notices are given. Pure:
the day is passed in.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from models.domain.service.mileage import Rate
from models.domain.service.plan import Done, Item

_MONTHS_A_YEAR = 12
# Nothing is projected further than this.
_HORIZON_DAYS = 20 * 366.0


class DueState(StrEnum):
    """How near an item is; `done` when nothing of it comes after, `suppressed` while somebody holds it."""

    NOT_YET = "not_yet"
    SOON = "soon"
    DUE = "due"
    OVERDUE = "overdue"
    DONE = "done"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """How long before an item is due people are told, and when it is too late for it."""

    km_before: float = 500.0
    first_days_before: int = 30
    second_days_before: int = 7
    overdue_after_days: int = 14
    too_late_after_days: int = 90
    lapses_after_days: int = 60
    early_days: int = 90


@dataclass(frozen=True, slots=True)
class Mileage:
    """What a vehicle has driven: when it was first known, and when last; its daily rate."""

    first_km: float
    first_on: date
    km: float
    km_at: datetime
    rate: Rate


@dataclass(frozen=True, slots=True)
class Hold:
    """Somebody does not want an item raised: until a moment, or for this cycle where it is None."""

    cycle: str
    until: datetime | None


class Due(NamedTuple):
    """When an item is due next on a vehicle."""

    item: str
    cycle: str
    done_on: date | None
    done_km: float | None
    done_by: str | None
    due_km: float | None
    due_on: date | None
    projected_on: date | None
    projected_from: date | None
    projected_to: date | None
    state: DueState
    first_notice_on: date | None
    second_notice_on: date | None


def reckon_due(
    item: Item,
    mileage: Mileage | None,
    done: Done | None,
    *,
    in_service_on: date | None,
    now: datetime,
    rules: NoticeRules,
    holds: Sequence[Hold] = (),
) -> Due | None:
    """Reckon when an item is due next, on the day of `now` in its own zone; None when nothing says."""
    today = now.date()
    if item.anchor == "in_service":
        limit = _limit_from_first_day(item, done, in_service_on, today, rules)
    elif done:
        limit = _limit_from_done(item, done)
    else:
        limit = _limit_of_first(item, mileage, in_service_on)
    if limit is None:
        return None
    cycle, due_km, due_on = limit
    projection = _project(due_km, due_on, mileage)
    state, first_on, second_on = DueState.NOT_YET, None, None
    if due_km is None and due_on is None:
        state = DueState.DONE
    elif projection:
        ahead = round(rules.km_before / mileage.rate.km_per_day) if mileage and projection.by_distance else 0
        first_on = projection.expected - timedelta(days=max(rules.first_days_before, ahead))
        second_on = projection.expected - timedelta(days=rules.second_days_before)
        state = _judge(item, projection.expected, first_on, today, rules)
        if any(hold.cycle == cycle and (hold.until is None or hold.until > now) for hold in holds):
            state = DueState.SUPPRESSED
        too_late = today > projection.expected + timedelta(days=rules.too_late_after_days)
        if too_late or state in {DueState.SUPPRESSED, DueState.DONE}:
            first_on = second_on = None
    return Due(
        item.key,
        cycle,
        done.on if done else None,
        done.km if done else None,
        done.order if done else None,
        due_km,
        due_on,
        projection.expected if projection else None,
        projection.earliest if projection else None,
        projection.latest if projection else None,
        state,
        first_on,
        second_on,
    )


@lru_cache(maxsize=100_000)  # a pass over every vehicle asks for the same days again and again
def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of that month."""
    years, month = divmod(day.month - 1 + months, _MONTHS_A_YEAR)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


Limit = tuple[str, float | None, date | None]


def _limit_from_done(item: Item, done: Done) -> Limit:
    """Reckon from when it was last done; one that comes once has no limit any more."""
    due_km = None if done.km is None or item.every_km is None else done.km + item.every_km
    due_on = add_months(done.on, item.every_months) if item.every_months else None
    return done.order, due_km, due_on


def _limit_of_first(item: Item, mileage: Mileage | None, in_service_on: date | None) -> Limit | None:
    """Reckon for a vehicle on which it was never done here.

    What was due before we first saw the vehicle is taken as done elsewhere, on schedule.
    """
    cycle, due_km = "first", item.first_km
    if due_km is not None and item.every_km and mileage and due_km <= mileage.first_km:
        due_km += item.every_km * ((mileage.first_km - due_km) // item.every_km + 1)
        cycle = "assumed"
    due_on = add_months(in_service_on, item.first_months) if in_service_on and item.first_months else None
    if due_on and item.every_months and mileage:
        while due_on <= mileage.first_on:
            due_on, cycle = add_months(due_on, item.every_months), "assumed"
    return None if due_km is None and due_on is None else (cycle, due_km, due_on)


def _limit_from_first_day(
    item: Item, done: Done | None, in_service_on: date | None, today: date, rules: NoticeRules
) -> Limit | None:
    """Find the anniversary of the first day that is next: neither done nor long over."""
    if in_service_on is None:
        return None
    months = item.first_months or item.every_months
    due_on = add_months(in_service_on, months) if months else None
    while due_on and months and item.every_months and _is_over(due_on, done, today, rules):
        months += item.every_months
        due_on = add_months(in_service_on, months)
    return f"due {due_on}", item.first_km, due_on


def _is_over(due_on: date, done: Done | None, today: date, rules: NoticeRules) -> bool:
    if done and done.on >= due_on - timedelta(days=rules.early_days):
        return True
    return today > due_on + timedelta(days=rules.lapses_after_days)


class _Projection(NamedTuple):
    """The days on which the first limit is reached: at the earliest, as expected, at the latest."""

    earliest: date
    expected: date
    latest: date
    by_distance: bool


def _project(due_km: float | None, due_on: date | None, mileage: Mileage | None) -> _Projection | None:
    if due_km is None or mileage is None:
        return _Projection(due_on, due_on, due_on, by_distance=False) if due_on else None
    left, rate = due_km - mileage.km, mileage.rate
    slow, fast = (rate.low, rate.high) if left > 0 else (rate.km_per_day, rate.km_per_day)
    earliest, expected, latest = (_cross(mileage, left, speed) for speed in (fast, rate.km_per_day, slow))
    if due_on is None:
        return _Projection(earliest, expected, latest, by_distance=True)
    return _Projection(
        min(earliest, due_on), min(expected, due_on), min(latest, due_on), by_distance=expected < due_on
    )


def _cross(mileage: Mileage, left_km: float, km_per_day: float) -> date:
    days = max(-_HORIZON_DAYS, min(_HORIZON_DAYS, left_km / km_per_day))
    return (mileage.km_at + timedelta(days=days)).date()


def _judge(item: Item, expected: date, first_on: date, today: date, rules: NoticeRules) -> DueState:
    comes_once = item.every_km is None and item.every_months is None
    if comes_once and today > expected + timedelta(days=rules.lapses_after_days):
        return DueState.DONE
    if today > expected + timedelta(days=rules.overdue_after_days):
        return DueState.OVERDUE
    if today >= expected:
        return DueState.DUE
    return DueState.SOON if today >= first_on else DueState.NOT_YET
