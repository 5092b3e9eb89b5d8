"""Sessions: one row for each browser of a person who signed in.

Keeps the SHA-256 of a session's id, never the id. A session holds until it expires, is ended, or the
account's `session_version` has moved on.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from models.domain.access.people import SessionRow

_LONGEST_AGENT = 200


def hash_session(session: str) -> bytes:
    """Return what is kept of a session's id; it is random, so SHA-256 is enough."""
    return sha256(session.encode()).digest()


async def add_session(connection: AsyncConnection[Any], session: SessionRow) -> None:
    """Keep a session that begins now."""
    await connection.execute(
        "insert into session (id_hash, account, link, version, made_at, confirmed_at, seen_at, expires_at,"
        "   address, agent)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            session.id_hash,
            session.account,
            session.link,
            session.version,
            session.made_at,
            session.confirmed_at,
            session.seen_at,
            session.expires_at,
            session.address.replace("\0", ""),
            session.agent.replace("\0", "")[:_LONGEST_AGENT],
        ],
    )


async def read_unexpired(connection: AsyncConnection[Any], now: datetime) -> dict[bytes, bool]:
    """Read whether each session that is not over by time still holds, by the hash of its id."""
    found = await connection.execute(
        "select id_hash, ended_at is null from session where expires_at > %s", [now]
    )
    return {bytes(row[0]): row[1] for row in await found.fetchall()}


async def read_sessions(connection: AsyncConnection[Any], account: str, now: datetime) -> list[SessionRow]:
    """Read the sessions of an account that hold, the newest first."""
    async with connection.cursor(row_factory=class_row(SessionRow)) as cursor:
        await cursor.execute(
            "select session.* from session join account on account.name = session.account"
            " where session.account = %s and ended_at is null and expires_at > %s"
            "   and version = session_version order by made_at desc",
            [account, now],
        )
        return await cursor.fetchall()


async def read_session(connection: AsyncConnection[Any], id_hash: bytes) -> SessionRow | None:
    """Read one session."""
    async with connection.cursor(row_factory=class_row(SessionRow)) as cursor:
        await cursor.execute("select * from session where id_hash = %s", [id_hash])
        return await cursor.fetchone()


async def end_session(
    connection: AsyncConnection[Any], id_hash: bytes, account: str | None, now: datetime
) -> bool:
    """End one session of an account, or one of a link; say whether it held until now."""
    ended = await connection.execute(
        "update session set ended_at = %s"
        " where id_hash = %s and account is not distinct from %s and ended_at is null",
        [now, id_hash, account],
    )
    return bool(ended.rowcount)


async def confirm_session(connection: AsyncConnection[Any], id_hash: bytes, now: datetime) -> None:
    """Note that the person of a session has just given the password again."""
    await connection.execute("update session set confirmed_at = %s where id_hash = %s", [now, id_hash])


async def note_sessions(connection: AsyncConnection[Any], seen: Mapping[bytes, str], now: datetime) -> None:
    """Note from where these sessions were just used."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "update session set seen_at = %s, address = %s where id_hash = %s and ended_at is null",
            [(now, address.replace("\0", ""), id_hash) for id_hash, address in seen.items()],
        )
