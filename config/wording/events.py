"""What people can be told of: the events, and which values each brings for its words.

Owns the vocabulary that rules, templates and channels share: names of events, the audiences, and for every
event the keys of its payload with their kinds. Refuses nothing: `config.wording.templates` checks templates
against it, and `Event.find_gaps` a payload. It knows neither channels nor the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, get_args

from config.kit.words import Audience

AUDIENCES: tuple[Audience, ...] = get_args(Audience)
DIGEST = "digest"


class Kind(StrEnum):
    """What a value of a payload is, and so how it is written in each language."""

    TEXT = "text"
    # What was put into words already: it keeps its lines. Every other value is written in one.
    LINES = "lines"
    # {"en": …, "zh": …}, as stages, sites and items of a plan have them.
    NAME = "name"
    KM = "km"
    COUNT = "count"
    # A share of 1.
    SHARE = "share"
    MINUTES = "minutes"
    # ISO 8601: a day, and an instant with its offset, which is told as the site's clock shows it.
    DAY = "day"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Value:
    """A key of a payload; one that is not `always` there may be missing or None."""

    kind: Kind
    always: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something to tell people of; `lists` are the keys that hold things with values of their own."""

    name: str
    values: Mapping[str, Value]
    lists: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)

    def find_gaps(self, payload: Mapping[str, Any]) -> list[str]:
        """Name what a payload lacks to be told of."""
        missing = [name for name, value in self.values.items() if value.always and payload.get(name) is None]
        return missing + [name for name in self.lists if not payload.get(name)]


def _always(kind: Kind) -> Value:
    return Value(kind, always=True)


# The dispatcher adds the site's name to every message.
_SITE = {"site": _always(Kind.NAME)}
_PERSON = {"customer": Value(Kind.TEXT), "phone": Value(Kind.TEXT), "email": Value(Kind.TEXT)}
_CAR = {"vin": Value(Kind.TEXT), "plate": Value(Kind.TEXT), "vehicle": Value(Kind.TEXT)}
# A car that is in the workshop: its order, where it stands, and the customer's own page where there is one.
_VISIT = {
    **_SITE,
    **_PERSON,
    **_CAR,
    "work_order": _always(Kind.TEXT),
    "job_type": Value(Kind.TEXT),
    "advisor": Value(Kind.TEXT),
    "stage": Value(Kind.NAME),
    "bay": Value(Kind.TEXT),
    "since": Value(Kind.MOMENT),
    "minutes": Value(Kind.MINUTES),
    "promised_at": Value(Kind.MOMENT),
    "link": Value(Kind.TEXT),
}
_SERVICE = {**_SITE, **_PERSON, **_CAR, "km": Value(Kind.KM)}
_ITEM = {
    "name": _always(Kind.NAME),
    "due_km": Value(Kind.KM),
    "due_on": Value(Kind.DAY),
    "projected_on": Value(Kind.DAY),
}

EVENTS: Mapping[str, Event] = {
    event.name: event
    for event in (
        Event("service_due", _SERVICE, {"items": _ITEM}),
        Event("service_call", _SERVICE, {"items": _ITEM}),
        Event("ready_for_pickup", _VISIT),
        Event(
            "promise_at_risk",
            {**_VISIT, "expected_at": Value(Kind.MOMENT), "risk": Value(Kind.SHARE)},
        ),
        Event("part_arrived", {**_VISIT, "part": Value(Kind.TEXT), "description": Value(Kind.TEXT)}),
        Event("all_parts_arrived", _VISIT),
        Event("stage_too_long", {**_VISIT, "stage": _always(Kind.NAME), "minutes": _always(Kind.MINUTES)}),
        Event("stage_entered", {**_VISIT, "stage": _always(Kind.NAME)}),
        Event("approval_unanswered", {**_VISIT, "minutes": _always(Kind.MINUTES)}),
        Event(
            DIGEST,
            {**_SITE, "count": _always(Kind.COUNT)},
            {"messages": {"title": _always(Kind.TEXT), "body": _always(Kind.LINES)}},
        ),
    )
}

# What can be told of a car that is in the workshop, and so by a rule.
VISIT_EVENTS = tuple(event.name for event in EVENTS.values() if "work_order" in event.values)
