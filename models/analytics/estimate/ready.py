"""When each car of a site is likely to be ready, and how much its promise is at risk.

Owns the estimate of kpis.md, "Promises": from the remaining stages of the job type, each by
its past durations conditioned on the time already spent, plus the queue ahead, reckoned through
opening hours. What is known of the past is a `SiteModel`; without one, the targets of the stages
stand in, and the estimate says so. Pure: reads no clock and no table.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

import numpy as np

from config.workshop import Stage
from models.analytics.board.sparing import Complain, let_fail, spare_others
from models.analytics.estimate.model import SiteModel, Situation
from models.analytics.open_clock import Hours, OpenClock
from models.domain.board.wall import CarOnBoard
from models.domain.notice.visit import OpenVisit

_MINUTE = 60.0
# A car that has been longer in its stage is reckoned as if it came so long ago.
_LONGEST_STAY = timedelta(days=14)


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

    @classmethod
    def of(cls, car: CarOnBoard | OpenVisit) -> "OpenCar":
        """Return what the estimate wants to know of a car that others look at, too."""
        return cls(
            work_order=car.work_order,
            job_type=car.job_type,
            stage=car.stage,
            stage_entered_at=car.stage_entered_at,
            promised_at=car.promised_at,
            bay=car.bay,
            reason=car.reason,
            sold_hours=car.sold_hours,
            again=car.again,
            parts_due_at=car.parts_due_at,
        )

    def entered_by(self, now: datetime) -> datetime:
        """Return when it entered its stage; a device's clock may run ahead, the estimate takes no future."""
        return min(self.stage_entered_at or now, now)


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
    cars: Sequence[OpenCar],
    model: SiteModel | None,
    stages: Sequence[Stage],
    hours: Hours,
    now: datetime,
    complain: Complain = let_fail,
) -> Mapping[str, ReadyEstimate]:
    """Estimate every car of a site at once, by work order, since cars are each other's queue.

    Cars that are ready or gone, those in no known stage and those that were complained of have no estimate.
    """
    flow = list_stages_before_ready(stages)
    keys = [stage.key for stage in flow]
    here = [car for car in cars if car.stage in keys]
    clock = OpenClock(hours, _find_start(here, now))
    past = model if model and model.has_history else None
    queue = _weigh_queue(here, past) if past else {}
    found = {}
    for car in here:
        with spare_others(car.work_order, "estimate", complain):
            estimate = _expect_by_history(car, past, queue, clock, now) if past else None
            if estimate is None:
                estimate = _expect_by_targets(car, flow[keys.index(car.stage or "") :], clock, now)
            found[car.work_order] = estimate
    return found


def _find_start(cars: Sequence[OpenCar], now: datetime) -> datetime:
    """Return the moment from which open time is reckoned: when the first of the cars entered its stage."""
    return max(min((car.entered_by(now) for car in cars), default=now), now - _LONGEST_STAY)


def _weigh_queue(cars: Sequence[OpenCar], model: SiteModel) -> Mapping[str | None, float]:
    """Add up the bay work of all cars as it weighs on each job type."""
    work: defaultdict[str | None, float] = defaultdict(float)
    for car in cars:
        work[car.job_type] += model.weigh_car(car.job_type, car.stage or "")
    return {
        job_type: sum(model.weigh_overlap(job_type, other) * seconds for other, seconds in work.items())
        for job_type in work
    }


def _expect_by_history(
    car: OpenCar, model: SiteModel, queue: Mapping[str | None, float], clock: OpenClock, now: datetime
) -> ReadyEstimate | None:
    stage = car.stage or ""
    past = model.find_past(car.job_type, stage, car.again)
    if past is None:
        return None
    entered = clock.open_seconds_until(car.entered_by(now))
    so_far = clock.open_seconds_until(now)
    due = clock.open_seconds_until(car.parts_due_at) if car.parts_due_at else entered
    ahead = max(0.0, queue[car.job_type] - model.weigh_car(car.job_type, stage))
    situation = Situation(
        car.job_type, stage, car.again, car.sold_hours, max(0.0, due - entered), work_ahead=ahead
    )
    left = past.draw(situation, so_far - entered)
    p50, p80 = (float(left[find_rank(len(left), share)]) for share in (0.5, 0.8))
    risk = None
    if car.promised_at:
        time_left = clock.open_seconds_until(car.promised_at) - so_far
        late = len(left) - int(np.searchsorted(left, time_left, side="right"))
        risk = 1.0 if car.promised_at <= now else late / len(left)
    return ReadyEstimate(
        clock.instant_after(so_far + p50), clock.instant_after(so_far + p80), risk, Basis.HISTORY
    )


def find_rank(count: int, share: float) -> int:
    """Return the place, in so many sorted values, below or at which that share of them lies."""
    return max(0, ceil(share * count) - 1)


def list_stages_before_ready(stages: Sequence[Stage]) -> list[Stage]:
    """Return the flow up to, and without, the stage in which a finished car waits."""
    return [stage for stage in stages if stage.kind != "end"][:-1]


def _expect_by_targets(
    car: OpenCar, remaining: Sequence[Stage], clock: OpenClock, now: datetime
) -> ReadyEstimate:
    so_far = clock.open_seconds_until(now)
    spent_seconds = so_far - clock.open_seconds_until(car.entered_by(now))
    current, *later = remaining
    left = max(0.0, (current.target_minutes or 0.0) * _MINUTE - spent_seconds)
    touch = sum((stage.target_minutes or 0.0) * _MINUTE for stage in later if stage.kind == "touch")
    waits = sum((stage.target_minutes or 0.0) * _MINUTE for stage in later if stage.kind == "wait")
    earliest = clock.instant_after(so_far + left + touch)
    latest = clock.instant_after(so_far + left + touch + waits)
    return ReadyEstimate(earliest, latest, _risk_by_targets(car, latest, now), Basis.TARGETS)


def _risk_by_targets(car: OpenCar, latest: datetime, now: datetime) -> float | None:
    if car.promised_at is None:
        return None
    if car.promised_at <= now:
        return 1.0
    return 0.0 if latest <= car.promised_at else None
