"""Reminders that were raised and are open: closed when their due has gone, and kept true until then.

Owns these statements; when they are asked is the engine's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from models.database.named import read_sql

_CLOSE = read_sql("queries/service/close")
_STAND = read_sql("queries/service/raised")
# A service done so many days before its reminder was raised, and heard of late, still answers it.
_EARLY_DAYS = 30


def close_gone(connection: Connection[Any], vins: Sequence[str], now: datetime) -> list[int]:
    """Close the open reminders of vehicles whose due has gone; return them."""
    closed = connection.execute(_CLOSE, {"vins": list(vins), "now": now, "early_days": _EARLY_DAYS})
    return [reminder for (reminder,) in closed]


def judge_standing(connection: Connection[Any], vins: Sequence[str], now: datetime) -> list[int]:
    """Bring the states of vehicles' open reminders up to date; return those that changed."""
    changed = connection.execute(_STAND, {"vins": list(vins), "now": now})
    return [reminder for (reminder,) in changed]
