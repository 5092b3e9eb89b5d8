"""What Bayboard publishes of a vehicle's reminders: the topic and the payload, for whoever subscribes.

Owns their shape, which `models.contract` describes and `reminders.service.publish` fills. The topics lie
below the same prefix as those of devices; ingest knows them by `is_reminder_topic` and leaves them alone.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

_PREFIX = "workshop/v1/"
_LEVELS = 5
_LEVEL = "reminders"


@dataclass(frozen=True, slots=True)
class PublishedReminder:
    """An item that is due on a vehicle, and what became of telling people."""

    item: str
    state: Literal["raised", "sent", "failed", "booked"]
    raised_at: datetime
    due_km: float | None
    due_on: date | None
    projected_on: date | None


@dataclass(frozen=True, slots=True)
class PublishedReminders:
    """Every open reminder of a vehicle at a site; retained, and cleared once there is none."""

    site: str
    vin: str
    reminders: list[PublishedReminder]


def name_reminder_topic(site: str, vin: str) -> str:
    """Return where a vehicle's reminders are published."""
    return f"{_PREFIX}{site}/{_LEVEL}/{vin}"


def is_reminder_topic(topic: str) -> bool:
    """Say whether a topic is one that we publish to ourselves."""
    if not topic.startswith(_PREFIX):
        return False
    levels = topic.split("/")
    return len(levels) == _LEVELS and levels[3] == _LEVEL
