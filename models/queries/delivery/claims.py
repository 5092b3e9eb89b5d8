"""What a dispatcher does to the outbox: claim what is due by a channel, settle what was sent, give up.

Owns these statements and nothing of how messages are sent. A message belongs to whoever claimed it until
`claimed_until`; after that its attempt is lost, and anybody may try again. The lock of a channel
that bears only so much makes all processes count together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from models.database.named import read_sql
from models.locks import Lock, hold

_BURY = "update outbox_message set state = 'dead', settled_at = %(now)s where id = any(%(ids)s)"
_SAY_WHY = (
    "insert into delivery_attempt (message_id, attempt, attempted_at, channel, send_id, outcome, detail)"
    " select id, 1 + coalesce((select max(attempt) from delivery_attempt where message_id = id), 0),"
    " %(now)s, '', '', 'refused', %(why)s from unnest(%(ids)s::bigint[]) as id"
)
_SENT = (
    "select count(distinct (send_id, attempted_at)) from delivery_attempt"
    " where channel = %s and attempted_at > %s and attempted_at < %s"
)
_DUE = read_sql("queries/delivery/due")
_CANCEL = "update outbox_message set state = 'cancelled', settled_at = %s where id = any(%s)"
_LOSE = "update delivery_attempt set outcome = 'lost' where outcome = 'begun' and message_id = any(%s)"
_CLAIM = (
    "update outbox_message set claimed_until = %(until)s, attempts = attempts + 1,"
    " digest_key = %(digest_key)s where id = any(%(ids)s)"
)
_BEGIN = (
    "insert into delivery_attempt (message_id, attempt, attempted_at, channel, send_id, outcome)"
    " select id, 1 + coalesce((select max(attempt) from delivery_attempt where message_id = id), 0),"
    " %(now)s, %(channel)s, %(send_id)s, 'begun' from unnest(%(ids)s::bigint[]) as id"
)
_END = (
    "update delivery_attempt set outcome = %(outcome)s, detail = %(detail)s, seconds = %(seconds)s"
    " where message_id = any(%(ids)s) and send_id = %(send_id)s and attempted_at = %(begun_at)s"
    " and outcome in ('begun', 'lost')"
)
_DELIVERED = (
    "update outbox_message set state = 'sent', settled_at = %(now)s, claimed_until = null"
    " where id = any(%(ids)s)"
)
# Whoever lost its claim meanwhile has no say any more.
_FAILED = (
    "update outbox_message set claimed_until = null, due_at = %(due_at)s,"
    " state = case when %(dead)s then 'dead' else state end,"
    " settled_at = case when %(dead)s then %(now)s else settled_at end"
    " where id = any(%(ids)s) and state = 'waiting' and claimed_until = %(until)s"
)
_TELL_REMINDERS = (
    "update service_reminder as reminder set state = %(state)s from outbox_reminder as link"
    " where link.message_id = any(%(ids)s) and reminder.id = link.reminder_id"
    " and reminder.state in ('raised', 'failed')"
)


@dataclass(frozen=True, slots=True)
class DueMessage:
    """A message that may be claimed; `unwanted` says that its customer does not want to be told any more."""

    id: int
    event_key: str
    site: str
    work_order: str | None
    role: str
    recipient: str | None
    template: str
    lang: str | None
    payload: dict[str, Any]
    created_at: datetime
    due_at: datetime
    attempts: int
    digest_key: str | None
    unwanted: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """Messages that go out as one, from when and until when they are ours."""

    ids: Sequence[int]
    send_id: str
    begun_at: datetime
    until: datetime


def give_up(connection: Connection[Any], ids: Sequence[int], why: str, now: datetime) -> None:
    """Put messages among the dead without another attempt, and say why."""
    values = {"ids": list(ids), "why": why, "now": now, "state": "failed"}
    connection.execute(_BURY, values)
    connection.execute(_LOSE, (values["ids"],))
    connection.execute(_SAY_WHY, values)
    connection.execute(_TELL_REMINDERS, values)


def count_sent(connection: Connection[Any], channel: str, now: datetime, within: timedelta) -> int:
    """Return how often a channel was used within a time, and lock it until the transaction ends.

    Also counts what is later than now: whoever locked it before us may have looked at the clock after us.
    """
    hold(connection, Lock.CHANNEL, channel)
    row = connection.execute(_SENT, (channel, now - within, now + within)).fetchone()
    return row[0] if row else 0


def find_due(
    connection: Connection[Any],
    channel: str,
    now: datetime,
    *,
    asleep: Sequence[str],
    limit: int,
    digest_key: str | None = None,
) -> list[DueMessage]:
    """Lock and return the messages of a channel that are due, the oldest first, nobody else's."""
    values = {
        "channel": channel, "now": now, "asleep": list(asleep), "limit": limit, "digest_key": digest_key
    }  # fmt: skip
    with connection.cursor(row_factory=class_row(DueMessage)) as cursor:
        return cursor.execute(_DUE, values).fetchall()


def cancel_messages(connection: Connection[Any], ids: Sequence[int], now: datetime) -> None:
    """Withdraw messages that are not wanted any more."""
    connection.execute(_CANCEL, (now, list(ids)))


def begin_attempt(
    connection: Connection[Any], claim: Claim, channel: str, digest_key: str | None = None
) -> None:
    """Claim messages, and write down that they are being sent; what was begun before is lost."""
    values = {
        "ids": list(claim.ids), "until": claim.until, "now": claim.begun_at,
        "channel": channel, "send_id": claim.send_id, "digest_key": digest_key,
    }  # fmt: skip
    connection.execute(_LOSE, (values["ids"],))
    connection.execute(_CLAIM, values)
    connection.execute(_BEGIN, values)


def end_attempt(
    connection: Connection[Any],
    claim: Claim,
    now: datetime,
    *,
    outcome: str,
    detail: str | None,
    seconds: float,
    again_at: datetime | None,
) -> None:
    """Write down what became of an attempt; without `again_at` one that failed was the last."""
    delivered = outcome == "delivered"
    values = {
        "ids": list(claim.ids), "send_id": claim.send_id, "begun_at": claim.begun_at, "until": claim.until,
        "now": now, "outcome": outcome, "detail": detail, "seconds": seconds,
        "due_at": again_at or now, "dead": again_at is None,
        "state": "sent" if delivered else "failed",
    }  # fmt: skip
    with connection.transaction():
        connection.execute(_END, values)
        # First the reminders, then the messages, as the engine that closes the one and withdraws the other.
        if delivered or again_at is None:
            connection.execute(_TELL_REMINDERS, values)
        connection.execute(_DELIVERED if delivered else _FAILED, values)
