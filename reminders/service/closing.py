"""What ends a reminder: the work order that did it, its time gone by, somebody's word.

Owns that closing and withdrawing what was not sent yet are one. A cycle that ended is never raised again,
since the next one has another name.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from models.queries.delivery.outbox import withdraw_messages
from models.queries.service.raised import close_gone, judge_standing


def close_reminders(connection: Connection[Any], vins: Sequence[str], now: datetime) -> int:
    """Close the reminders of vehicles whose due has gone, and withdraw what was to be said of them."""
    closed = close_gone(connection, vins, now)
    changed = judge_standing(connection, vins, now)
    withdraw_messages(connection, [*closed, *changed], now)
    return len(closed)
