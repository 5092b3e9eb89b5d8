"""Stage intervals, reckoned from scans.

Owns the rule that entering a stage ends the one before it. Scans are the truth: whenever
one arrives, in whatever order, all intervals of its work order are reckoned anew, so a
late arrival corrects history. Takes every scan at its word; what is wrong in scans is put
right in `models.domain.repairs`.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest


@dataclass(frozen=True, slots=True)
class Scan:
    """A work order was seen entering a stage; `at` is the corrected time, `rule` what repaired it."""

    at: datetime
    device: str
    event_id: str
    stage: str
    bay: str | None = None
    technician: str | None = None
    operation: str | None = None
    reason: str | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """Some car was in a stage, in one place and hands, as boards and figures read it; open while it lasts."""

    work_order: str
    stage: str
    bay: str | None
    technician: str | None
    reason: str | None
    entered_at: datetime
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Interval:
    """A work order was in a stage, in one place and hands; `left_at` is None while it lasts.

    `rule` names the repair that inferred it; None for what was scanned.
    """

    entered_at: datetime
    left_at: datetime | None
    stage: str
    bay: str | None
    technician: str | None
    operation: str | None
    reason: str | None
    rule: str | None = None


def reckon_intervals(scans: Iterable[Scan], end_stages: AbstractSet[str]) -> list[Interval]:
    """Reckon the intervals of one work order as it was scanned, oldest first.

    A scan that repeats stage, bay, technician, operation and reason opens nothing new.
    """
    return lay_intervals(_drop_repeats(sort_scans(scans)), end_stages)


def sort_scans(scans: Iterable[Scan]) -> list[Scan]:
    """Order scans by time, then by who made them, so that two of an instant always fall the same way."""
    return sorted(set(scans), key=lambda scan: (scan.at, scan.device, scan.event_id))


def lay_intervals(changes: Sequence[Scan], end_stages: AbstractSet[str]) -> list[Interval]:
    """Lay an interval from each change to the next.

    An interval of an end stage is over as it begins, so only work under way has no `left_at`.
    """
    return [
        Interval(
            entered_at=scan.at,
            left_at=scan.at if scan.stage in end_stages else following.at if following else None,
            stage=scan.stage,
            bay=scan.bay,
            technician=scan.technician,
            operation=scan.operation,
            reason=scan.reason,
            rule=scan.rule,
        )
        for scan, following in zip_longest(changes, changes[1:])
    ]


def repeats(scan: Scan, other: Scan) -> bool:
    """Say whether two scans say the same of where a car is, in whose hands and why."""
    return _place(scan) == _place(other)


def _drop_repeats(scans: list[Scan]) -> list[Scan]:
    kept: list[Scan] = []
    for scan in scans:
        if not kept or not repeats(scan, kept[-1]):
            kept.append(scan)
    return kept


def _place(scan: Scan) -> tuple[str | None, ...]:
    return (scan.stage, scan.bay, scan.technician, scan.operation, scan.reason)
