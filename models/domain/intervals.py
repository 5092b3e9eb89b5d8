"""Stage intervals, reckoned from scans.

Owns the rule that entering a stage ends the one before it. Scans are the truth: whenever
one arrives, in whatever order, all intervals of its work order are reckoned anew, so a
late arrival corrects history. Refuses to know where scans come from or go to.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest


@dataclass(frozen=True, slots=True)
class Scan:
    """A work order was seen entering a stage; `at` is the corrected time."""

    at: datetime
    device: str
    event_id: str
    stage: str
    bay: str | None = None
    technician: str | None = None
    operation: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """A work order was in a stage, in one place and hands; `left_at` is None while it lasts."""

    entered_at: datetime
    left_at: datetime | None
    stage: str
    bay: str | None
    technician: str | None
    operation: str | None
    reason: str | None


def reckon_intervals(scans: Iterable[Scan], end_stages: AbstractSet[str]) -> list[Interval]:
    """Reckon the intervals of one work order, oldest first.

    A scan that repeats stage, bay, technician, operation and reason opens nothing new. An
    interval of an end stage is over as it begins, so only work under way has no `left_at`.
    """
    intervals: list[Interval] = []
    changes = _drop_repeats(sorted(set(scans), key=_order))
    for scan, following in zip_longest(changes, changes[1:]):
        left_at = scan.at if scan.stage in end_stages else following.at if following else None
        intervals.append(
            Interval(
                entered_at=scan.at,
                left_at=left_at,
                stage=scan.stage,
                bay=scan.bay,
                technician=scan.technician,
                operation=scan.operation,
                reason=scan.reason,
            )
        )
    return intervals


def _drop_repeats(scans: list[Scan]) -> list[Scan]:
    kept: list[Scan] = []
    for scan in scans:
        if not kept or _place(scan) != _place(kept[-1]):
            kept.append(scan)
    return kept


def _order(scan: Scan) -> tuple[datetime, str, str]:
    """Order by time, then by who said it: two scans of an instant fall the same way whichever came first."""
    return (scan.at, scan.device, scan.event_id)


def _place(scan: Scan) -> tuple[str | None, ...]:
    return (scan.stage, scan.bay, scan.technician, scan.operation, scan.reason)
