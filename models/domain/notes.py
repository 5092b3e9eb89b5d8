"""What was done to a message so that it could be stored: fields left out, names in canonical form."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# Characters that JSON can write and a database cannot hold: NUL, and halves of a pair.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Note:
    """One field of a message as it was sent; `reason` says why it was left out, None for another spelling."""

    field: str
    sent: str
    reason: str | None = None

    def express(self) -> dict[str, str | None]:
        """Return the note as it is stored, an object of JSON."""
        note = {"field": self.field, "sent": self.sent, "reason": self.reason}
        return {
            key: text and _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text) for key, text in note.items()
        }


def read_note(stored: Mapping[str, Any]) -> Note:
    """Return a note that was stored."""
    reason = stored.get("reason")
    return Note(
        str(stored.get("field", "")), str(stored.get("sent", "")), None if reason is None else str(reason)
    )


@dataclass(frozen=True, slots=True)
class NotedMessage:
    """A stored message that has notes, as they are stored."""

    received_at: datetime
    device: str
    notes: Sequence[Mapping[str, Any]]
