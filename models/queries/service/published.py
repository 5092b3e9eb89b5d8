"""Which vehicles' reminders the broker must be told of, and that it was told.

Owns these statements and the lock by which one process at a time publishes. Connecting to a broker is not
done here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from models.database.named import read_sql
from models.locks import Lock, try_take

_FIND = read_sql("queries/service/published")
_KEEP = (
    "insert into reminder_publication values (%s, %s, %s, %s) on conflict (site, vin) do update"
    " set fingerprint = excluded.fingerprint, published_at = excluded.published_at"
)
_FORGET = "delete from reminder_publication where site = %s and vin = %s"


@dataclass(frozen=True, slots=True)
class Unpublished:
    """What is to be published of a vehicle; nothing, where it has to be cleared."""

    site: str
    vin: str
    payload: str | None
    fingerprint: str | None


def take_publishing(connection: Connection[Any]) -> bool:
    """Become the one that publishes, for as long as the connection lives; False if another is."""
    return try_take(connection, Lock.PUBLICATION)


def find_unpublished(connection: Connection[Any], *, anew: bool) -> list[Unpublished]:
    """Return what the broker has not, or has otherwise; everything, if it may have forgotten."""
    with connection.cursor(row_factory=class_row(Unpublished)) as cursor:
        return cursor.execute(_FIND, {"anew": anew}).fetchall()


def keep_published(connection: Connection[Any], published: Sequence[Unpublished], now: datetime) -> None:
    """Write down what the broker has taken."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            _KEEP, [(each.site, each.vin, each.fingerprint, now) for each in published if each.payload]
        )
        cursor.executemany(_FORGET, [(each.site, each.vin) for each in published if not each.payload])
