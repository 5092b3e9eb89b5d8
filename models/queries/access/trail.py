"""Reads the audit trail: the newest entries that a filter finds, for whom they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from models.domain.access.audit import Action, AuditEntry

_COLUMNS = "id, at, who, from_address, what, about, before, after, sites"
_WHERE = (
    " from audit where (%(sites)s::text[] is null or sites <@ %(sites)s)"
    " and (%(who)s::text is null or who = %(who)s)"
    " and (%(what)s::text[] is null or what = any(%(what)s))"
    " and (%(about)s::text is null or strpos(lower(coalesce(about, '')), lower(%(about)s)) > 0"
    "   or strpos(coalesce(from_address, ''), %(about)s) > 0)"
    " and (%(since)s::timestamptz is null or at >= %(since)s)"
)
_OF_ACCOUNT = (
    f"select {_COLUMNS} from audit where (about = %(account)s or who = %(account)s)"  # noqa: S608
    " and what = any(%(what)s) order by at desc, id desc limit %(limit)s"
)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are meant; `sites` are those of the person who asks, None is every site."""

    sites: tuple[str, ...] | None
    who: str | None = None
    what: tuple[Action, ...] | None = None
    # A part of what an entry is about, or of the address it came from.
    about: str | None = None
    since: datetime | None = None


async def read_audit(
    connection: AsyncConnection[Any], which: AuditFilter, *, limit: int, offset: int = 0
) -> list[AuditEntry]:
    """Read entries, the newest first."""
    async with connection.cursor(row_factory=class_row(AuditEntry)) as cursor:
        await cursor.execute(
            f"select {_COLUMNS}{_WHERE} order by at desc, id desc limit %(limit)s offset %(offset)s",
            {**_bind(which), "limit": limit, "offset": offset},
        )
        return await cursor.fetchall()


async def count_audit(connection: AsyncConnection[Any], which: AuditFilter) -> int:
    """Count the entries a filter finds."""
    found = await connection.execute(f"select count(*){_WHERE}", _bind(which))
    row = await found.fetchone()
    return row[0] if row else 0


async def read_actors(connection: AsyncConnection[Any], sites: Sequence[str] | None) -> list[str]:
    """Read the names that have entries a manager of these sites may see."""
    found = await connection.execute(
        "select distinct who from audit where who <> '' and (%(sites)s::text[] is null or sites <@ %(sites)s)"
        " order by who",
        {"sites": None if sites is None else list(sites)},
    )
    return [row[0] for row in await found.fetchall()]


async def read_of_account(
    connection: AsyncConnection[Any], account: str, what: Sequence[Action], *, limit: int
) -> list[AuditEntry]:
    """Read the newest entries of these actions that an account did, or that were done to it."""
    async with connection.cursor(row_factory=class_row(AuditEntry)) as cursor:
        await cursor.execute(_OF_ACCOUNT, {"account": account, "what": list(what), "limit": limit})
        return await cursor.fetchall()


def _bind(which: AuditFilter) -> dict[str, Any]:
    return {
        "sites": None if which.sites is None else list(which.sites),
        "who": which.who,
        "what": None if which.what is None else list(which.what),
        "about": which.about,
        "since": which.since,
    }
