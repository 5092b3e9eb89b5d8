"""The outbox: messages are put in by the transaction that decided them, and withdrawn when they are idle.

Owns these two statements and the channel on which a dispatcher hears of new messages. Sending, and
what became of it, is the dispatcher's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from models.domain.delivery import NewMessage
from models.signals import Signal, ring

_PUT = (
    "insert into outbox_message (event_key, site, vin, work_order, recipient_role, recipient, channel,"
    " template, lang, payload, created_at, due_at, state, attempts)"
    " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'waiting', 0)"
    " on conflict (event_key) do nothing returning id"
)
_LINK = "insert into outbox_reminder (message_id, reminder_id) values (%s, %s)"
_WITHDRAW = (
    "update outbox_message set state = 'cancelled', settled_at = %(now)s where state = 'waiting' and id in"
    " (select message_id from outbox_reminder where reminder_id = any(%(reminders)s))"
    " and not exists (select from outbox_reminder join service_reminder on service_reminder.id = reminder_id"
    " where message_id = outbox_message.id and closed_at is null and service_reminder.state <> 'suppressed')"
)


def put_messages(connection: Connection[Any], messages: Sequence[NewMessage], now: datetime) -> int:
    """Put messages into the outbox, in the caller's transaction; return how many were not there yet."""
    if not messages:
        return 0
    cursor = connection.cursor()
    cursor.executemany(_PUT, [_list_values(message, now) for message in messages], returning=True)
    put = [row[0] if (row := each.fetchone()) else None for each in cursor.results()]
    links = [
        (message_id, reminder)
        for message_id, message in zip(put, messages, strict=True)
        if message_id is not None
        for reminder in message.reminders
    ]
    cursor.executemany(_LINK, links)
    new = sum(message_id is not None for message_id in put)
    if new:
        connection.execute(*ring(Signal.OUTBOX))
    return new


def _list_values(message: NewMessage, now: datetime) -> tuple[object, ...]:
    return (
        message.event_key, message.site, message.vin, message.work_order, message.role, message.recipient,
        message.channel, message.template, message.lang, Jsonb(dict(message.payload)), now, message.due_at,
    )  # fmt: skip


def withdraw_messages(connection: Connection[Any], reminders: Sequence[int], now: datetime) -> int:
    """Cancel waiting messages that tell of closed or suppressed reminders only; return how many."""
    if not reminders:
        return 0
    return connection.execute(_WITHDRAW, {"reminders": list(reminders), "now": now}).rowcount
