"""What ingest, the command and the dashboard say of refused messages."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """What has become of a quarantined message."""

    NEW = "new"
    REPLAY_REQUESTED = "replay_requested"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One refused message, with the beginning of its payload."""

    id: int
    received_at: datetime
    topic: str
    reason: str
    status: str
    site: str | None
    device: str | None
    payload_bytes: int
    preview: bytes
    settled_at: datetime | None
    stored_device: str | None
    stored_event_id: str | None
    stored_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many messages were refused for reasons that differ only in what is one message's own."""

    reason: str
    messages: int
    devices: int
    first_at: datetime
    last_at: datetime


# What is one message's own in a reason: quoted words, positions in lists, words and numbers with a digit.
# Read by Python and by PostgreSQL.
SPECIFICS = r"""'[^']*'|"[^"]*"|(?<=\[)[0-9]+(?=\])|(?<=\s)[^\s'"(),/]*[0-9][^\s'"(),/]*"""
ELLIPSIS = "…"


def generalise_reason(reason: str) -> str:
    """Return a reason without what is one message's own, so that alike ones can be counted."""
    return re.sub(SPECIFICS, ELLIPSIS, reason)


def name_field(reason: str) -> str:
    """Return the field that a reason names, or what stands in its place, such as `topic`."""
    return re.sub(r"\[.*?\]", "", reason.partition(":")[0])
