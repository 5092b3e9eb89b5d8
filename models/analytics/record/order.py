"""Everything that is known of one work order, and what follows from it for its own page.

Owns the shapes that `models.queries.record.order` fills, when technicians were clocked on, what became of
each part, and which scans said nothing new. Figures are those of `models.analytics.kpis`; an open
order is measured as if it closed now. Pure.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from config.workshop import Stage, find_ready_stage
from models.analytics.kpis import LabourRow, OrderFigures, OrderRow, measure_order
from models.analytics.open_clock import Hours
from models.domain.intervals import IntervalRow
from models.domain.labour import LONGEST_SHIFT
from models.domain.notes import NotedMessage


@dataclass(frozen=True, slots=True)
class OrderHead:
    """A work order with its car, as they are known now."""

    site: str
    work_order: str
    registered: bool
    cancelled: bool
    vin: str | None
    plate: str | None
    make: str | None
    model: str | None
    year: int | None
    job_type: str | None
    advisor: str | None
    customer_name: str | None
    customer_phone: str | None
    customer_waiting: bool | None
    opened_at: datetime | None
    first_promised_at: datetime | None
    promised_at: datetime | None
    closed_at: datetime | None
    stage: str | None
    bay: str | None


@dataclass(frozen=True, slots=True)
class StageBar:
    """The order was in a stage; `rule` is what inferred it, None for what was scanned."""

    stage: str
    bay: str | None
    technician: str | None
    operation: str | None
    reason: str | None
    entered_at: datetime
    left_at: datetime | None
    rule: str | None


@dataclass(frozen=True, slots=True)
class ScanRow:
    """A scan as it was sent, with when it came and its corrected time."""

    at: datetime
    corrected_at: datetime
    received_at: datetime
    device: str
    event_id: str
    stage: str
    bay: str | None
    technician: str | None
    operation: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A technician clocked on or off a job."""

    at: datetime
    job: str
    technician: str
    bay: str | None
    action: str


@dataclass(frozen=True, slots=True)
class Labour:
    """A technician worked on a job; `ended_at` is None while he does."""

    job: str
    technician: str
    bay: str | None
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class PartsWord:
    """What the dealer system said of an order's parts at a moment."""

    at: datetime
    parts: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class PartStory:
    """What became of a part; a time is None for what was never said."""

    part: str
    description: str | None = None
    quantity: float = 1
    eta: datetime | None = None
    ordered_at: datetime | None = None
    arrived_at: datetime | None = None
    fitted_at: datetime | None = None

    @property
    def status(self) -> str | None:
        """Return how far it is."""
        for status in ("fitted", "arrived", "ordered"):
            if getattr(self, f"{status}_at"):
                return status
        return None


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A trouble code that a diagnostic tool reported during the visit."""

    at: datetime
    code: str
    status: str
    device: str


@dataclass(frozen=True, slots=True)
class LineRow:
    """A job sold."""

    job: str
    operation: str | None
    hours: float | None


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """Everything of one order, in the order of time; `announced_at` is when the dealer system named it."""

    head: OrderHead
    announced_at: datetime | None = None
    stages: Sequence[StageBar] = ()
    scans: Sequence[ScanRow] = ()
    labour: Sequence[Labour] = ()
    parts: Sequence[PartStory] = ()
    codes: Sequence[CodeRow] = ()
    lines: Sequence[LineRow] = ()
    noted: Sequence[NotedMessage] = ()

    @property
    def began_at(self) -> datetime | None:
        """Return when the car came."""
        return min(
            (at for at in (self.head.opened_at, *(bar.entered_at for bar in self.stages)) if at), default=None
        )

    @property
    def version(self) -> str:
        """Return what changes whenever its tables do."""
        running = sum(row.ended_at is None for row in self.labour)
        statuses = [story.status for story in self.parts]
        lists = (self.stages, self.scans, self.labour, self.codes, self.lines, self.noted)
        return f"{[len(rows) for rows in lists]} {running} {statuses}"


def pair_labour(clocked: Sequence[ClockRow], *, is_open: bool, now: datetime) -> list[Labour]:
    """Return who worked when: from clocking on to the next clocking off of the same job.

    Who is still clocked on to an open order works until now, unless that is longer than a shift.
    """
    turns: defaultdict[tuple[str, str], list[ClockRow]] = defaultdict(list)
    for row in sorted(clocked, key=lambda row: (row.at, row.action)):
        turns[row.job, row.technician].append(row)
    found: list[Labour] = []
    for rows in turns.values():
        for row, following in zip(rows, [*rows[1:], None], strict=True):
            if row.action != "on":
                continue
            if following is None:
                if is_open and now - row.at <= LONGEST_SHIFT:
                    found.append(Labour(row.job, row.technician, row.bay, row.at, None))
            elif following.action == "off" and following.at - row.at <= LONGEST_SHIFT:
                found.append(Labour(row.job, row.technician, row.bay, row.at, following.at))
    return sorted(found, key=lambda labour: (labour.began_at, labour.technician))


def follow_parts(words: Sequence[PartsWord]) -> list[PartStory]:
    """Return what became of each part: when it was first said to be ordered, here, and fitted.

    A list replaces the one before, so a part that the last one does not name is no longer needed.
    """
    stories: dict[str, PartStory] = {}
    for word in sorted(words, key=lambda word: word.at):
        named: dict[str, PartStory] = {}
        for said in word.parts:
            story = stories.get(said["part"], PartStory(said["part"]))
            eta = said.get("eta")
            story = replace(
                story,
                description=said.get("description") or story.description,
                quantity=said.get("quantity") or 1,
                eta=datetime.fromisoformat(eta) if eta else story.eta,
            )
            match said.get("status"):
                case "ordered":
                    story = replace(story, ordered_at=story.ordered_at or word.at)
                case "arrived":
                    story = replace(story, arrived_at=story.arrived_at or word.at)
                case "fitted":
                    story = replace(story, fitted_at=story.fitted_at or word.at)
            named[story.part] = story
        stories = named
    return list(stories.values())


def find_repeated(scans: Sequence[ScanRow]) -> set[int]:
    """Return the places of the scans that said what the one before had said."""

    def say(scan: ScanRow) -> tuple[str | None, ...]:
        return scan.stage, scan.bay, scan.technician, scan.operation, scan.reason

    return {n for n in range(1, len(scans)) if say(scans[n]) == say(scans[n - 1])}


def measure_record(
    record: OrderRecord, stages: Sequence[Stage], hours: Hours, now: datetime
) -> OrderFigures | None:
    """Say where the order's time went, up to now for one that is open; None where it never began."""
    head, began_at = record.head, record.began_at
    if began_at is None:
        return None
    end = head.closed_at or now
    ready_stage = find_ready_stage(stages)
    ready_at = max((bar.entered_at for bar in record.stages if bar.stage == ready_stage), default=None)
    order = OrderRow(
        work_order=head.work_order,
        job_type=head.job_type,
        vin=head.vin,
        opened_at=head.opened_at or began_at,
        closed_at=end,
        ready_at=ready_at,
        first_promised_at=head.first_promised_at if ready_at or head.closed_at else None,
        promised_at=head.promised_at,
        sold_hours=sum(line.hours or 0.0 for line in record.lines),
    )
    intervals = [
        IntervalRow(
            head.work_order, bar.stage, bar.bay, bar.technician, bar.reason, bar.entered_at, bar.left_at
        )
        for bar in record.stages
    ]
    labour = [
        LabourRow(head.work_order, row.job, row.technician, row.bay, row.began_at, row.ended_at or end)
        for row in record.labour
    ]
    return measure_order(order, intervals, labour, {stage.key: stage for stage in stages}, hours)
