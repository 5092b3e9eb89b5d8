"""Times and dates as they come from the database, within what Python can compute with.

PostgreSQL stores infinity, years before Christ and after 9999; Python has no such times, and overflows in
another time zone near its own limits. Owns the one place where such a value becomes the nearest one that is
safe, so that one stored row keeps no page from being shown.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from psycopg.abc import AdaptContext, Buffer, Loader
from psycopg.pq import Format

FIRST_TIME, LAST_TIME = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)
FIRST_DAY, LAST_DAY = FIRST_TIME.date(), LAST_TIME.date()


def bound_times(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> None:
    """Have a connection return the nearest safe time for every time that Python cannot compute with."""
    adapters = connection.adapters
    for name, first, last in (("timestamptz", FIRST_TIME, LAST_TIME), ("date", FIRST_DAY, LAST_DAY)):
        known = adapters.types[name]
        fast = adapters.get_loader(known.oid, Format.TEXT)
        if fast is not None:
            adapters.register_loader(known.oid, _make_loader(fast, first, last))


def _make_loader(fast: type[Loader], first: date, last: date) -> type[Loader]:
    """Return a loader that asks a fast one, and keeps what it returns between two values."""

    class Bounded:
        format = Format.TEXT

        def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
            self._load: Callable[[Buffer], Any] = fast(oid, context).load

        def load(self, data: Buffer) -> date:
            try:
                value: date = self._load(data)
            except psycopg.DataError:
                text = bytes(data)
                return first if text.startswith(b"-") or text.endswith(b"BC") else last
            return min(max(value, first), last)

    return Bounded
