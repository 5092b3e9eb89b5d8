"""A message to people before it is sent: what it is about, whom it is for, and from when it may leave.

Owns the value that whoever decides hands over to the outbox. It knows neither channels nor templates,
only their names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class MessageState(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"


class Role(StrEnum):
    """Whom a message is for."""

    CUSTOMER = "customer"
    ADVISOR = "advisor"
    FOREMAN = "foreman"
    MANAGER = "manager"
    DIRECTOR = "director"


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message for the outbox; `event_key` names what happened, so that it is told once.

    `recipient` says which one of a role, `channel` and `lang` are left to the role where they are None.
    """

    event_key: str
    site: str
    role: Role
    template: str
    payload: Mapping[str, Any]
    due_at: datetime
    recipient: str | None = None
    channel: str | None = None
    lang: str | None = None
    vin: str | None = None
    work_order: str | None = None
    reminders: tuple[int, ...] = ()
