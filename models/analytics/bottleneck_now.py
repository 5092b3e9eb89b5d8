"""The bottleneck of the moment, by the active-period method of kpis.md.

At each moment it is the stage, bay or technician with the longest uninterrupted active period. A
bay and a technician are active while somebody works on a car there; a stage, which has room for
many, while a car waits for it, since then none of its places is to be had. Closing time ends
every period. Pure: reads no clock and no table.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from config.workshop import Stage
from models.domain.board import StayOfDay

# What the workshop itself lets a car wait for; parts and customers are nobody's active period.
_OWN_CAUSES = {"bay", "technician", "quality_check"}


class Resource(StrEnum):
    """What can hold everybody else up; of equal periods the first named counts."""

    STAGE = "stage"
    TECHNICIAN = "technician"
    BAY = "bay"


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """What has been active longest, since when, and how many cars wait for it now."""

    resource: Resource
    key: str
    since: datetime
    waiting: int


Span = tuple[datetime, datetime | None]
_Key = tuple[Resource, str]


def find_bottleneck(
    stays: Iterable[StayOfDay], stages: Sequence[Stage], opened_at: datetime, pause: timedelta
) -> Bottleneck | None:
    """Return the bottleneck now, None where nothing is active; a gap of up to `pause` ends no period."""
    spans: defaultdict[_Key, list[Span]] = defaultdict(list)
    waiting: defaultdict[_Key, int] = defaultdict(int)
    for stay in stays:
        for key in _find_active(stay, stages):
            spans[key].append((stay.entered_at, stay.left_at))
        if stay.left_at is None:
            for key in _find_awaited(stay, stages):
                waiting[key] += 1
    found = [
        Bottleneck(resource, name, max(since, opened_at), _count_waiting(waiting, resource, name))
        for (resource, name), each in spans.items()
        if (since := _active_since(each, pause))
    ]
    order = list(Resource)
    return min(
        found, key=lambda one: (one.since, -one.waiting, order.index(one.resource), one.key), default=None
    )


def _count_waiting(waiting: defaultdict[_Key, int], resource: Resource, name: str) -> int:
    """Count the cars that wait for this stage, or for any bay or technician."""
    return waiting[resource, name if resource is Resource.STAGE else ""]


def _find_active(stay: StayOfDay, stages: Sequence[Stage]) -> list[_Key]:
    """Return what a stay keeps active."""
    stage = next((each for each in stages if each.key == stay.stage), None)
    if stage and stage.kind == "touch" and stay.reason is None:
        places = [(Resource.BAY, stay.bay), (Resource.TECHNICIAN, stay.technician)]
        if worked_on := [(resource, name) for resource, name in places if name]:
            return worked_on
    return [key for key in _find_awaited(stay, stages) if key[0] is Resource.STAGE]


def _find_awaited(stay: StayOfDay, stages: Sequence[Stage]) -> list[_Key]:
    """Return what the car waits for during a stay: a stage, and any bay or any technician."""
    keys = [stage.key for stage in stages]
    if stay.stage not in keys:
        return []
    at = keys.index(stay.stage)
    stage = stages[at]
    in_hand = stay.reason is None and bool(stay.bay or stay.technician)
    cause = None if in_hand else stage.find_cause(stay.reason)
    if cause not in _OWN_CAUSES:
        return []
    place = [(Resource(cause), "")] if cause in set(Resource) else []
    ahead = next((stage.key for stage in stages[at:] if stage.kind == "touch"), None)
    return [(Resource.STAGE, ahead), *place] if ahead else place


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
