"""Every address of the dashboard and who may come in there: the one list of it.

Owns the list and what it means. Deny by default: an address that no line matches is nowhere.
The first line that matches counts. `{site}` is one part of an address, and whoever enters must
be allowed to see that site; `{…}` of any other name is one part, `*` is whatever follows.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property

from dashboard.access.identity import Role, ScreenKind, Visitor


class Answer(Enum):
    """What a door answers with: a page of the boards' app, of the office's, of words alone; or no page."""

    BOARD = auto()
    OFFICE = auto()
    WORDS = auto()
    DATA = auto()
    STREAM = auto()

    @property
    def is_page(self) -> bool:
        """Say whether people see it, so that a refusal is a page, too."""
        return self in {Answer.BOARD, Answer.OFFICE, Answer.WORDS}


BOARD, OFFICE, WORDS, DATA, STREAM = Answer
ANYBODY = None
MANAGERS = frozenset({Role.MANAGER})
STAFF = frozenset({Role.MANAGER, Role.FOREMAN})


@dataclass(frozen=True)
class Door:
    """An address, and the roles and the kind of screen that may come in; no roles are for anybody."""

    address: str
    answer: Answer
    roles: frozenset[Role] | None
    screen: ScreenKind | None = None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = re.split(r"(\{\w+\}|\*)", self.address)
        return re.compile("".join(_match_part(part) for part in parts))

    def match(self, path: str) -> "Place | None":
        """Return the place a path is if it is behind this door."""
        found = self._pattern.fullmatch(path)
        return Place(self, found.groupdict().get("site")) if found else None


@dataclass(frozen=True, slots=True)
class Place:
    """A door, and the site its address names."""

    door: Door
    site: str | None = None

    def admits(self, visitor: Visitor) -> bool:
        """Say whether somebody may come in."""
        door, user = self.door, visitor.user
        if door.roles is ANYBODY or (door.screen and visitor.shows(door.screen, self.site)):
            return True
        if user is None or user.role not in door.roles:
            return False
        return self.site is None or user.may_see(self.site)


DOORS = (
    #    address                          answers  who may come in, and which screens
    Door("/",                              BOARD,  STAFF),
    Door("/wall/{site}",                   BOARD,  STAFF, ScreenKind.WALL),
    Door("/stream/wall/{site}",            STREAM, STAFF, ScreenKind.WALL),
    Door("/lounge/{site}",                 BOARD,  STAFF, ScreenKind.LOUNGE),
    Door("/lounge/{site}/progress.svg",    DATA,   STAFF, ScreenKind.LOUNGE),
    Door("/stream/lounge/{site}",          STREAM, STAFF, ScreenKind.LOUNGE),
    Door("/s/{token}",                     WORDS,  ANYBODY),  # tells a screen by its token
    Door("/progress",                      WORDS,  ANYBODY),
    Door("/progress/*",                    WORDS,  ANYBODY),  # the token in the address is the key
    Door("/orders/{site}/{work_order}",    OFFICE, STAFF),
    Door("/vehicles",                      OFFICE, STAFF),    # what a search found
    Door("/vehicles/{vin}",                OFFICE, STAFF),
    Door("/analytics",                     OFFICE, MANAGERS),
    Door("/analytics/*",                   OFFICE, MANAGERS),
    Door("/reminders",                     OFFICE, MANAGERS),
    Door("/devices",                       OFFICE, MANAGERS),
    Door("/quarantine",                    OFFICE, MANAGERS),
    Door("/screens",                       OFFICE, MANAGERS),
    Door("/accounts",                      OFFICE, MANAGERS),
    Door("/audit",                         OFFICE, MANAGERS),
    Door("/account",                       WORDS,  STAFF),
    Door("/account/*",                     WORDS,  STAFF),
    Door("/sign-in",                       WORDS,  ANYBODY),
    Door("/sign-in/*",                     WORDS,  ANYBODY),  # a signed link, the company's own sign-in
    Door("/sign-out",                      WORDS,  ANYBODY),
    Door("/manage/assets/*",               DATA,   ANYBODY),
    Door("/manage/*",                      DATA,   STAFF),    # each callback has roles of its own
    Door("/assets/*",                      DATA,   ANYBODY),
    Door("/_dash-*",                       DATA,   ANYBODY),  # each layout asks `admits` for its address
    Door("/healthz",                       DATA,   ANYBODY),
    Door("/readyz",                        DATA,   ANYBODY),
    Door("/metrics",                       DATA,   ANYBODY),  # this and /readyz: near, or with a token
    Door("/.well-known/security.txt",      DATA,   ANYBODY),
)  # fmt: skip


def find_place(path: str) -> Place | None:
    """Say what place a path is; it must be the scope's, since a URL is made with the Host header."""
    plain = path.rstrip("/") if path.startswith("/") and not path.startswith("//") else path
    for door in DOORS:
        if place := door.match(path) or door.match(plain):
            return place
    return None


def find_page(path: str) -> Place | None:
    """Return the place of a path if it is a page of our own, so that one may be sent there."""
    place = find_place(path) if re.fullmatch(r"/[\w.~%/-]*", path) else None
    return place if place and place.door.answer.is_page else None


def _match_part(part: str) -> str:
    if part == "*":
        return ".*"
    return f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part)
