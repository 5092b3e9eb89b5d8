"""What a customer's own page reads: the public views of one visit, by the token of its link.

Owns when a link is over. Reads the public views and nothing else; that a token exists is all
that is asked of it, and only its hash reaches the database.
"""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import class_row

from models.database.named import read_sql
from models.domain.board.public import Finding, Progress, PublicPart, ServiceDue, StageVisit

_Row = TypeVar("_Row")

_VISIT = read_sql("queries/board/progress/visit")
_FINDINGS = read_sql("queries/board/progress/findings")
_STAGES: LiteralString = """
    select stage, entered_at, left_at from public_progress_stage where token_hash = %s order by position
"""
_PARTS: LiteralString = """
    select description, quantity, status, eta from public_progress_part
    where token_hash = %s order by position
"""
_SERVICES: LiteralString = """
    select plan, item, due_km, due_on, projected_on from public_progress_service
    where token_hash = %s order by projected_on nulls last, due_on nulls last, item
"""


def hash_token(token: str) -> bytes:
    """Return what is kept of a token; it has enough chance in it to need no salt."""
    return sha256(token.encode()).digest()


async def read_progress(connection: AsyncConnection[Any], token: str, now: datetime) -> Progress | None:
    """Read one visit; None for a token that is unknown, revoked or over, which nobody can tell apart."""
    token_hash = hash_token(token)
    found = await _read(connection, Progress, _VISIT, token_hash)
    if not found or (found[0].ends_at is not None and found[0].ends_at <= now):
        return None
    return replace(
        found[0],
        stages=tuple(await _read(connection, StageVisit, _STAGES, token_hash)),
        parts=tuple(await _read(connection, PublicPart, _PARTS, token_hash)),
        findings=tuple(await _read(connection, Finding, _FINDINGS, token_hash)),
        services=tuple(await _read(connection, ServiceDue, _SERVICES, token_hash)),
    )


async def _read(
    connection: AsyncConnection[Any], row: type[_Row], query: str, token_hash: bytes
) -> list[_Row]:
    async with connection.cursor(row_factory=class_row(row)) as cursor:
        return await (await cursor.execute(query, [token_hash])).fetchall()
