"""What scans get wrong, put right by stated rules (docs/rules.md has them in words).

Owns every departure from what was scanned, in a fixed order: first each work order by itself
(`wrong_bay`, `two_places`), then the cars of each bay among each other (`bay_occupied`,
`bay_taken`). Whatever a rule makes carries its name. Pure, and blind to the order in which
scans arrived; the scans themselves stay as they are.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from models.domain.intervals import Interval, Scan, lay_intervals, repeats, sort_scans


class Rule(StrEnum):
    """The repairs, in the order in which they are made."""

    WRONG_BAY = "wrong_bay"
    TWO_PLACES = "two_places"
    BAY_OCCUPIED = "bay_occupied"
    BAY_TAKEN = "bay_taken"


@dataclass(frozen=True, slots=True)
class Limits:
    """How short a stay in a bay must be to be a mistake; nothing is shorter than zero."""

    wrong_bay: timedelta
    two_places: timedelta


@dataclass(frozen=True, slots=True)
class Stay:
    """A work order was scanned into a bay, and by its own scans was there until `left_at`."""

    bay: str
    entered_at: datetime
    work_order: str
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The stays next to a stay in the same bay, by the time they began, whichever cars' they are."""

    before: Stay | None = None
    after: Stay | None = None
    after_that: Stay | None = None


def reckon_repaired(scans: Iterable[Scan], end_stages: AbstractSet[str], limits: Limits) -> list[Interval]:
    """Reckon the intervals of one work order, with the repairs that its own scans allow."""
    return lay_intervals(mend_scans(scans, limits), end_stages)


def mend_scans(scans: Iterable[Scan], limits: Limits) -> list[Scan]:
    """Put right what the scans of one work order contradict each other in, oldest first.

    Goes from the newest to the oldest, for of two places the one that lasts is right.
    """
    newer: list[Scan] = []
    for scan in reversed(sort_scans(scans)):
        _mend(newer, scan, limits)
    return newer[::-1]


def list_stays(work_order: str, intervals: Iterable[Interval]) -> list[Stay]:
    """List when a work order was in which bay; what took no time held no bay."""
    return [
        Stay(interval.bay, interval.entered_at, work_order, interval.left_at)
        for interval in intervals
        if interval.bay is not None and interval.left_at != interval.entered_at
    ]


def share_bays(
    work_order: str, intervals: Iterable[Interval], near: Mapping[Stay, Neighbours]
) -> list[Interval]:
    """Repair the intervals of a work order by what is known of the other cars in its bays."""
    repaired: list[Interval] = []
    for interval in intervals:
        stays = list_stays(work_order, [interval])
        repaired.extend(_settle(interval, stays[0], near[stays[0]]) if stays else [interval])
    return repaired


def _mend(newer: list[Scan], scan: Scan, limits: Limits) -> None:
    """Put an older scan before the newer ones, the last of which follows it."""
    if len(newer) > 1 and _is_short_visit(scan, newer[-1], newer[-2], limits.two_places):
        absorbed = newer.pop()
        newer[-1] = replace(newer[-1], at=absorbed.at, rule=Rule.TWO_PLACES)
    if newer and repeats(scan, newer[-1]):
        newer[-1] = replace(newer[-1], at=scan.at)
    elif newer and _is_wrong_bay(scan, newer[-1], limits.wrong_bay):
        newer[-1] = replace(newer[-1], at=scan.at, rule=Rule.WRONG_BAY)
    else:
        newer.append(scan)


def _is_wrong_bay(scan: Scan, following: Scan, limit: timedelta) -> bool:
    """Say whether the same hands scanned the same stage in another bay right after."""
    return (
        _names_another_bay(scan, following)
        and following.at - scan.at < limit
        and (
            scan.device == following.device
            or (scan.technician is not None and scan.technician == following.technician)
        )
    )


def _is_short_visit(scan: Scan, visit: Scan, back: Scan, limit: timedelta) -> bool:
    """Say whether a stage went on in the same bay after a moment in another."""
    return (
        _names_another_bay(scan, visit)
        and _names_another_bay(visit, back)
        and (scan.bay == back.bay and back.at - visit.at < limit)
    )


def _names_another_bay(scan: Scan, other: Scan) -> bool:
    return scan.stage == other.stage and None not in (scan.bay, other.bay) and scan.bay != other.bay


def _settle(interval: Interval, stay: Stay, near: Neighbours) -> Iterator[Interval]:
    """Yield what is left of an interval in a bay between the stays next to it."""
    after = near.after
    if _enclose(near.before, stay, after):
        yield replace(interval, bay=None, rule=Rule.BAY_OCCUPIED)
    elif after and _is_there_at(stay, after.entered_at) and not _enclose(stay, after, near.after_that):
        if stay.entered_at < after.entered_at:
            yield replace(interval, left_at=after.entered_at)
        yield replace(interval, entered_at=after.entered_at, bay=None, rule=Rule.BAY_TAKEN)
    else:
        yield interval


def _enclose(before: Stay | None, stay: Stay, after: Stay | None) -> bool:
    """Say whether another car was scanned in the bay before and after, and nowhere else between."""
    return (
        before is not None
        and after is not None
        and before.work_order == after.work_order != stay.work_order
        and before.left_at == after.entered_at
    )


def _is_there_at(stay: Stay, at: datetime) -> bool:
    return stay.left_at is None or at < stay.left_at
