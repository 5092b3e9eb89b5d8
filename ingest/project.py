"""Projection: work orders and their intervals, reckoned anew from all of their events.

Runs inside the batch's transaction, under a lock on every touched work order, so several
ingest processes and any order of arrival end in the same rows. The rules are pure functions
in `models.domain`; this module only reads events and writes what is derived from them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection, sql

from models.domain.intervals import Interval, Scan, reckon_intervals
from models.domain.work_order import Change, Facts, Standing, fold_changes, judge_standing


def _placeholders(count: int) -> sql.Composed:
    return sql.SQL(", ").join([sql.Placeholder()] * count)


OrderKey = tuple[str, str]
# Work orders with new events: (site, work_order) -> earliest event time, newest receive time.
Touched = dict[OrderKey, tuple[datetime, datetime]]

# Scans are looked for this far before the earliest known one, so that TimescaleDB need not open every chunk.
_MARGIN = timedelta(days=2)

_ORDER_COLUMNS = (
    "registered", "vin", "plate", "job_type", "advisor",
    "customer_ref", "customer_name", "customer_phone", "customer_waiting",
    "opened_at", "first_promised_at", "promised_at", "closed_at", "cancelled",
    "stage", "stage_entered_at", "bay", "technician", "operation", "reason", "updated_at",
)  # fmt: skip
_INTERVAL_COLUMNS = ("entered_at", "left_at", "stage", "bay", "technician", "operation", "reason")


@dataclass(slots=True)
class _Events:
    """Everything stored of one work order."""

    intervals: list[Interval] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def project_work_orders(connection: Connection, touched: Touched, end_stages: frozenset[str]) -> None:
    """Bring everything derived of the touched work orders up to date."""
    if not touched:
        return
    _lock(connection, touched)
    orders: list[tuple[Any, ...]] = []
    vehicles: dict[str, tuple[Any, ...]] = {}
    for key, events in _read_events(connection, touched).items():
        intervals = reckon_intervals(events.scans, end_stages)
        if intervals != events.intervals:
            _write_intervals(connection, key, intervals)
        facts = fold_changes(events.changes)
        standing = judge_standing(facts, intervals, end_stages)
        orders.append((*key, *_order_values(facts, standing, touched[key][1])))
        if facts.registered:
            _write_lists(connection, key, facts)
        if facts.vehicle.get("vin") and facts.vehicle_as_of:
            vehicles[facts.vehicle["vin"]] = _vehicle_values(facts)
    _write_orders(connection, orders)
    for _, values in sorted(vehicles.items()):
        connection.execute(_UPSERT_VEHICLE, values)


def _lock(connection: Connection, touched: Touched) -> None:
    """Lock the work orders, making those nobody has announced; in one order, so that none deadlock."""
    keys = sorted(touched)
    parameters = ([site for site, _ in keys], [order for _, order in keys], [touched[key][1] for key in keys])
    connection.execute(
        "insert into work_order (site, work_order, registered, cancelled, updated_at)"
        " select site, work_order, false, false, received_at"
        " from unnest(%s::text[], %s::text[], %s::timestamptz[]) as touched (site, work_order, received_at)"
        " order by 1, 2 on conflict do nothing",
        parameters,
    )
    connection.execute(
        "select from work_order join unnest(%s::text[], %s::text[]) as touched (site, work_order)"
        " using (site, work_order) order by site, work_order for update of work_order",
        parameters[:2],
    )


def _read_events(connection: Connection, touched: Touched) -> dict[OrderKey, _Events]:
    events: defaultdict[OrderKey, _Events] = defaultdict(_Events)
    earliest = min(at for at, _ in touched.values())
    for site, order, *values in _read(connection, "stage_interval", _INTERVAL_COLUMNS, touched, "position"):
        interval = Interval(*values)
        events[site, order].intervals.append(interval)
        earliest = min(earliest, interval.entered_at)
    since = earliest - _MARGIN
    scan = ("corrected_at", "device", "event_id", "stage", "bay", "technician", "operation", "reason")
    for site, order, *values in _read(connection, "stage_scan", scan, touched, "at", since):
        events[site, order].scans.append(Scan(*values))
    change = ("corrected_at", "device", "event_id", "change")
    for site, order, *values in _read(connection, "work_order_change", change, touched, "at"):
        events[site, order].changes.append(Change(*values))
    return events


def _read(
    connection: Connection,
    table: str,
    columns: tuple[str, ...],
    touched: Touched,
    order_by: str,
    since: datetime | None = None,
) -> Iterable[tuple[Any, ...]]:
    names = sql.SQL(", ").join(map(sql.Identifier, ("site", "work_order", *columns)))
    return connection.execute(
        sql.SQL(
            "select {names} from {table} join unnest(%(sites)s::text[], %(orders)s::text[])"
            " as touched (site, work_order) using (site, work_order) {since} order by {order_by}"
        ).format(
            names=names,
            table=sql.Identifier(table),
            order_by=sql.Identifier(order_by),
            since=sql.SQL("where at >= %(since)s" if since else ""),
        ),
        {"sites": [site for site, _ in touched], "orders": [order for _, order in touched], "since": since},
    )


def _write_intervals(connection: Connection, key: OrderKey, intervals: list[Interval]) -> None:
    connection.execute("delete from stage_interval where site = %s and work_order = %s", key)
    names = sql.SQL(", ").join(map(sql.Identifier, _INTERVAL_COLUMNS))
    connection.cursor().executemany(
        sql.SQL(
            "insert into stage_interval (site, work_order, position, {}, inferred) values ({}, false)"
        ).format(names, _placeholders(3 + len(_INTERVAL_COLUMNS))),
        [(*key, position, *astuple(interval)) for position, interval in enumerate(intervals)],
    )


def _order_values(facts: Facts, standing: Standing, updated_at: datetime) -> tuple[Any, ...]:
    """Return the values of _ORDER_COLUMNS."""
    current = standing.current
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
        updated_at,
    )


def _write_orders(connection: Connection, orders: list[tuple[Any, ...]]) -> None:
    # The last column only ever grows.
    assignments = sql.SQL(", ").join(
        sql.SQL("{column} = %s").format(column=sql.Identifier(column)) for column in _ORDER_COLUMNS[:-1]
    )
    connection.cursor().executemany(
        sql.SQL(
            "update work_order set {}, updated_at = greatest(updated_at, %s)"
            " where site = %s and work_order = %s"
        ).format(assignments),
        [(*values, site, order) for site, order, *values in orders],
    )


def _write_lists(connection: Connection, key: OrderKey, facts: Facts) -> None:
    lines = [
        (*key, position, line["job"], line.get("operation"), line.get("hours"))
        for position, line in enumerate(facts.order.get("lines", ()))
    ]
    parts = [
        (
            *key,
            position,
            part["part"],
            part.get("description"),
            part.get("quantity", 1),
            part.get("status"),
            part.get("eta"),
        )
        for position, part in enumerate(facts.order.get("parts", ()))
    ]
    for table, rows in (("work_order_line", lines), ("work_order_part", parts)):
        name = sql.Identifier(table)
        connection.execute(sql.SQL("delete from {} where site = %s and work_order = %s").format(name), key)
        if rows:
            connection.cursor().executemany(
                sql.SQL("insert into {} values ({})").format(name, _placeholders(len(rows[0]))), rows
            )


def _vehicle_values(facts: Facts) -> tuple[Any, ...]:
    vehicle = facts.vehicle
    return (vehicle["vin"], *(vehicle.get(name) for name in _VEHICLE_COLUMNS), facts.vehicle_as_of)


_VEHICLE_COLUMNS = ("plate", "make", "model", "year", "powertrain", "in_service_on")
# An older description fills only what a newer one left open.
_UPSERT_VEHICLE = sql.SQL(
    "insert into vehicle as known (vin, {names}, as_of) values (%s, {values}, %s)"
    " on conflict (vin) do update set as_of = greatest(excluded.as_of, known.as_of), {newest}"
).format(
    names=sql.SQL(", ").join(map(sql.Identifier, _VEHICLE_COLUMNS)),
    values=_placeholders(len(_VEHICLE_COLUMNS)),
    newest=sql.SQL(", ").join(
        sql.SQL(
            "{name} = case when excluded.as_of >= known.as_of"
            " then coalesce(excluded.{name}, known.{name}) else coalesce(known.{name}, excluded.{name}) end"
        ).format(name=sql.Identifier(name))
        for name in _VEHICLE_COLUMNS
    ),
)
