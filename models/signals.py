"""Every signal between our processes through PostgreSQL's NOTIFY: its channel, what it says, and how.

A signal is sent by the transaction that makes the news, and arrives when that is committed. Nothing may
depend on one alone: who was away when it was sent looks for news in the tables.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier


class Signal(StrEnum):
    """What is signalled, by the channel of PostgreSQL."""

    BOARD = "bayboard_board"
    """A site changed, or its devices are alive; says which work orders (`BoardChange`)."""
    OUTBOX = "bayboard_outbox"
    """There are messages to send; says nothing more."""
    QUARANTINE = "bayboard_quarantine"
    """There are messages to replay; says nothing more."""


class BoardChange(msgspec.Struct, frozen=True):
    """What changed at a site: its work orders; none where devices are only alive, null for too many."""

    site: str
    received_at: datetime | None = None
    work_orders: Sequence[str] | None = None

    @property
    def is_alive_only(self) -> bool:
        """Whether no board changes by it."""
        return self.work_orders is not None and not self.work_orders


def listen_to(signal: Signal) -> Composed:
    """Return the statement by which a connection hears a signal from now on."""
    return SQL("listen {}").format(Identifier(signal))


def ring(signal: Signal) -> tuple[SQL, list[str]]:
    """Return the statement, with its values, that sends a signal which says nothing more."""
    return SQL("select pg_notify(%s, '')"), [signal]


def announce_change(connection: Connection[Any], change: BoardChange) -> None:
    """Notify every process that follows boards of a change, once this transaction is committed."""
    connection.execute("select pg_notify(%s, %s)", [Signal.BOARD, msgspec.json.encode(change).decode()])


def read_change(payload: str) -> BoardChange | None:
    """Return what an announcement says; None where it is not understood: anything may have changed."""
    try:
        return msgspec.json.decode(payload, type=BoardChange)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
