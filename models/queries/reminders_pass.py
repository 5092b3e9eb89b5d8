"""When every vehicle was last reckoned, and with which plans; and that one engine at a time does it."""

from datetime import datetime
from typing import Any

from psycopg import Connection

# Ours among PostgreSQL's advisory locks, which are held by the session: the first letters of "remind".
_LOCK = 0x72656D69
_NAME = "every vehicle"


def read_pass(connection: Connection[Any]) -> tuple[datetime, str] | None:
    """Return when every vehicle was last reckoned, and the fingerprint of the plans; None if never."""
    row = connection.execute("select at, plans from reminder_pass where name = %s", (_NAME,)).fetchone()
    return (row[0], row[1]) if row else None


def take_pass(connection: Connection[Any]) -> bool:
    """Take the right to go over every vehicle; False while another engine has it."""
    row = connection.execute("select pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
    return bool(row and row[0])


def finish_pass(connection: Connection[Any], now: datetime, plans: str) -> None:
    """Remember a pass that went over every vehicle."""
    connection.execute(
        "insert into reminder_pass (name, at, plans) values (%s, %s, %s)"
        " on conflict (name) do update set at = excluded.at, plans = excluded.plans",
        (_NAME, now, plans),
    )


def leave_pass(connection: Connection[Any]) -> None:
    """Give the right back."""
    connection.execute("select pg_advisory_unlock(%s)", (_LOCK,))
