"""When every vehicle was last reckoned, and with which plans; and that one engine at a time does it."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from models.locks import Lock, release, try_take

_NAME = "every vehicle"


def read_pass(connection: Connection[Any]) -> tuple[datetime, str] | None:
    """Return when every vehicle was last reckoned, and the fingerprint of the plans; None if never."""
    row = connection.execute("select at, plans from reminder_pass where name = %s", (_NAME,)).fetchone()
    return (row[0], row[1]) if row else None


def take_pass(connection: Connection[Any]) -> bool:
    """Take the right to go over every vehicle; False while another engine has it."""
    return try_take(connection, Lock.SERVICE_PASS)


def finish_pass(connection: Connection[Any], now: datetime, plans: str) -> None:
    """Remember a pass that went over every vehicle."""
    connection.execute(
        "insert into reminder_pass (name, at, plans) values (%s, %s, %s)"
        " on conflict (name) do update set at = excluded.at, plans = excluded.plans",
        (_NAME, now, plans),
    )


def leave_pass(connection: Connection[Any]) -> None:
    """Give the right back."""
    release(connection, Lock.SERVICE_PASS)
