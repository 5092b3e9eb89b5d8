"""Warnings and errors that are repeated: one line a minute for each kind, with how often it was.

Who may cause an error may cause it a thousand times a second, and a log must not fill a disk. A kind
is the event, the type of what was raised and the line that raised it.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from structlog import DropEvent
from structlog.typing import EventDict

WINDOW_SECONDS = 60.0
# Kinds of one window; the next ones are counted together.
MOST_KINDS = 50
_COUNTED = {"warning", "warn", "error", "exception", "critical"}
_OTHERS = "more kinds of warnings and errors than are written in a minute"

Kind = tuple[Any, ...]


@dataclass(slots=True)
class _Seen:
    written_at: float
    unwritten: int = 0


class Repeats:
    """Admits the first of a kind, then one a minute with the number of those left out."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kinds: dict[Kind, _Seen] = {}

    def admit(self, method: str, event: EventDict) -> EventDict:
        """Return the event if it is to be written; raises DropEvent if it only counts."""
        if method not in _COUNTED:
            return event
        now, kind = self._clock(), _find_kind(event)
        if kind not in self._kinds and len(self._kinds) >= MOST_KINDS:
            self._forget(now)
            if len(self._kinds) >= MOST_KINDS:
                kind, event = (_OTHERS,), {"event": _OTHERS}
        seen = self._kinds.get(kind)
        if seen and now - seen.written_at < WINDOW_SECONDS:
            seen.unwritten += 1
            raise DropEvent
        self._kinds[kind] = _Seen(now)
        if seen and seen.unwritten:
            event["repeated"] = seen.unwritten
        return event

    def _forget(self, now: float) -> None:
        over = [kind for kind, seen in self._kinds.items() if now - seen.written_at >= WINDOW_SECONDS]
        for kind in over:
            del self._kinds[kind]


def _find_kind(event: EventDict) -> Kind:
    error = _find_error(event.get("exc_info"))
    if error is None:
        return (event.get("event"),)
    return (event.get("event"), type(error), *_find_place(error.__traceback__))


def _find_error(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1]  # type: ignore[no-any-return]  # as sys.exc_info() has it
    return sys.exc_info()[1] if exc_info else None


def _find_place(traceback: TracebackType | None) -> tuple[str, int]:
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    return (traceback.tb_frame.f_code.co_filename, traceback.tb_lineno) if traceback else ("", 0)
