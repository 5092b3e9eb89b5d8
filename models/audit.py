"""Writes the audit trail: who did what, from where, to what, and how it was before and after.

Every place where a person changes something, by a page or by a command, adds an entry here. It
refuses values whose names say that they are secrets. An entry is part of the caller's transaction
where there is one.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from models.domain.audit import Action

_INSERT = (
    "insert into audit (at, who, from_address, what, about, before, after, sites, once)"
    " values (%(at)s, %(who)s, %(from_address)s, %(what)s, %(about)s, %(before)s, %(after)s,"
    "   %(sites)s, %(once)s)"
    " on conflict (once) do nothing"
)
_SECRET = re.compile("password|token|secret|hash|credential", re.IGNORECASE)
_LONGEST_TEXT = 200

Values = Mapping[str, Any]


async def add(
    connection: AsyncConnection[Any],
    *,
    at: datetime,
    who: str,
    from_address: str | None,
    what: Action,
    about: str | None = None,
    before: Values | None = None,
    after: Values | None = None,
    sites: Sequence[str] | None = None,
    once: str | None = None,
) -> None:
    """Add an entry; the second of the same `once` is left out.

    `who` is the account's name; `about` names what was changed: an account, `site/order`, a VIN.
    Managers of all `sites` may see it; with None, only those of every site.
    """
    await connection.execute(
        _INSERT, _make_row(at, who, from_address, what, about, before, after, sites, once)
    )


def add_by_command(
    connection: psycopg.Connection[Any],
    *,
    at: datetime,
    who: str,
    from_address: str | None,
    what: Action,
    about: str | None = None,
    before: Values | None = None,
    after: Values | None = None,
    sites: Sequence[str] | None = None,
    once: str | None = None,
) -> None:
    """Add an entry as `add` does, on a connection that waits for its answers."""
    connection.execute(_INSERT, _make_row(at, who, from_address, what, about, before, after, sites, once))


def _make_row(
    at: datetime,
    who: str,
    from_address: str | None,
    what: Action,
    about: str | None,
    before: Values | None,
    after: Values | None,
    sites: Sequence[str] | None,
    once: str | None,
) -> dict[str, Any]:
    if secrets := [name for name in {**(before or {}), **(after or {})} if _SECRET.search(name)]:
        raise ValueError(f"the audit trail keeps no secrets: {', '.join(secrets)}")
    return {
        "at": at,
        "who": _tidy(who),
        "from_address": None if from_address is None else _tidy(from_address),
        "what": Action(what),
        "about": None if about is None else _tidy(about),
        "before": None if before is None else Jsonb(dict(before)),
        "after": None if after is None else Jsonb(dict(after)),
        "sites": None if sites is None else list(sites),
        "once": once,
    }


def _tidy(text: str) -> str:
    """Return text that any database takes: not too long, and without NUL."""
    return text.replace("\0", "")[:_LONGEST_TEXT]
