"""What was done to a message so that it could be stored: fields left out, names in canonical form."""

import re
from collections.abc import Mapping
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


def read_notes(stored: object) -> list[Note]:
    """Return the notes of a message as they are stored; what has not their shape is left out."""
    listed = stored if isinstance(stored, list) else []
    return [
        Note(str(note.get("field", "")), str(note.get("sent", "")), _read_reason(note.get("reason")))
        for note in listed
        if isinstance(note, Mapping)
    ]


def _read_reason(stored: object) -> str | None:
    return None if stored is None else str(stored)


@dataclass(frozen=True, slots=True)
class NotedMessage:
    """A stored message that has notes, as they are stored."""

    received_at: datetime
    device: str
    notes: Any
