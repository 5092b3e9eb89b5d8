"""The page of reminders: where every due item stands, how many there are of each, and one in full.

Owns these questions. Each is asked for the sites its reader may see; nothing is decided here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row, tuple_row

from models.database.named import read_sql
from models.domain.service.listed import SHOWN, Attempt, ListedItem, Owner

_DONE_FOR = timedelta(days=365)
_LISTED = read_sql("queries/service/listed")
_MESSAGES = read_sql("queries/service/messages")


def _after_listed(query: str) -> bytes:
    return (_LISTED + query).encode()


_ITEMS = _after_listed(
    "select * from chosen where shown = %(shown)s order by closed_at desc nulls last,"
    " abs(projected_on - %(now)s::date) nulls last, due_on nulls last, vin, item limit %(limit)s"
)
_ITEM = _after_listed("select * from chosen where vin = %(vin)s and item = %(one)s and cycle = %(cycle)s")
_COUNTS = _after_listed("select shown, count(*) from chosen group by shown")


@dataclass(frozen=True, slots=True)
class ReminderFilter:
    """Which items are meant; None is any, `sites` are those that the reader may see."""

    sites: tuple[str, ...] | None = None
    site: str | None = None
    item: str | None = None
    search: str | None = None


async def read_items(
    connection: AsyncConnection[Any], which: ReminderFilter, shown: str, now: datetime, limit: int
) -> list[ListedItem]:
    """Read the items that stand somewhere: what is done from the newest on, all else by how near it is."""
    async with connection.cursor(row_factory=class_row(ListedItem)) as cursor:
        await cursor.execute(_ITEMS, {**_ask(which, now), "now": now, "shown": shown, "limit": limit})
        return await cursor.fetchall()


async def count_items(
    connection: AsyncConnection[Any], which: ReminderFilter, now: datetime
) -> dict[str, int]:
    """Count the items by where they stand."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(_COUNTS, _ask(which, now))
        return dict.fromkeys(SHOWN, 0) | dict(await cursor.fetchall())


async def read_item(
    connection: AsyncConnection[Any], key: str, which: ReminderFilter, now: datetime
) -> ListedItem | None:
    """Read one item by its key; None where there is none that the reader may see."""
    vin, _, rest = key.partition(" ")
    item, _, cycle = rest.partition(" ")
    async with connection.cursor(row_factory=class_row(ListedItem)) as cursor:
        await cursor.execute(_ITEM, {**_ask(which, now), "vin": vin, "one": item, "cycle": cycle})
        return await cursor.fetchone()


async def read_owner(connection: AsyncConnection[Any], site: str | None, vin: str, item: str) -> Owner | None:
    """Read what a site may know of a vehicle and its customer, and when an item was done last."""
    async with connection.cursor(row_factory=class_row(Owner)) as cursor:
        await cursor.execute(
            "select km, km_at, km_per_day, km_per_day_low, km_per_day_high, rate_from, trusted_readings,"
            " refused_readings, advisor, customer_ref, customer_name, customer_phone,"
            " word.allowed as consent,"
            " word.at as consent_at, due.done_on, due.done_km from vehicle_service as owner"
            " left join service_due as due on due.vin = owner.vin and due.item = %(item)s"
            " left join lateral (select allowed, at from customer_consent where site = owner.site"
            " and customer_ref = owner.customer_ref order by at desc limit 1) as word on true"
            " where owner.vin = %(vin)s and (%(site)s::text is null or are_one(%(site)s, owner.site))",
            {"item": item, "vin": vin, "site": site},
        )
        return await cursor.fetchone()


async def read_attempts(connection: AsyncConnection[Any], reminder_id: int) -> list[Attempt]:
    """Read what was said of a reminder, and every attempt to say it."""
    async with connection.cursor(row_factory=class_row(Attempt)) as cursor:
        return await (await cursor.execute(_MESSAGES, {"reminder": reminder_id})).fetchall()


def _ask(which: ReminderFilter, now: datetime) -> dict[str, object]:
    search = (
        which.search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") if which.search else None
    )
    return {
        "sites": None if which.sites is None else list(which.sites),
        "site": which.site,
        "item": which.item,
        "search": search and f"%{search}%",
        "closed_since": now - _DONE_FOR,
    }
