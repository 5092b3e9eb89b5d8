"""Writes the audit trail: who did what, from where, to what, and how it was before and after.

Every place where a person changes something, by a page or by a command, adds an entry here. It
refuses values whose names say that they are secrets. An entry is part of the caller's transaction
where there is one.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict, Unpack

import psycopg
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from models.domain.access.audit import Action

_INSERT = (
    "insert into audit (at, who, from_address, what, about, before, after, sites, once)"
    " values (%(at)s, %(who)s, %(from_address)s, %(what)s, %(about)s, %(before)s, %(after)s,"
    "   %(sites)s, %(once)s)"
    " on conflict (once) do nothing"
)
_SECRET = re.compile("password|token|secret|hash|credential", re.IGNORECASE)
_LONGEST_TEXT = 200

Values = Mapping[str, Any]


class Entry(TypedDict):
    """What is written of one action.

    `who` is the account's name; `about` names what was changed: an account, `site/order`, a VIN. Managers of
    all `sites` may see it; with None, only those of every site. The second entry of the same `once` is
    left out.
    """

    at: datetime
    who: str
    from_address: str | None
    what: Action
    about: NotRequired[str | None]
    before: NotRequired[Values | None]
    after: NotRequired[Values | None]
    sites: NotRequired[Sequence[str] | None]
    once: NotRequired[str | None]


async def add(connection: AsyncConnection[Any], **entry: Unpack[Entry]) -> None:
    """Add an entry."""
    await connection.execute(_INSERT, _make_row(entry))


def add_by_command(connection: psycopg.Connection[Any], **entry: Unpack[Entry]) -> None:
    """Add an entry as `add` does, on a connection that waits for its answers."""
    connection.execute(_INSERT, _make_row(entry))


def _make_row(entry: Entry) -> dict[str, Any]:
    before, after, about = entry.get("before"), entry.get("after"), entry.get("about")
    address, sites = entry["from_address"], entry.get("sites")
    if secrets := [name for name in {**(before or {}), **(after or {})} if _SECRET.search(name)]:
        raise ValueError(f"the audit trail keeps no secrets: {', '.join(secrets)}")
    return {
        "at": entry["at"],
        "who": _tidy(entry["who"]),
        "from_address": None if address is None else _tidy(address),
        "what": Action(entry["what"]),
        "about": None if about is None else _tidy(about),
        "before": None if before is None else Jsonb(dict(before)),
        "after": None if after is None else Jsonb(dict(after)),
        "sites": None if sites is None else list(sites),
        "once": entry.get("once"),
    }


def _tidy(text: str) -> str:
    """Return text that any database takes: not too long, and without NUL."""
    return text.replace("\0", "")[:_LONGEST_TEXT]
