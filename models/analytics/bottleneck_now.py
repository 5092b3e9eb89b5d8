"""The bottleneck of the moment, by the active-period method of kpis.md.

At each moment it is the stage, bay or technician with the longest uninterrupted active period. A
bay and a technician are active while somebody works on a car there. All bays together, all
technicians and a stage, each with room for many, are active while a car waits for one of them,
since then all of it is in use. Closing time ends every period. Pure: reads no clock, no table.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from config.workshop import Stage
from models.domain.board import StayOfDay


class Resource(StrEnum):
    """What can hold everybody else up; of equal periods the first named counts."""

    STAGE = "stage"
    BAYS = "bays"
    TECHNICIANS = "technicians"
    TECHNICIAN = "technician"
    BAY = "bay"


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """What has been active longest, since when, and how many cars wait for it, or its like, now.

    `key` names the stage, bay or technician; it is empty for all bays and all technicians.
    """

    resource: Resource
    key: str
    since: datetime
    waiting: int


# What the workshop itself lets a car wait for; parts and customers are nobody's active period.
_AWAITED = {
    "bay": Resource.BAYS,
    "technician": Resource.TECHNICIANS,
    "quality_check": Resource.STAGE,
}
# Nobody waits for one bay: whoever waits would take any.
_LIKE = {Resource.BAY: (Resource.BAYS, ""), Resource.TECHNICIAN: (Resource.TECHNICIANS, "")}

Span = tuple[datetime, datetime | None]
_Key = tuple[Resource, str]


def find_bottleneck(
    stays: Iterable[StayOfDay], stages: Sequence[Stage], opened_at: datetime, pause: timedelta
) -> Bottleneck | None:
    """Return the bottleneck now, None where nothing is active; a gap of up to `pause` ends no period."""
    spans: defaultdict[_Key, list[Span]] = defaultdict(list)
    waiting: defaultdict[_Key, int] = defaultdict(int)
    by_key = {stage.key: stage for stage in stages}
    for stay in stays:
        stage = by_key.get(stay.stage)
        awaited = _find_awaited(stay, stage) if stage else None
        for key in [awaited] if awaited else _find_active(stay, stage):
            spans[key].append((stay.entered_at, stay.left_at))
        if awaited and stay.left_at is None:
            waiting[awaited] += 1
    found = [
        Bottleneck(*key, max(since, opened_at), waiting[_LIKE.get(key[0], key)])
        for key, each in spans.items()
        if (since := _active_since(each, pause))
    ]
    order = list(Resource)
    return min(
        found, key=lambda one: (one.since, -one.waiting, order.index(one.resource), one.key), default=None
    )


def _find_active(stay: StayOfDay, stage: Stage | None) -> list[_Key]:
    """Return who works on the car during a stay, and in which bay."""
    if stage is None or stage.kind != "touch" or stay.reason:
        return []
    worked = ((Resource.BAY, stay.bay), (Resource.TECHNICIAN, stay.technician))
    return [(resource, name) for resource, name in worked if name]


def _find_awaited(stay: StayOfDay, stage: Stage) -> _Key | None:
    """Return what of the workshop's own the car waits for during a stay."""
    in_hand = stage.kind == "touch" and stay.reason is None and bool(stay.bay or stay.technician)
    resource = None if in_hand else _AWAITED.get(stage.find_cause(stay.reason) or "")
    return (resource, stage.key if resource is Resource.STAGE else "") if resource else None


def _active_since(spans: Iterable[Span], pause: timedelta) -> datetime | None:
    """Return since when there has been no gap longer than a pause; None if nothing lasts."""
    since: datetime | None = None
    until: datetime | None = None
    for entered_at, left_at in sorted(spans, key=lambda span: span[0]):
        if since is None or (until is not None and entered_at - until > pause):
            since, until = entered_at, left_at
        elif until is not None:
            until = max(until, left_at) if left_at else None
    return since if until is None else None
