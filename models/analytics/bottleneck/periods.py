"""What holds a site back: by active periods and by waiting, now and over a period.

Owns both methods of kpis.md, "Flow", and where they disagree. Resources of one kind (stage, bay,
technician) are compared with each other: a stage is many places and would always win against one.
Everything is reckoned in opening hours. Says keys and numbers; words are made at the edge.

Active periods: Roser, Nakano and Tanaka, Shifting Bottleneck Detection (2002).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from heapq import heappop, heappush
from itertools import pairwise

import numpy as np

from config.workshop import Stage
from models.analytics.kpis import LabourRow
from models.analytics.open_clock import OpenClock
from models.analytics.spans import Span
from models.domain.intervals import IntervalRow

# A bay that changes cars, or a technician who changes jobs, has not stopped.
_CHANGEOVER_SECONDS = 300.0
# Causes that say a car waits for the shop itself, and so for what comes next.
_OWN_CAUSES = frozenset({"bay", "technician"})


class Kind(StrEnum):
    """What a resource is."""

    STAGE = "stage"
    BAY = "bay"
    TECHNICIAN = "technician"


@dataclass(frozen=True, slots=True)
class Period:
    """A resource was active without a break, between two open seconds of a clock."""

    key: str
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """Return how long."""
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class Share:
    """For which share of the time a resource was the bottleneck: alone, or while it shifted."""

    key: str
    sole: float
    shifting: float


@dataclass(frozen=True, slots=True)
class Queue:
    """Cars waiting in front of a stage: how many now, and how long they (or all, over a period) waited."""

    stage: str
    cars: int
    waiting_seconds: float


@dataclass(frozen=True, slots=True)
class Active:
    """The resource that has been active the longest."""

    kind: Kind
    key: str
    since: datetime
    active_seconds: float


@dataclass(frozen=True, slots=True)
class BottleneckNow:
    """What both methods say of a moment, longest first; `agrees` is None unless both name a stage."""

    active: tuple[Active, ...]
    queues: tuple[Queue, ...]
    agrees: bool | None


def bottleneck_now(
    intervals: Sequence[IntervalRow],
    labour: Sequence[LabourRow],
    stages: Sequence[Stage],
    clock: OpenClock,
    now: datetime,
) -> BottleneckNow:
    """Say what has been active the longest, a resource of each kind, and in front of what cars wait.

    `intervals` and `labour` are of today at least, those that last without an end or ending now. The
    clock must start no later than they do.
    """
    so_far = clock.open_seconds_until(now)
    active = []
    for kind, activity in list_activity(intervals, labour, stages, now).items():
        running = [each for each in find_periods(activity, clock) if each.end >= so_far - _CHANGEOVER_SECONDS]
        if running:
            longest = max(running, key=lambda period: period.seconds)
            # A moment later, so that what began overnight began with the opening, not at closing time.
            since = clock.instant_after(longest.begin + 0.5).replace(microsecond=0)
            active.append(Active(kind, longest.key, since, longest.seconds))
    waiting = [row for row in intervals if row.left_at is None]
    queues = measure_queues(waiting, stages, clock, clock.start, now)
    stage = next((each.key for each in active if each.kind is Kind.STAGE), None)
    agrees = stage == queues[0].stage if queues and stage else None
    return BottleneckNow(tuple(active), tuple(queues), agrees)


def list_activity(
    intervals: Iterable[IntervalRow], labour: Iterable[LabourRow], stages: Sequence[Stage], until: datetime
) -> Mapping[Kind, Mapping[str, Sequence[Span]]]:
    """Say when each resource was active.

    A bay is while a car stands in it, a technician while clocked on, a stage of kind touch while a car
    waits for it: a place in it that is free would be taken.
    """
    found: dict[Kind, defaultdict[str, list[Span]]] = {kind: defaultdict(list) for kind in Kind}
    for row in intervals:
        span = (row.entered_at, row.left_at or until)
        if row.bay:
            found[Kind.BAY][row.bay].append(span)
        if (ahead := find_queue(row, stages)) and ahead != row.stage:
            found[Kind.STAGE][ahead].append(span)
        elif ahead and row.reason:
            found[Kind.STAGE][row.stage].append(span)
    for clocked in labour:
        found[Kind.TECHNICIAN][clocked.technician].append(clocked.span)
    return found


def find_queue(row: IntervalRow, stages: Sequence[Stage]) -> str | None:
    """Return the stage a car waits for in an interval; None where it does not wait for the shop to go on.

    Within a touch stage it waits for that stage if a reason is named. In a waiting stage with a cause of
    its own, such as parts, it waits for just that; otherwise for the next stage in which somebody works.
    """
    keys = [stage.key for stage in stages if stage.kind != "end"]
    if row.stage not in keys[:-1]:
        return None
    place = keys.index(row.stage)
    if stages[place].kind == "touch":
        return row.stage if row.reason else None
    if place == 0 or (row.reason or stages[place].waits_for) in _OWN_CAUSES:
        return next((stage.key for stage in stages[place + 1 :] if stage.kind == "touch"), None)
    return row.stage


def measure_queues(
    intervals: Iterable[IntervalRow],
    stages: Sequence[Stage],
    clock: OpenClock,
    begin: datetime,
    end: datetime,
) -> list[Queue]:
    """Add up the car-hours waiting in front of each stage between two instants, the most first.

    `cars` counts those that still wait at the end.
    """
    waited: defaultdict[str, float] = defaultdict(float)
    cars: defaultdict[str, int] = defaultdict(int)
    for row in intervals:
        stage = find_queue(row, stages)
        entered, left = max(row.entered_at, begin), min(row.left_at or end, end)
        if stage and entered < left:
            waited[stage] += clock.open_seconds_until(left) - clock.open_seconds_until(entered)
            cars[stage] += row.left_at is None or row.left_at > end
    queues = [Queue(stage, cars[stage], seconds) for stage, seconds in waited.items()]
    return sorted(queues, key=lambda queue: (-queue.waiting_seconds, queue.stage))


def find_periods(activity: Mapping[str, Sequence[Span]], clock: OpenClock) -> list[Period]:
    """Find the active periods of every resource, in open seconds; changeovers do not interrupt."""
    periods: list[Period] = []
    for key, spans in activity.items():
        edges = np.array([[(at - clock.start).total_seconds() for at in span] for span in spans])
        begins, ends = clock.count(edges[:, 0]).tolist(), clock.count(edges[:, 1]).tolist()
        merged: list[Period] = []
        for begin, end in sorted(zip(begins, ends, strict=True)):
            if merged and begin - merged[-1].end <= _CHANGEOVER_SECONDS:
                merged[-1] = Period(key, merged[-1].begin, max(end, merged[-1].end))
            else:
                merged.append(Period(key, begin, end))
        periods += merged
    return periods


def share_bottlenecks(periods: Iterable[Period], begin: float, end: float) -> list[Share]:
    """Say for which share of the time each resource was the bottleneck, the greatest share first.

    At each moment it is the one with the longest active period. While that of one and of its successor
    overlap, the bottleneck shifts between both; the rest is sole.
    """
    won = _find_winners(periods, begin, end)
    sole: defaultdict[str, float] = defaultdict(float)
    shifting: defaultdict[str, float] = defaultdict(float)
    overlaps = [
        (max(later.begin, start), min(earlier.end, stop))
        for (earlier, start, _), (later, _, stop) in pairwise(won)
        if later.key != earlier.key
    ]
    for number, (winner, start, stop) in enumerate(won):
        shared = 0.0
        for place in (number - 1, number):
            if 0 <= place < len(overlaps):
                low, high = overlaps[place]
                shared += max(0.0, min(high, stop) - max(low, start))
        shifting[winner.key] += min(shared, stop - start)
        sole[winner.key] += max(0.0, stop - start - shared)
    span = end - begin
    shares = [Share(key, sole[key] / span, shifting[key] / span) for key in sole] if span > 0 else []
    return sorted(shares, key=lambda share: (-share.sole - share.shifting, share.key))


def _find_winners(periods: Iterable[Period], begin: float, end: float) -> list[tuple[Period, float, float]]:
    """Return the longest period of each moment, with from when to when it was that."""
    inside = sorted((p for p in periods if p.begin < end and p.end > begin), key=lambda p: p.begin)
    instants = sorted({begin, end, *(t for p in inside for t in (p.begin, p.end) if begin < t < end)})
    running: list[tuple[float, str, int, Period]] = []
    won: list[tuple[Period, float, float]] = []
    started = 0
    for start, stop in pairwise(instants):
        while started < len(inside) and inside[started].begin <= start:
            heappush(running, (-inside[started].seconds, inside[started].key, started, inside[started]))
            started += 1
        while running and running[0][3].end <= start:
            heappop(running)
        if running:
            longest = running[0][3]
            if won and won[-1][0] is longest:
                won[-1] = (longest, won[-1][1], stop)
            else:
                won.append((longest, start, stop))
    return won
