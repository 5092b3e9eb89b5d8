"""Words about refused messages that ingest, the command and the dashboard share."""

import re
from enum import StrEnum


class Status(StrEnum):
    """What has become of a quarantined message."""

    NEW = "new"
    REPLAY_REQUESTED = "replay_requested"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


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
