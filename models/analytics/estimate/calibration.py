"""How estimates turn out: what would have been shown for orders the model has not seen.

Owns the look back, at reception and at the beginning of the main work, and its figures: how many
cars were ready before their P50 and P80, and the mean absolute error beside that of the
advisor's first promise and of a plain median. Errors are in opening hours, so that a car which is
finished ten minutes after closing time does not count as a night late. What many of them add up to is
`models.analytics.estimate.outcomes`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean

import numpy as np

from config.workshop import Stage, find_ready_stage
from models.analytics.estimate.model import SiteModel
from models.analytics.estimate.ready import find_rank, list_stages_before_ready
from models.analytics.estimate.training import describe_situations, train
from models.analytics.estimate.visits import PastInterval, Visit, list_visits
from models.analytics.open_clock import Hours, OpenClock, Seconds

# Who became ready since a model was trained came no earlier than this before it.
_LONGEST_VISIT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Judged:
    """An estimate as it would have been shown `at` a moment, beside what happened.

    `error_seconds` are open seconds by which the car was ready after (before, if negative) the P50,
    the first promise (None without one) and the plain median of its job type. `reached` is the share of
    the past that was over by when the car was ready: below 0.3 for three cars of ten, if all is well.
    `risk` is that of the first promise.
    """

    work_order: str
    job_type: str | None
    stage: str
    at: datetime
    p50_at: datetime
    p80_at: datetime
    ready_at: datetime
    error_seconds: float
    promise_error_seconds: float | None
    median_error_seconds: float
    reached: float
    risk: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """The figures of some judged estimates; errors are mean absolute ones over the same orders.

    `median_gain` is by how much the error is below the plain median's, as a share.
    """

    orders: int
    ready_before_p50: float
    ready_before_p80: float
    error_seconds: float
    promise_error_seconds: float | None
    median_error_seconds: float

    @property
    def median_gain(self) -> float:
        """Return the share of the plain median's error that the estimate spares."""
        return 1 - self.error_seconds / self.median_error_seconds if self.median_error_seconds else 0.0


def list_judged_stages(stages: Sequence[Stage]) -> tuple[str, ...]:
    """Return the stages on entering which estimates are judged: reception, and the longest work."""
    flow = list_stages_before_ready(stages)
    touch = [stage for stage in flow if stage.kind == "touch"]
    longest = max(touch, key=lambda stage: stage.target_minutes or 0.0, default=None)
    return tuple(dict.fromkeys(stage.key for stage in (*flow[:1], longest) if stage))


def judge(
    intervals: Sequence[PastInterval],
    promises: Mapping[str, datetime],
    model: SiteModel,
    stages: Sequence[Stage],
    hours: Hours,
) -> list[Judged]:
    """Estimate, as it would have been done then, every order that was ready after the model was trained.

    `intervals` are those of all orders that were in the shop meanwhile, `promises` the first promises.
    """
    if not intervals or not model.has_history:
        return []
    begin = min(row.entered_at for row in intervals)
    clock = OpenClock(hours, begin, (max(row.entered_at for row in intervals) - begin).days + 60)
    visits = list_visits(intervals, find_ready_stage(stages), clock)
    learned = clock.open_seconds_until(model.until)
    wanted = list_judged_stages(stages)
    judged = []
    for visit, situation in zip(visits, describe_situations(visits, model), strict=True):
        if visit.ready is None or visit.ready <= learned or visit.again or visit.stage not in wanted:
            continue
        if past := model.find_past(visit.job_type, visit.stage, visit.again):
            left = past.draw(situation, spent_seconds=0.0)
            promised_at = promises.get(visit.work_order)
            judged.append(_compare(visit, visit.ready, left, past.median_seconds, promised_at, clock))
    return judged


def judge_walking(
    intervals: Sequence[PastInterval],
    promises: Mapping[str, datetime],
    learned_until: Sequence[datetime],
    end: datetime,
    stages: Sequence[Stage],
    hours: Hours,
) -> list[Judged]:
    """Walk through history: learn until each moment in turn, and judge what was ready before the next."""
    judged: list[Judged] = []
    for learned, until in pairwise([*learned_until, end]):
        model = train(intervals, find_ready_stage(stages), hours, learned)
        meanwhile = [row for row in intervals if learned - _LONGEST_VISIT <= row.entered_at < until]
        found = judge(meanwhile, promises, model, stages, hours)
        judged += [one for one in found if one.ready_at < until]
    return judged


def _compare(
    visit: Visit,
    ready: float,
    left: Seconds,
    median_seconds: float,
    promised_at: datetime | None,
    clock: OpenClock,
) -> Judged:
    p50, p80 = (float(left[find_rank(len(left), share)]) for share in (0.5, 0.8))
    took = ready - visit.entered
    promised = clock.open_seconds_until(promised_at) if promised_at else None
    return Judged(
        work_order=visit.work_order,
        job_type=visit.job_type,
        stage=visit.stage,
        at=visit.entered_at,
        p50_at=clock.instant_after(visit.entered + p50),
        p80_at=clock.instant_after(visit.entered + p80),
        ready_at=clock.instant_after(ready),
        error_seconds=took - p50,
        promise_error_seconds=None if promised is None else ready - promised,
        median_error_seconds=took - median_seconds,
        reached=_count_until(left, took),
        risk=None if promised is None else 1 - _count_until(left, promised - visit.entered),
    )


def _count_until(left: Seconds, seconds: float) -> float:
    """Return the share of the draws that are over by then."""
    return float(np.searchsorted(left, seconds, side="right")) / len(left)


def calibrate(judged: Iterable[Judged]) -> Calibration | None:
    """Add judged estimates up; None where there are none."""
    each = list(judged)
    if not each:
        return None
    promise_errors = [abs(one.promise_error_seconds) for one in each if one.promise_error_seconds is not None]
    return Calibration(
        orders=len(each),
        ready_before_p50=fmean(one.ready_at <= one.p50_at for one in each),
        ready_before_p80=fmean(one.ready_at <= one.p80_at for one in each),
        error_seconds=fmean(abs(one.error_seconds) for one in each),
        promise_error_seconds=fmean(promise_errors) if promise_errors else None,
        median_error_seconds=fmean(abs(one.median_error_seconds) for one in each),
    )
