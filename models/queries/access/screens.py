"""Screens that show a board without anybody signing in, each with a token of its own.

Owns adding, revoking, and when each was seen last. It holds hashes of tokens, never tokens; a
revoked screen stays listed, since its wall may still hang there asking.
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from models.domain.access.people import ScreenRow


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
    connection: AsyncConnection[Any],
    token: str,
    kind: str,
    site: str,
    name: str,
    now: datetime,
    *,
    reusable: bool = False,
    expires_at: datetime | None = None,
) -> int:
    """Add a screen with a link of this token, and return its number.

    The link makes one browser the screen, before `expires_at`. A reusable one does so for any number of
    browsers, until it is revoked: it is the token that they keep.
    """
    nobodys = secrets.token_bytes(32)
    added = await connection.execute(
        "insert into screen (token_hash, link_hash, reusable, link_expires_at, kind, site, name, added_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s) returning id",
        [
            hash_token(token) if reusable else nobodys,
            None if reusable else hash_token(token),
            reusable,
            expires_at,
            kind,
            site,
            name,
            now,
        ],
    )
    row = await added.fetchone()
    assert row  # noqa: S101  # inserted
    number: int = row[0]
    return number


async def find_screen(connection: AsyncConnection[Any], link: str) -> ScreenRow | None:
    """Read the screen of a link, whether the link still works or not."""
    async with connection.cursor(row_factory=class_row(ScreenRow)) as cursor:
        await cursor.execute(
            "select * from screen where link_hash = %(hash)s or (reusable and token_hash = %(hash)s)",
            {"hash": hash_token(link)},
        )
        return await cursor.fetchone()


async def open_screen(connection: AsyncConnection[Any], screen: int, token: str, now: datetime) -> bool:
    """Use up a screen's link and give the screen this token; of two at the same time, one is first."""
    opened = await connection.execute(
        "update screen set token_hash = %(hash)s, link_used_at = %(now)s"
        " where id = %(id)s and link_used_at is null and revoked_at is null"
        "   and (link_expires_at is null or link_expires_at > %(now)s)",
        {"hash": hash_token(token), "now": now, "id": screen},
    )
    return bool(opened.rowcount)


async def revoke_screen(
    connection: AsyncConnection[Any], screen: int, sites: Sequence[str] | None, now: datetime
) -> str:
    """Take a screen's right to its board and return its site.

    Raises ScreenError when there is none among these sites.
    """
    revoked = await connection.execute(
        "update screen set revoked_at = %(now)s where id = %(id)s and revoked_at is null"
        " and (%(sites)s::text[] is null or site = any(%(sites)s)) returning site",
        {"now": now, "id": screen, "sites": None if sites is None else list(sites)},
    )
    row = await revoked.fetchone()
    if row is None:
        raise ScreenError(f"there is no screen {screen}, or it is revoked already")
    site: str = row[0]
    return site


async def note_seen(connection: AsyncConnection[Any], seen: Iterable[tuple[int, str]], now: datetime) -> None:
    """Note that these screens showed their boards just now, each at an address."""
    pairs = sorted(set(seen))
    await connection.execute(
        "update screen set seen_at = %s where id = any(%s)", [now, [screen for screen, _ in pairs]]
    )
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "insert into screen_address (screen, address, seen_at) values (%s, %s, %s)"
            " on conflict (screen, address) do update set seen_at = excluded.seen_at",
            [(screen, address, now) for screen, address in pairs if address],
        )


async def read_addresses(connection: AsyncConnection[Any], screens: Sequence[int]) -> dict[int, list[str]]:
    """Read from which addresses screens were seen, the newest of each first."""
    found = await connection.execute(
        "select screen, address from screen_address where screen = any(%s) order by seen_at desc",
        [list(screens)],
    )
    addresses: dict[int, list[str]] = {}
    for screen, address in await found.fetchall():
        addresses.setdefault(screen, []).append(address)
    return addresses
