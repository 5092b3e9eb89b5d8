"""What a simulated shop's facts say of its past, as the rows that analytics reckon with.

Owns the gathering of facts into orders, without messages, devices or a database, for benchmarks and
tests. Says what really happened; no fault has touched it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from models.analytics.estimate.visits import PastInterval
from models.analytics.significance import JobRow
from simulators.facts import (
    Fact,
    LabourClocked,
    Line,
    OrderCancelled,
    OrderOpened,
    OrderUpdated,
    Stage,
    StageEntered,
)
from simulators.pace import Timing
from simulators.whatif.fitting import PartUse


@dataclass(slots=True)
class Past:
    """Intervals of every order that was not cancelled, and its first promise."""

    intervals: list[PastInterval]
    promises: dict[str, datetime]


@dataclass(slots=True)
class _Order:
    opened: OrderOpened
    sold_hours: float
    parts_due: float | None = None
    entered: list[tuple[StageEntered, float, float | None]] = field(default_factory=list)
    cancelled: bool = False


def gather_past(facts: Iterable[Fact], timing: Timing) -> Past:
    """Gather what happened into intervals, each with what was known of its order as it began."""
    orders: dict[int, _Order] = {}
    for fact in facts:
        match fact:
            case OrderOpened():
                orders[fact.order] = _Order(fact, sum(line.hours for line in fact.lines))
            case OrderUpdated():
                _update(orders[fact.order], fact)
            case OrderCancelled():
                orders[fact.order].cancelled = True
            case StageEntered():
                order = orders[fact.order]
                order.entered.append((fact, order.sold_hours, order.parts_due))
    kept = {number: order for number, order in orders.items() if not order.cancelled}
    return Past(
        [row for number, order in kept.items() for row in _list_intervals(str(number), order, timing)],
        {str(number): timing.tell_time(order.opened.promised_seconds) for number, order in kept.items()},
    )


def _update(order: _Order, fact: OrderUpdated) -> None:
    if fact.lines is not None:
        order.sold_hours = sum(line.hours for line in fact.lines)
    if fact.parts is not None:
        etas = [part.eta_seconds for part in fact.parts if part.eta_seconds]
        order.parts_due = max(etas, default=None)


def _list_intervals(work_order: str, order: _Order, timing: Timing) -> Iterable[PastInterval]:
    leaving = [fact.at_seconds for fact, _, _ in order.entered[1:]]
    for (fact, sold_hours, parts_due), left in zip(order.entered, [*leaving, None], strict=True):
        if fact.stage is not Stage.DELIVERED:
            yield PastInterval(
                work_order,
                order.opened.job_type,
                fact.stage,
                fact.bay,
                timing.tell_time(fact.at_seconds),
                None if left is None else timing.tell_time(left),
                sold_hours or None,
                None if parts_due is None else timing.tell_time(parts_due),
            )


def gather_jobs(facts: Iterable[Fact]) -> list[JobRow]:
    """Gather the labour of each technician on each job; jobs that changed bays are left out."""
    lines: dict[int, tuple[Line, ...]] = {}
    job_types: dict[int, str] = {}
    began: dict[tuple[int, str, str], float] = {}
    seconds: defaultdict[tuple[int, str], defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    bays: defaultdict[tuple[int, str], set[str | None]] = defaultdict(set)
    for fact in facts:
        match fact:
            case OrderOpened():
                lines[fact.order], job_types[fact.order] = fact.lines, fact.job_type
            case OrderUpdated() if fact.lines is not None:
                lines[fact.order] = fact.lines
            case LabourClocked(action="on"):
                began[fact.order, fact.job, fact.technician] = fact.at_seconds
                bays[fact.order, fact.job].add(fact.bay)
            case LabourClocked():
                lasted = fact.at_seconds - began.pop((fact.order, fact.job, fact.technician))
                seconds[fact.order, fact.job][fact.technician] += lasted
    rows = []
    for (order, job), crew in seconds.items():
        line = next((line for line in lines[order] if line.job == job), None)
        kind, hours = (line.operation, line.hours) if line else (f"{job_types[order]} {job}", None)
        if len(bays[order, job]) == 1:
            [bay] = bays[order, job]
            rows += [
                JobRow(kind, technician, bay, each, hours, len(crew)) for technician, each in crew.items()
            ]
    return rows


def gather_parts(facts: Iterable[Fact]) -> list[PartUse]:
    """Gather each part of each order, and whether it was missing at first."""
    first: dict[tuple[int, str], PartUse] = {}
    for fact in facts:
        if isinstance(fact, OrderUpdated) and fact.parts:
            for part in fact.parts:
                use = PartUse(part.description, part.status == "ordered")
                first.setdefault((fact.order, part.number), use)
    return list(first.values())
