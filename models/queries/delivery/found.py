"""What is in the outbox and what became of it, for people: looked up, sent again, withdrawn.

Owns these statements. A message that is sent again waits as a new one would, and keeps its name, so that a
receiver that has it already can tell; its earlier attempts stay written down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from models.domain.delivery import MessageState
from models.signals import Signal, ring

_LIST = """
select message.id, event_key, site, recipient_role as role, recipient, channel, template as event, vin,
    work_order, state, attempts, created_at, due_at, settled_at, last.detail as why, payload
from outbox_message as message
left join lateral (
    select detail from delivery_attempt where message_id = message.id order by attempt desc limit 1
) as last on true
where (%(id)s::bigint is null or message.id = %(id)s)
    and (%(state)s::text is null or state = %(state)s)
    and (%(site)s::text is null or site = %(site)s)
    and (%(channel)s::text is null or channel = %(channel)s)
order by message.id desc limit %(limit)s
"""
_ATTEMPTS = (
    "select attempt, attempted_at, channel, outcome, detail, seconds, send_id from delivery_attempt"
    " where message_id = %s order by attempt"
)
_RESEND = (
    "update outbox_message set state = 'waiting', due_at = %(now)s, attempts = 0, settled_at = null,"
    " claimed_until = null, channel = null, digest_key = null"
    " where state = any(%(states)s) and (id = any(%(ids)s) or %(ids)s::bigint[] is null)"
    " and (%(site)s::text is null or site = %(site)s) returning id"
)
_CANCEL = (
    "update outbox_message set state = 'cancelled', settled_at = %(now)s"
    " where state in ('waiting', 'dead') and id = any(%(ids)s) returning id"
)


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """A message of the outbox; `why` is what its last attempt came to, where that did not go well."""

    id: int
    event_key: str
    site: str
    role: str
    recipient: str | None
    channel: str | None
    event: str
    vin: str | None
    work_order: str | None
    state: MessageState
    attempts: int
    created_at: datetime
    due_at: datetime
    settled_at: datetime | None
    why: str | None
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToldAttempt:
    """An attempt to deliver a message."""

    attempt: int
    attempted_at: datetime
    channel: str
    outcome: str
    detail: str | None
    seconds: float | None
    send_id: str


async def read_messages(
    connection: AsyncConnection[Any],
    *,
    state: MessageState | None = None,
    site: str | None = None,
    channel: str | None = None,
    number: int | None = None,
    limit: int = 50,
) -> list[ToldMessage]:
    """Return messages, the newest first; the one of a number, if that is given."""
    values = {"state": state, "site": site, "channel": channel, "id": number, "limit": limit}
    async with connection.cursor(row_factory=class_row(ToldMessage)) as cursor:
        await cursor.execute(_LIST, values)
        return await cursor.fetchall()


async def read_attempts(connection: AsyncConnection[Any], message: int) -> list[ToldAttempt]:
    """Return every attempt to deliver a message."""
    async with connection.cursor(row_factory=class_row(ToldAttempt)) as cursor:
        await cursor.execute(_ATTEMPTS, (message,))
        return await cursor.fetchall()


async def resend_messages(
    connection: AsyncConnection[Any], ids: Sequence[int] | None, site: str | None, now: datetime
) -> list[int]:
    """Let messages wait to be sent again: these, if dead or withdrawn, else all that are dead."""
    states = [MessageState.DEAD] if ids is None else [MessageState.DEAD, MessageState.CANCELLED]
    chosen = None if ids is None else list(ids)
    values = {"ids": chosen, "states": states, "site": site, "now": now}
    found = await (await connection.execute(_RESEND, values)).fetchall()
    await connection.execute(*ring(Signal.OUTBOX))
    return [message for (message,) in found]


async def cancel_messages(connection: AsyncConnection[Any], ids: Sequence[int], now: datetime) -> list[int]:
    """Withdraw messages that were not sent; return which."""
    found = await (await connection.execute(_CANCEL, {"ids": list(ids), "now": now})).fetchall()
    return [message for (message,) in found]
