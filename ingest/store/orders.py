"""What is derived of a work order beside its intervals: its facts, lines, parts and vehicle.

Owns the columns of those tables and how they are written. What the facts are is decided in
`models.domain.work_order`. Every caller holds the lock on the sites.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection, sql

from models.domain.work_order import Facts, Standing

OrderKey = tuple[str, str]
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class OrderNews:
    """What is now known of a work order, and when the newest message about it reached us."""

    facts: Facts
    standing: Standing
    updated_at: datetime


def write_orders(connection: Connection, news: Mapping[OrderKey, OrderNews]) -> None:
    """Write work orders with their lists, and the vehicles they describe."""
    connection.cursor().executemany(_UPSERT_ORDER, [(*key, *order_values(news[key])) for key in sorted(news)])
    registered = {key: news[key].facts for key in sorted(news) if news[key].facts.registered}
    _write_list(connection, "work_order_line", registered, list_lines)
    _write_list(connection, "work_order_part", registered, list_parts)
    write_vehicles(connection, ((site, facts) for (site, _), facts in registered.items()))


def write_vehicles(connection: Connection, described: Iterable[tuple[str, Facts]]) -> None:
    """Write the vehicles that work orders describe: the newest description of each, and of each site."""
    # In one order, so that two processes do not wait for each other; the oldest description first.
    vehicles = [(site, *_vehicle_values(facts)) for site, facts in described if facts.vehicle.get("vin")]
    vehicles.sort(key=lambda values: (values[1], values[-1], values[0]))
    connection.cursor().executemany(_UPSERT_VEHICLE, [values[1:] for values in vehicles])
    connection.cursor().executemany(_UPSERT_SITE_VEHICLE, vehicles)


def order_values(news: OrderNews) -> Row:
    """Return the values of ORDER_COLUMNS."""
    facts, standing, current = news.facts, news.standing, news.standing.current
    vehicle, customer = facts.vehicle, facts.customer
    return (
        facts.registered,
        vehicle.get("vin"),
        vehicle.get("plate"),
        facts.order.get("job_type"),
        facts.order.get("advisor"),
        customer.get("ref"),
        customer.get("name"),
        customer.get("phone"),
        customer.get("waiting"),
        standing.opened_at,
        facts.first_promised_at,
        facts.promised_at,
        standing.closed_at,
        facts.cancelled_at is not None,
        current.stage if current else None,
        standing.stage_entered_at,
        current.bay if current else None,
        current.technician if current else None,
        current.operation if current else None,
        current.reason if current else None,
        news.updated_at,
    )


def list_lines(facts: Facts) -> list[Row]:
    """Return job, operation and hours of every line."""
    return [(line["job"], line.get("operation"), line.get("hours")) for line in facts.order.get("lines", ())]


def list_parts(facts: Facts) -> list[Row]:
    """Return part, description, quantity, status and, as text, the time of arrival of every part."""
    return [
        (
            part["part"],
            part.get("description"),
            part.get("quantity", 1),
            part.get("status"),
            part.get("eta"),
        )
        for part in facts.order.get("parts", ())
    ]


def _write_list(
    connection: Connection, table: str, orders: Mapping[OrderKey, Facts], items: Callable[[Facts], list[Row]]
) -> None:
    """Replace what a table holds of work orders by what they list now."""
    connection.execute(
        sql.SQL(
            "delete from {} using unnest(%s::text[], %s::text[]) as listed (of_site, of_order)"
            " where site = of_site and work_order = of_order"
        ).format(sql.Identifier(table)),
        ([site for site, _ in orders], [order for _, order in orders]),
    )
    rows = [
        (*key, position, *item) for key, facts in orders.items() for position, item in enumerate(items(facts))
    ]
    if rows:
        connection.cursor().executemany(
            sql.SQL("insert into {} values ({})").format(sql.Identifier(table), _placeholders(len(rows[0]))),
            rows,
        )


def _vehicle_values(facts: Facts) -> Row:
    vehicle = facts.vehicle
    return (vehicle["vin"], *(vehicle.get(name) for name in _VEHICLE_COLUMNS), facts.vehicle_as_of)


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _placeholders(count: int) -> sql.Composed:
    return sql.SQL(", ").join([sql.Placeholder()] * count)


ORDER_COLUMNS = (
    "registered", "vin", "plate", "job_type", "advisor",
    "customer_ref", "customer_name", "customer_phone", "customer_waiting",
    "opened_at", "first_promised_at", "promised_at", "closed_at", "cancelled",
    "stage", "stage_entered_at", "bay", "technician", "operation", "reason", "updated_at",
)  # fmt: skip
_UPSERT_ORDER = sql.SQL(
    "insert into work_order as known (site, work_order, {names}) values (%s, %s, {values})"
    " on conflict (site, work_order) do update set {news},"
    " updated_at = greatest(known.updated_at, excluded.updated_at)"
).format(
    names=_names(ORDER_COLUMNS),
    values=_placeholders(len(ORDER_COLUMNS)),
    news=sql.SQL(", ").join(
        sql.SQL("{name} = excluded.{name}").format(name=sql.Identifier(name)) for name in ORDER_COLUMNS[:-1]
    ),
)
_VEHICLE_COLUMNS = ("plate", "make", "model", "year", "powertrain", "in_service_on")
# An older description fills only what a newer one left open.
_NEWEST = sql.SQL(", ").join(
    sql.SQL(
        "{name} = case when excluded.as_of >= known.as_of"
        " then coalesce(excluded.{name}, known.{name}) else coalesce(known.{name}, excluded.{name}) end"
    ).format(name=sql.Identifier(name))
    for name in _VEHICLE_COLUMNS
)
_UPSERT_VEHICLE = sql.SQL(
    "insert into vehicle as known (vin, {names}, as_of) values (%s, {values}, %s)"
    " on conflict (vin) do update set as_of = greatest(excluded.as_of, known.as_of), {newest}"
).format(names=_names(_VEHICLE_COLUMNS), values=_placeholders(len(_VEHICLE_COLUMNS)), newest=_NEWEST)
_UPSERT_SITE_VEHICLE = sql.SQL(
    "insert into site_vehicle as known (site, vin, {names}, as_of) values (%s, %s, {values}, %s)"
    " on conflict (site, vin) do update set as_of = greatest(excluded.as_of, known.as_of), {newest}"
).format(names=_names(_VEHICLE_COLUMNS), values=_placeholders(len(_VEHICLE_COLUMNS)), newest=_NEWEST)
