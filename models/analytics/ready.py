"""When each car of a site is likely to be ready, and how much its promise is at risk.

Owns the estimate of kpis.md, "Promises": from the remaining stages of the job type, each by
its past durations conditioned on the time already spent, plus the queue ahead, reckoned through
opening hours. What is known of the past is a `SiteModel`; without one, the targets of the stages
stand in, and the estimate says so. Pure: reads no clock and no table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from config.workshop import Stage
from models.analytics.open_clock import Hours, OpenClock
from models.analytics.site_model import SiteModel

_MINUTE = 60.0


class Basis(StrEnum):
    """What an estimate rests on."""

    HISTORY = "history"
    TARGETS = "targets"


@dataclass(frozen=True, slots=True)
class OpenCar:
    """A car that is not ready yet, as far as the estimate wants to know; more makes it better.

    `again`: it has been in its stage before, as after a failed quality check. `sold_hours` is the
    sum of the order's lines, `parts_due_at` when the last missing part is expected.
    """

    work_order: str
    job_type: str | None
    stage: str | None
    stage_entered_at: datetime | None
    promised_at: datetime | None
    bay: str | None = None
    reason: str | None = None
    sold_hours: float | None = None
    again: bool = False
    parts_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReadyEstimate:
    """Half of such cars are ready by `p50_at`, four of five by `p80_at`; show both as a range.

    `risk` is the probability that the car is ready only after its promise: None without a promise.
    By targets, `p50_at` is without waits still to come, `p80_at` with them, and `risk` is known only
    once the promise is past or every target together leaves room for it.
    """

    p50_at: datetime
    p80_at: datetime
    risk: float | None
    basis: Basis


def expect_ready(
    cars: Sequence[OpenCar], model: SiteModel | None, stages: Sequence[Stage], hours: Hours, now: datetime
) -> Mapping[str, ReadyEstimate]:
    """Estimate every car of a site at once, by work order, since cars are each other's queue.

    Cars that are ready or gone, and those in no known stage, have no estimate.
    """
    del model  # its estimates follow; until then targets stand in
    clock = OpenClock(hours, now)
    flow = list_stages_before_ready(stages)
    keys = [stage.key for stage in flow]
    return {
        car.work_order: _expect_by_targets(car, flow[keys.index(car.stage) :], clock)
        for car in cars
        if car.stage in keys
    }


def list_stages_before_ready(stages: Sequence[Stage]) -> list[Stage]:
    """Return the flow up to, and without, the stage in which a finished car waits."""
    return [stage for stage in stages if stage.kind != "end"][:-1]


def _expect_by_targets(car: OpenCar, remaining: Sequence[Stage], clock: OpenClock) -> ReadyEstimate:
    entered_at = car.stage_entered_at or clock.start
    spent_seconds = max(0.0, (clock.start - entered_at).total_seconds())
    current, *later = remaining
    left = max(0.0, (current.target_minutes or 0.0) * _MINUTE - spent_seconds)
    touch = sum((stage.target_minutes or 0.0) * _MINUTE for stage in later if stage.kind == "touch")
    waits = sum((stage.target_minutes or 0.0) * _MINUTE for stage in later if stage.kind == "wait")
    earliest, latest = clock.instant_after(left + touch), clock.instant_after(left + touch + waits)
    return ReadyEstimate(earliest, latest, _risk_by_targets(car, latest, clock.start), Basis.TARGETS)


def _risk_by_targets(car: OpenCar, latest: datetime, now: datetime) -> float | None:
    if car.promised_at is None:
        return None
    if car.promised_at <= now:
        return 1.0
    return 0.0 if latest <= car.promised_at else None
