"""Every advisory lock of ours in PostgreSQL: what it keeps apart, and in which order several may be taken.

A lock has a number and the name of what it is about, such as a site; where a lock is about everything, the
name is empty. Two different names may share a lock, as PostgreSQL keeps 32 bits of a name: then one waits
for the other without need, and nothing else happens.

A transaction that takes several takes them in the order of their numbers, and those of one number in the
order of `hold_all`, so that no two wait for each other.
"""

from collections.abc import Collection
from enum import IntEnum
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import scalar_row


class Lock(IntEnum):
    """What one process at a time may do."""

    MIGRATION = 1
    """Change the schema; about everything."""
    BACKFILL = 2
    """Write the simulated history of a site."""
    PRUNING = 3
    """Drop what is older than is kept; about everything."""
    SETTLING = 4
    """Settle days with news; about everything."""
    SITE = 5
    """Project work orders of a site."""
    ESTIMATES = 6
    """Learn how long things take at a site."""
    NOTICES = 7
    """Write which notices fire at a site."""
    SERVICE_PASS = 8
    """Compute what service is due on every vehicle; about everything."""
    PUBLICATION = 9
    """Publish open reminders to the broker; about everything."""
    CHANNEL = 10
    """Claim messages of a channel."""


def hold(connection: Connection[Any], lock: Lock, name: str = "") -> None:
    """Wait for a lock, and keep it until the transaction ends."""
    connection.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [lock, name])


def hold_all(connection: Connection[Any], lock: Lock, names: Collection[str]) -> None:
    """Wait for a lock on each of several names, and keep them until the transaction ends."""
    connection.execute(
        "select pg_advisory_xact_lock(%s, key) from ("
        "select distinct hashtext(name) as key from unnest(%s::text[]) as name order by key) as keys",
        [lock, list(names)],
    )


def try_hold(connection: Connection[Any], lock: Lock, name: str = "") -> bool:
    """Take a lock until the transaction ends; False where somebody else has it."""
    return _ask(connection, "select pg_try_advisory_xact_lock(%s, hashtext(%s))", lock, name)


def try_take(connection: Connection[Any], lock: Lock, name: str = "") -> bool:
    """Take a lock until it is released or the connection ends; False where somebody else has it."""
    return _ask(connection, "select pg_try_advisory_lock(%s, hashtext(%s))", lock, name)


def release(connection: Connection[Any], lock: Lock, name: str = "") -> None:
    """Give back a lock that was taken."""
    connection.execute("select pg_advisory_unlock(%s, hashtext(%s))", [lock, name])


def _ask(connection: Connection[Any], query: LiteralString, lock: Lock, name: str) -> bool:
    with connection.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(query, [lock, name]).fetchone())
