"""What is known of a work order, folded from what the dealer system said of it.

Changes are the truth and may arrive in any order; folding them by their own time gives the
same facts whichever came first. A field that a change does not name is left as it was, a
list that it names replaces the one before.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any

from models.domain.intervals import Interval


@dataclass(frozen=True, slots=True)
class Change:
    """One message of the dealer system; `said` holds the fields it named, as JSON values."""

    at: datetime
    device: str
    event_id: str
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the dealer system said of a work order, newest word last.

    `vehicle`, `customer` and `order` map field names to JSON values; absent means never said.
    """

    registered: bool = False
    opened_at: datetime | None = None
    cancelled_at: datetime | None = None
    first_promised_at: datetime | None = None
    promised_at: datetime | None = None
    vehicle_as_of: datetime | None = None
    vehicle: Mapping[str, Any] = field(default_factory=dict)
    customer: Mapping[str, Any] = field(default_factory=dict)
    order: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a work order stands: its times, the interval it is in, and since when in that stage.

    A visit of a stage may be several intervals, as when the bay or the reason changes.
    """

    opened_at: datetime | None
    closed_at: datetime | None
    current: Interval | None
    stage_entered_at: datetime | None


def fold_changes(changes: Iterable[Change]) -> Facts:
    """Fold all changes of one work order into what is known of it."""
    vehicle: dict[str, Any] = {}
    customer: dict[str, Any] = {}
    order: dict[str, Any] = {}
    promises: list[datetime | None] = []
    opened_at = cancelled_at = vehicle_as_of = None
    ordered = sorted(changes, key=lambda change: (change.at, change.device, change.event_id))
    for change in ordered:
        said = change.said
        if said["change"] == "opened":
            opened_at = opened_at or change.at
        cancelled_at = change.at if said["change"] == "cancelled" else None
        if "vehicle" in said:
            vehicle.update(said["vehicle"])
            vehicle_as_of = change.at
        customer.update(said.get("customer", {}))
        if "promised_at" in said:
            promises.append(datetime.fromisoformat(said["promised_at"]) if said["promised_at"] else None)
        order.update((name, said[name]) for name in ("job_type", "advisor", "lines", "parts") if name in said)
    return Facts(
        registered=bool(ordered),
        opened_at=opened_at,
        cancelled_at=cancelled_at,
        first_promised_at=next((promise for promise in promises if promise), None),
        promised_at=promises[-1] if promises else None,
        vehicle_as_of=vehicle_as_of,
        vehicle=vehicle,
        customer=customer,
        order=order,
    )


def judge_standing(facts: Facts, intervals: Sequence[Interval], end_stages: AbstractSet[str]) -> Standing:
    """Say when a work order began and ended, and what it is in now."""
    current = intervals[-1] if intervals else None
    begun = [facts.opened_at, intervals[0].entered_at if intervals else None]
    closed_at = facts.cancelled_at
    if current and current.stage in end_stages:
        closed_at = current.entered_at
    visit = list(takewhile(lambda interval: current and interval.stage == current.stage, reversed(intervals)))
    return Standing(
        opened_at=min((at for at in begun if at), default=None),
        closed_at=closed_at,
        current=current,
        stage_entered_at=visit[-1].entered_at if visit else None,
    )
