"""Links that sign in the person who opens them, without an account: one use, an end, and revocable."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from models.domain.access.people import AccessLinkRow
from models.queries.access.screens import hash_token


class AccessLinkError(Exception):
    """There is no such link; the message is a sentence for the person who asked."""


async def add_access_link(
    connection: AsyncConnection[Any],
    token: str,
    role: str,
    sites: Sequence[str] | None,
    *,
    by: str,
    now: datetime,
    expires_at: datetime,
    reusable: bool = False,
) -> int:
    """Keep a new link and return its number."""
    found = await connection.execute(
        "insert into access_link (token_hash, role, sites, reusable, made_at, made_by, expires_at)"
        " values (%s, %s, %s, %s, %s, %s, %s) returning id",
        [hash_token(token), role, None if sites is None else list(sites), reusable, now, by, expires_at],
    )
    row = await found.fetchone()
    assert row  # noqa: S101  # inserted
    number: int = row[0]
    return number


async def read_access_link(connection: AsyncConnection[Any], token: str) -> AccessLinkRow | None:
    """Read the link of a token, whether it still works or not."""
    async with connection.cursor(row_factory=class_row(AccessLinkRow)) as cursor:
        await cursor.execute("select * from access_link where token_hash = %s", [hash_token(token)])
        return await cursor.fetchone()


async def read_access_links(connection: AsyncConnection[Any]) -> list[AccessLinkRow]:
    """Read every link, the newest first."""
    async with connection.cursor(row_factory=class_row(AccessLinkRow)) as cursor:
        await cursor.execute("select * from access_link order by id desc")
        return await cursor.fetchall()


async def use_access_link(connection: AsyncConnection[Any], number: int, address: str, now: datetime) -> bool:
    """Note that a link is used; False when it no longer works. Of two at the same time, one is first."""
    used = await connection.execute(
        "update access_link set used_at = %(now)s, used_from = %(address)s"
        " where id = %(id)s and revoked_at is null and expires_at > %(now)s"
        "   and (reusable or used_at is null)",
        {"now": now, "address": address, "id": number},
    )
    return bool(used.rowcount)


async def revoke_access_link(connection: AsyncConnection[Any], number: int, now: datetime) -> None:
    """End a link and every session it began; raises AccessLinkError when there is none that works."""
    revoked = await connection.execute(
        "update access_link set revoked_at = %s where id = %s and revoked_at is null", [now, number]
    )
    if not revoked.rowcount:
        raise AccessLinkError(f"there is no link {number}, or it is revoked already")
    await connection.execute(
        "update session set ended_at = %s where link = %s and ended_at is null", [now, number]
    )
