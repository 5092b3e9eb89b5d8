"""Past visits of stages, made of the intervals of work orders: what every estimate learns from.

Owns what counts as one visit (intervals of the same stage that follow each other, whatever the
bay or reason), how long it lasted in open seconds, and what was known of the order as it began.
Learns nothing itself.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np

from models.analytics.open_clock import OpenClock


@dataclass(frozen=True, slots=True)
class PastInterval:
    """A row of stage_interval with what was known of its order on entering; None is unknown.

    `sold_hours` is the sum of the order's lines then, `parts_due_at` when the last missing part was
    expected then. Orders that were cancelled are left out by whoever reads them.
    """

    work_order: str
    job_type: str | None
    stage: str
    bay: str | None
    entered_at: datetime
    left_at: datetime | None
    sold_hours: float | None = None
    parts_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A car was in a stage; times are open seconds since the clock's start.

    `left` is infinite while it lasts, `ready` None until the car is ready. `bay_seconds` is how long the
    car stood in bays from this visit on; `parts_seconds` how long after entering its parts were due.
    """

    work_order: str
    job_type: str | None
    stage: str
    again: bool
    entered_at: datetime
    left_at: datetime | None
    entered: float
    left: float
    ready: float | None
    bay_seconds: float
    sold_hours: float | None
    parts_seconds: float

    @property
    def own_seconds(self) -> float:
        """Return how long the visit lasted."""
        return self.left - self.entered


def list_visits(intervals: Sequence[PastInterval], ready_stage: str, clock: OpenClock) -> list[Visit]:
    """List the visits of every order until it was ready, order by order.

    The clock must start no later than the first interval.
    """
    ordered = sorted(intervals, key=lambda interval: (interval.work_order, interval.entered_at))
    known = (instant for each in ordered for instant in (each.entered_at, each.left_at, each.parts_due_at))
    instants = sorted({instant for instant in known if instant})
    seconds = clock.count(np.array([(instant - clock.start).total_seconds() for instant in instants]))
    tick = dict(zip(instants, seconds.tolist(), strict=True))
    visits: list[Visit] = []
    for _, rows in groupby(ordered, key=lambda interval: interval.work_order):
        visits += _list_visits_of_order(list(rows), ready_stage, tick)
    return visits


def _list_visits_of_order(
    rows: Sequence[PastInterval], ready_stage: str, tick: dict[datetime, float]
) -> list[Visit]:
    ready_at = next((row.entered_at for row in rows if row.stage == ready_stage), None)
    stays = [list(stay) for _, stay in groupby(rows, key=lambda row: row.stage)]
    stays = [stay for stay in stays if ready_at is None or stay[0].entered_at < ready_at]
    visits: list[Visit] = []
    bay_seconds = 0.0
    for number, stay in reversed(list(enumerate(stays))):
        first, last = stay[0], stay[-1]
        for row in stay:
            if row.bay and row.left_at:
                bay_seconds += tick[row.left_at] - tick[row.entered_at]
        entered = tick[first.entered_at]
        visits.append(
            Visit(
                work_order=first.work_order,
                job_type=first.job_type,
                stage=first.stage,
                again=any(before[0].stage == first.stage for before in stays[:number]),
                entered_at=first.entered_at,
                left_at=last.left_at,
                entered=entered,
                left=tick[last.left_at] if last.left_at else np.inf,
                ready=tick[ready_at] if ready_at else None,
                bay_seconds=bay_seconds,
                sold_hours=first.sold_hours,
                parts_seconds=max(0.0, tick[first.parts_due_at] - entered) if first.parts_due_at else 0.0,
            )
        )
    return visits[::-1]


def share_bays(intervals: Iterable[PastInterval]) -> dict[tuple[str, str], float]:
    """Say how far two job types need the same bays: the cosine of their time in each bay.

    1 for a job type with itself, 0 for two that never share a bay.
    """
    spent: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in intervals:
        if row.bay and row.left_at and row.job_type:
            spent[row.job_type][row.bay] += int((row.left_at - row.entered_at).total_seconds())
    bays = sorted({bay for each in spent.values() for bay in each})
    vectors = {job: np.array([float(each[bay]) for bay in bays]) for job, each in spent.items()}
    lengths = {job: float(np.linalg.norm(vector)) or 1.0 for job, vector in vectors.items()}
    return {
        (job, other): float(vectors[job] @ vectors[other]) / lengths[job] / lengths[other]
        for job in vectors
        for other in vectors
    }
