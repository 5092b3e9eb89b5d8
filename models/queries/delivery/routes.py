"""Which channel a message takes: what waits without one, and what an address can be written for.

Owns these statements. Messages that are alike in what decides are given one together.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from models.queries.delivery.claims import give_up

_UNKNOWN = (
    "update outbox_message set channel = null"
    " where state = 'waiting' and channel is not null and not channel = any(%s)"
)
_KINDS = (
    "select site, recipient_role, template, count(*) from outbox_message"
    " where state = 'waiting' and channel is null and due_at <= %s group by 1, 2, 3"
)
_ROUTE = (
    "update outbox_message set channel = %(channel)s"
    " where state = 'waiting' and channel is null and due_at <= %(now)s"
    " and site = %(site)s and recipient_role = %(role)s and template = %(event)s"
    " and (not 'recipient' = any(%(targets)s) or recipient <> '')"
    " and (not 'phone' = any(%(targets)s) or payload ->> 'phone' <> '')"
    " and (not 'email' = any(%(targets)s) or payload ->> 'email' <> '')"
    " and not coalesce(recipient = any(%(recipient)s), false)"
    " and not coalesce(payload ->> 'phone' = any(%(phone)s), false)"
    " and not coalesce(payload ->> 'email' = any(%(email)s), false)"
)
# What the messages of a kind hold for each target that an address may be written for.
_REACHED_BY = (
    "select distinct target, value from outbox_message, lateral (values ('recipient', recipient),"
    " ('phone', payload ->> 'phone'), ('email', payload ->> 'email')) as named (target, value)"
    " where state = 'waiting' and channel is null and due_at <= %(now)s"
    " and site = %(site)s and recipient_role = %(role)s and template = %(event)s"
    " and target = any(%(targets)s) and value <> ''"
)
_BURIED = (
    "select id from outbox_message"
    " where state = 'waiting' and channel is null and due_at <= %(now)s"
    " and site = %(site)s and recipient_role = %(role)s and template = %(event)s for update skip locked"
)
_WAITING = (
    "select coalesce(channel, ''), count(*), min(due_at) from outbox_message"
    " where state = 'waiting' group by 1"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """Messages that are due and have no channel yet, and are alike in what decides it."""

    site: str
    role: str
    event: str
    count: int


def forget_channels(connection: Connection[Any], known: Collection[str]) -> int:
    """Take messages away from channels that there are no more; return how many."""
    return connection.execute(_UNKNOWN, (list(known),)).rowcount


def find_unrouted(connection: Connection[Any], now: datetime) -> list[Kind]:
    """Return the kinds of messages that are due and have no channel."""
    return [Kind(*row) for row in connection.execute(_KINDS, (now,))]


def find_targets(
    connection: Connection[Any], kind: Kind, targets: Collection[str], now: datetime
) -> list[tuple[str, str]]:
    """Return what the messages of a kind hold for these targets, each with its target."""
    values = {"targets": list(targets), **_name_kind(kind, now)}
    return connection.execute(_REACHED_BY, values).fetchall() if targets else []


def route_messages(
    connection: Connection[Any],
    kind: Kind,
    channel: str,
    targets: Iterable[str],
    now: datetime,
    unreachable: Iterable[tuple[str, str]] = (),
) -> int:
    """Give messages of a kind a channel, as far as they say what its address needs; return how many.

    Left alone are those for a target that is `unreachable`.
    """
    refused: dict[str, list[str]] = {"recipient": [], "phone": [], "email": []}
    for target, value in unreachable:
        refused[target].append(value)
    values = {"channel": channel, "targets": list(targets), **refused, **_name_kind(kind, now)}
    return connection.execute(_ROUTE, values).rowcount


def bury_messages(connection: Connection[Any], kind: Kind, why: str, now: datetime) -> int:
    """Give up the messages of a kind that no channel can take; return how many."""
    with connection.transaction():
        found = connection.execute(_BURIED, _name_kind(kind, now)).fetchall()
        give_up(connection, [message for (message,) in found], why, now)
    return len(found)


def read_waiting(connection: Connection[Any]) -> dict[str, tuple[int, datetime]]:
    """Return for every channel, or none, how many messages wait and since when the oldest was due."""
    return {channel: (count, since) for channel, count, since in connection.execute(_WAITING)}


def _name_kind(kind: Kind, now: datetime) -> dict[str, object]:
    return {"now": now, "site": kind.site, "role": kind.role, "event": kind.event}
