"""The flow of cars through a site: cumulative flow, ageing work in progress, Little's law.

Owns the counting over entries and exits. Whether the flow is stable over time is the business of
`models.analytics.stability`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from models.analytics.kpis import OrderRow, find_usual_age
from models.domain.intervals import IntervalRow

# Work in progress may differ by this share from throughput × cycle time before the check fails.
_LITTLE_TOLERANCE = 0.15


@dataclass(frozen=True, slots=True)
class LittleCheck:
    """Little's law over a window: work in progress beside throughput × cycle time.

    Little, J. D. C. (1961), A Proof for the Queuing Formula L = λW. `arrived` and `departed` count the
    orders of the window; where they differ much the law need not hold.
    """

    work_in_progress: float
    departures_per_hour: float
    cycle_hours: float | None
    arrived: int
    departed: int

    @property
    def expected(self) -> float | None:
        """Return throughput × average cycle time."""
        return None if self.cycle_hours is None else self.departures_per_hour * self.cycle_hours

    @property
    def holds(self) -> bool | None:
        """Say whether both sides agree within 15 %; None where nothing left."""
        if self.expected is None:
            return None
        return abs(self.work_in_progress - self.expected) <= _LITTLE_TOLERANCE * max(
            self.work_in_progress, self.expected
        )


@dataclass(frozen=True, slots=True)
class AgeingCar:
    """A car that is here, its age, and the P85 of its job type's past cycle times, None without a past."""

    work_order: str
    job_type: str | None
    age_seconds: float
    usual_seconds: float | None

    @property
    def is_old(self) -> bool:
        """Say whether it is older than 85 of 100 such cars ever became."""
        return self.usual_seconds is not None and self.age_seconds > self.usual_seconds


def check_little(orders: Sequence[OrderRow], begin: datetime, end: datetime) -> LittleCheck:
    """Compare both sides of Little's law between two instants, in calendar time."""
    hours = (end - begin).total_seconds() / 3600
    inside = [order for order in orders if order.opened_at < end and (order.closed_at or end) > begin]
    present = sum(
        (min(order.closed_at or end, end) - max(order.opened_at, begin)).total_seconds() for order in inside
    )
    left = [order for order in orders if order.closed_at and begin <= order.closed_at < end]
    cycles = [(order.closed_at - order.opened_at).total_seconds() for order in left if order.closed_at]
    return LittleCheck(
        work_in_progress=present / 3600 / hours,
        departures_per_hour=len(left) / hours,
        cycle_hours=sum(cycles) / len(cycles) / 3600 if cycles else None,
        arrived=sum(begin <= order.opened_at < end for order in orders),
        departed=len(left),
    )


def count_flow(
    intervals: Sequence[IntervalRow], flow: Sequence[str], instants: Sequence[datetime]
) -> Mapping[str, list[int]]:
    """Count, at each instant, the orders that have reached each stage of the flow or one behind it.

    The bands between two neighbouring lines of a cumulative flow diagram are the cars between them; a car
    that goes back stays counted where it was.
    """
    place = {stage: number for number, stage in enumerate(flow)}
    reached: dict[str, dict[int, datetime]] = {}
    for row in intervals:
        if row.stage in place:
            first = reached.setdefault(row.work_order, {})
            for number in range(place[row.stage] + 1):
                first[number] = min(first.get(number, row.entered_at), row.entered_at)
    asked = np.array([instant.timestamp() for instant in instants])
    counts = {}
    for stage, number in place.items():
        times = np.sort([first[number].timestamp() for first in reached.values() if number in first])
        counts[stage] = np.searchsorted(times, asked, side="right").tolist()
    return counts


def age_cars(
    here: Sequence[OrderRow], past_cycle_seconds: Mapping[str | None, Sequence[float]], now: datetime
) -> list[AgeingCar]:
    """Say how old each car that is here has become, the oldest by its usual age first."""
    usual = {job_type: find_usual_age(seconds) for job_type, seconds in past_cycle_seconds.items()}
    cars = []
    for order in here:
        age_seconds = (now - order.opened_at).total_seconds()
        cars.append(AgeingCar(order.work_order, order.job_type, age_seconds, usual.get(order.job_type)))
    return sorted(cars, key=lambda car: -car.age_seconds / (car.usual_seconds or float("inf")))
