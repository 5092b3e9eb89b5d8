"""Screens that show a board without anybody signing in, each with a token of its own.

Owns adding, revoking, and when each was seen last. It holds hashes of tokens, never tokens; a
revoked screen stays listed, since its wall may still hang there asking.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from models.domain.access import ScreenRow


class ScreenError(Exception):
    """The screen cannot be revoked; the message is a sentence for whoever asked."""


def hash_token(token: str) -> bytes:
    """Return what is kept of a token; it is random, so nothing slower than SHA-256 is needed."""
    return sha256(token.encode()).digest()


async def read_screens(
    connection: AsyncConnection[Any], sites: Sequence[str] | None = None
) -> list[ScreenRow]:
    """Read every screen of these sites, or of all sites: those that hold first, then by name."""
    async with connection.cursor(row_factory=class_row(ScreenRow)) as cursor:
        await cursor.execute(
            "select * from screen where %(sites)s::text[] is null or site = any(%(sites)s)"
            " order by revoked_at is not null, site, kind desc, name, id",
            {"sites": None if sites is None else list(sites)},
        )
        return await cursor.fetchall()


async def add_screen(
    connection: AsyncConnection[Any], token: str, kind: str, site: str, name: str, now: datetime
) -> None:
    """Add a screen that opens with this token."""
    await connection.execute(
        "insert into screen (token_hash, kind, site, name, added_at) values (%s, %s, %s, %s, %s)",
        [hash_token(token), kind, site, name, now],
    )


async def revoke_screen(
    connection: AsyncConnection[Any], screen: int, sites: Sequence[str] | None, now: datetime
) -> None:
    """Take a screen's right to its board; raises ScreenError when there is none among these sites."""
    revoked = await connection.execute(
        "update screen set revoked_at = %(now)s where id = %(id)s and revoked_at is null"
        " and (%(sites)s::text[] is null or site = any(%(sites)s))",
        {"now": now, "id": screen, "sites": None if sites is None else list(sites)},
    )
    if not revoked.rowcount:
        raise ScreenError(f"there is no screen {screen}, or it is revoked already")


async def note_seen(connection: AsyncConnection[Any], screens: Collection[int], now: datetime) -> None:
    """Note that these screens showed their boards just now."""
    await connection.execute("update screen set seen_at = %s where id = any(%s)", [now, list(screens)])
