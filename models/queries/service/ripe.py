"""What is ripe to be raised, and the rows of what was.

Owns these statements. Whether and how a customer is told is decided in `reminders.service.raising`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from models.database.named import read_sql

_RIPE = read_sql("queries/service/ripe")
_WORTH = read_sql("queries/service/worth")
_RAISE = (
    "insert into service_reminder (vin, plan, item, cycle, site, customer_ref, advisor, km, due_km, due_on,"
    " projected_on, raised_at, state, channel, notices, noticed_at)"
    " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 1, %s)"
    " on conflict (vin, item, cycle) do nothing returning id"
)


@dataclass(frozen=True, slots=True)
class Ripe:
    """A due item of which people must be told; `reminder_id` is set where it was raised already."""

    vin: str
    item: str
    cycle: str
    plan: str
    due_km: float | None
    due_on: date | None
    projected_on: date | None
    reminder_id: int | None
    notices: int
    site: str
    km: float | None
    customer_ref: str | None
    customer_name: str | None
    customer_phone: str | None
    advisor: str | None
    plate: str | None
    make: str | None
    model: str | None


def read_ripe(
    connection: Connection[Any],
    site: str,
    today: date,
    now: datetime,
    *,
    limit: int | None = None,
    after: str = "",
    vins: Sequence[str] | None = None,
) -> list[Ripe]:
    """Read what is ripe at a site on its day, by vehicle: after a VIN, or of some vehicles."""
    with connection.cursor(row_factory=class_row(Ripe)) as cursor:
        parameters = {
            "site": site,
            "today": today,
            "now": now,
            "limit": limit,
            "after": after,
            "vins": None if vins is None else list(vins),
        }
        return cursor.execute(_RIPE, parameters).fetchall()


def insert_reminders(
    connection: Connection[Any], raised: Sequence[tuple[Ripe, str | None, str]], now: datetime
) -> list[int | None]:
    """Raise reminders, each with its channel and state; None for a due that was raised already."""
    cursor = connection.cursor()
    cursor.executemany(
        _RAISE,
        [
            (
                ripe.vin, ripe.plan, ripe.item, ripe.cycle, ripe.site, ripe.customer_ref, ripe.advisor,
                ripe.km, ripe.due_km, ripe.due_on, ripe.projected_on, now, state, channel, now,
            )
            for ripe, channel, state in raised
        ],
        returning=True,
    )  # fmt: skip
    return [row[0] if (row := each.fetchone()) else None for each in cursor.results()] if raised else []


def count_notices(connection: Connection[Any], told: Mapping[int, str], now: datetime) -> None:
    """Remember by which channel people are told of reminders that were raised before."""
    connection.execute(
        "update service_reminder as reminder set notices = notices + 1, noticed_at = %s,"
        " channel = coalesce(reminder.channel, told.channel),"
        " state = case state when 'withheld' then 'raised' else state end"
        " from unnest(%s::bigint[], %s::text[]) as told (id, channel) where reminder.id = told.id",
        (now, list(told), list(told.values())),
    )


def read_worth(
    connection: Connection[Any], site: str, customers: Sequence[str], now: datetime
) -> Mapping[str, float]:
    """Return the hours that customers of a site bought within two years."""
    rows = connection.execute(_WORTH, {"site": site, "customers": list(customers), "now": now})
    return {customer: hours or 0.0 for customer, hours in rows}


def read_consent(connection: Connection[Any], site: str, customers: Sequence[str]) -> Mapping[str, bool]:
    """Return the newest word of customers about being written to, of those who said one."""
    rows = connection.execute(
        "select distinct on (customer_ref) customer_ref, allowed from customer_consent"
        " where site = %s and customer_ref = any(%s) order by customer_ref, at desc",
        (site, list(customers)),
    )
    return dict(rows.fetchall())
