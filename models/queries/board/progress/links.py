"""Links to progress pages: made, revoked, and given to whoever knows plate and code of a visit.

Owns how much chance is in a token, and how often somebody may try. Nothing read here is for a
page: what comes out is a token, a ticket, or no.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from psycopg import AsyncConnection, Connection
from psycopg.rows import class_row, tuple_row

from models.database.named import read_sql
from models.queries.access.accounts import count_attempt, forget_attempts
from models.queries.board.progress.visit import hash_token

# 192 bits, as 32 characters that fit into an address.
_TOKEN_BYTES = 24
# So many tries within this, and there is no other for now. A waiting room's customers share one
# address behind its wireless network.
WINDOW = timedelta(minutes=15)
TRIES_OF_ADDRESS = 40
TRIES_OF_PLATE = 8

_MAKE = (
    "insert into progress_link (token_hash, site, work_order, made_at)"
    " select %s, site, work_order, %s from work_order where site = %s and work_order = %s"
)
_MAKE_FOR_MESSAGE = (
    "insert into progress_link (token_hash, site, work_order, made_at, message_id)"
    " select %s, site, work_order, %s, %s from work_order where site = %s and work_order = %s"
)
_OPEN_CODES = read_sql("queries/board/progress/codes")


class TooManyTriesError(Exception):
    """Plate and code were tried too often, from one address or of one plate."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is printed on a receipt or key tag: the ticket that is called out, and the code that is not."""

    ticket: str
    code: str


async def make_progress_link(
    connection: AsyncConnection[Any], site: str, work_order: str, now: datetime
) -> str:
    """Return the token of a new link to a work order's progress page; its address is /progress/{token}.

    Only its hash is kept, so nobody can be told it again. Raises LookupError if there is no such order.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    made = await connection.execute(_MAKE, [hash_token(token), now, site, work_order])
    if made.rowcount == 0:
        raise LookupError(f"there is no work order {work_order} at {site}")
    return token


def put_progress_link(
    connection: Connection[Any], site: str, work_order: str, message: int, now: datetime
) -> str | None:
    """Return the token of a new link for a message that is being sent, in the caller's transaction.

    The link ends when the message is withdrawn. None if the work order is gone.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    made = connection.execute(_MAKE_FOR_MESSAGE, [hash_token(token), now, message, site, work_order])
    return token if made.rowcount else None


async def revoke_progress_links(
    connection: AsyncConnection[Any], site: str, work_order: str, now: datetime
) -> int:
    """End every link to a work order at once; return how many were still good."""
    ended = await connection.execute(
        "update progress_link set revoked_at = %s where site = %s and work_order = %s and revoked_at is null",
        [now, site, work_order],
    )
    return ended.rowcount


async def read_ticket(connection: AsyncConnection[Any], site: str, work_order: str) -> Ticket | None:
    """Read what to print on the receipt of a visit; None for a visit that was never open here."""
    async with connection.cursor(row_factory=class_row(Ticket)) as cursor:
        found = await cursor.execute(
            "select name_ticket(number) as ticket, code from visit_ticket"
            " where site = %s and work_order = %s",
            [site, work_order],
        )
        return await found.fetchone()


async def enter_progress(
    connection: AsyncConnection[Any], plate_end: str, code: str, address: str, now: datetime
) -> str | None:
    """Return a token for who knows the end of a plate and the code of its open visit, else None.

    A try counts before it is judged; `connection` must commit by itself. Raises TooManyTriesError.
    """
    of_address, of_plate = f"progress from {address}", f"progress of {plate_end}"
    for key, most in ((of_address, TRIES_OF_ADDRESS), (of_plate, TRIES_OF_PLATE)):
        tries, _ = await count_attempt(connection, key, WINDOW, now)
        if tries > most:
            raise TooManyTriesError
    async with connection.cursor(row_factory=tuple_row) as cursor:
        visits = await (await cursor.execute(_OPEN_CODES)).fetchall()
    asked = f"{plate_end}/{code}".encode()
    # Every visit is compared, each in constant time, so that how long it takes tells nothing.
    found = [visit for visit in visits if compare_digest("/".join(visit[2:]).encode(), asked)]
    if len(found) != 1:
        return None
    await forget_attempts(connection, [of_plate], WINDOW, now)
    site, work_order, *_ = found[0]
    return await make_progress_link(connection, site, work_order, now)
