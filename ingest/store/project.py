"""Projection: work orders and their intervals, reckoned anew from all of their events.

Runs inside the batch's transaction, under a lock on every touched site, so several ingest
processes and any order of arrival end in the same rows. The rules are pure functions in
`models.domain`; this module only reads events and writes what is derived from them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from psycopg import Connection, sql

from ingest.store.bays import SiteStay, find_neighbours, read_stays, replace_stays
from ingest.store.orders import OrderKey, OrderNews, write_orders
from ingest.store.unprojected import Attempts, read_listed, strike_off
from models.domain.intervals import Interval, Scan
from models.domain.repairs import Limits, list_stays, reckon_repaired, share_bays
from models.domain.work_order import Change, fold_changes, judge_standing
from models.locks import Lock, hold_all
from models.rollups.marks import mark_orders

# Work orders with new events: (site, work_order) -> earliest event time, newest receive time.
Touched = dict[OrderKey, tuple[datetime, datetime]]

# Scans are looked for this far before the earliest known one, so that TimescaleDB need not open every chunk.
_MARGIN = timedelta(days=2)
# No message about this work order: what is known of it changed through another one's.
_NEVER = datetime.min.replace(tzinfo=UTC)

_OF_INTERVAL = ("entered_at", "left_at", "stage", "bay", "technician", "operation", "reason", "rule")
INTERVAL_COLUMNS = ("position", *_OF_INTERVAL, "inferred")
_list_values = attrgetter(*_OF_INTERVAL)


@dataclass(slots=True)
class _Events:
    """Everything stored of one work order."""

    intervals: list[Interval] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def outlived_scans(self) -> bool:
        """Say whether scans of this order were dropped for their age; its intervals then stay as they are."""
        if not self.intervals:
            return False
        return not self.scans or min(scan.at for scan in self.scans) > self.intervals[0].entered_at

    def reckon(self, end_stages: AbstractSet[str], limits: Limits) -> list[Interval]:
        """Reckon the intervals by this order's own scans, while they are all there."""
        return self.intervals if self.outlived_scans else reckon_repaired(self.scans, end_stages, limits)


def project_work_orders(
    connection: Connection, touched: Touched, end_stages: AbstractSet[str], limits: Limits
) -> set[OrderKey]:
    """Bring everything derived of the touched work orders up to date, and return which have changed.

    A scan into a bay may also change what is derived of the cars before and after it in that bay. Raises
    ProjectionError for an order that fails and is not listed as failing; one that is listed stays as it is.
    """
    if not touched:
        return set()
    sites = {site for site, _ in touched}
    _lock_sites(connection, sites)
    attempts = Attempts(read_listed(connection, sites))
    events = _read_events(connection, {key: earliest for key, (earliest, _) in touched.items()})
    alone = attempts.compute(touched, lambda key: events[key].reckon(end_stages, limits))
    old, new = read_stays(connection, alone), _list_stays(alone)
    if old != new:
        beside = replace_stays(connection, old - new, new - old)
        others = _read_events(connection, {key: at for key, at in beside.items() if key not in touched})
        alone |= attempts.compute(others, lambda key: others[key].reckon(end_stages, limits))
        events |= others
    near = find_neighbours(connection, _list_stays(alone))

    def share(key: OrderKey) -> list[Interval]:
        if events[key].outlived_scans:
            return events[key].intervals
        return share_bays(key[1], alone[key], near.get(key[0], {}))

    repaired = attempts.compute(alone, share)
    changed = [
        key for key, intervals in repaired.items() if key in touched or intervals != events[key].intervals
    ]

    def take_in(key: OrderKey) -> OrderNews:
        facts = fold_changes(events[key].changes)
        standing = judge_standing(facts, repaired[key], end_stages)
        return OrderNews(facts, standing, touched[key][1] if key in touched else _NEVER)

    news = attempts.compute(changed, take_in)
    _write(connection, events, repaired, news)
    strike_off(connection, attempts.find_mended(touched))
    return set(news)


def _write(
    connection: Connection,
    events: Mapping[OrderKey, _Events],
    repaired: Mapping[OrderKey, list[Interval]],
    news: Mapping[OrderKey, OrderNews],
) -> None:
    _write_intervals(
        connection, {key: repaired[key] for key in news if repaired[key] != events[key].intervals}
    )
    write_orders(connection, news)
    mark_orders(connection, {key: _span(events[key], repaired[key]) for key in news})


def _span(events: _Events, repaired: Sequence[Interval]) -> tuple[datetime, datetime]:
    """Return the earliest and the latest instant that anything derived of an order was or is about."""
    instants = [change.at for change in events.changes]
    for interval in (*events.intervals, *repaired):
        instants += (interval.entered_at, interval.left_at or interval.entered_at)
    return min(instants), max(instants)


def _lock_sites(connection: Connection, sites: Collection[str]) -> None:
    """Let one transaction at a time reckon at a site; locked in one order, so that none deadlock.

    A site, not a work order: through its bays any car may change what is derived of any other.
    """
    hold_all(connection, Lock.SITE, sites)


def _list_stays(orders: Mapping[OrderKey, list[Interval]]) -> set[SiteStay]:
    return {
        (site, stay) for (site, order), intervals in orders.items() for stay in list_stays(order, intervals)
    }


def _read_events(connection: Connection, orders: Mapping[OrderKey, datetime]) -> dict[OrderKey, _Events]:
    """Read everything stored of work orders, each with the time of one of its events."""
    events: defaultdict[OrderKey, _Events] = defaultdict(_Events)
    if not orders:
        return events
    earliest = min(orders.values())
    for site, order, *values in _read(connection, "stage_interval", _OF_INTERVAL, orders, "position"):
        interval = Interval(*values)
        events[site, order].intervals.append(interval)
        earliest = min(earliest, interval.entered_at)
    since = earliest - _MARGIN
    scan = ("corrected_at", "device", "event_id", "stage", "bay", "technician", "operation", "reason")
    for site, order, *values in _read(connection, "stage_scan", scan, orders, "at", since):
        events[site, order].scans.append(Scan(*values))
    change = ("corrected_at", "device", "event_id", "change")
    for site, order, *values in _read(connection, "work_order_change", change, orders, "at"):
        events[site, order].changes.append(Change(*values))
    return events


def _read(
    connection: Connection,
    table: str,
    columns: tuple[str, ...],
    orders: Iterable[OrderKey],
    order_by: str,
    since: datetime | None = None,
) -> Iterable[tuple[Any, ...]]:
    names = sql.SQL(", ").join(map(sql.Identifier, ("site", "work_order", *columns)))
    return connection.execute(
        sql.SQL(
            "select {names} from {table} join unnest(%(sites)s::text[], %(orders)s::text[])"
            " as sought (site, work_order) using (site, work_order) {since} order by {order_by}"
        ).format(
            names=names,
            table=sql.Identifier(table),
            order_by=sql.Identifier(order_by),
            since=sql.SQL("where at >= %(since)s" if since else ""),
        ),
        {"sites": [site for site, _ in orders], "orders": [order for _, order in orders], "since": since},
    )


def _write_intervals(connection: Connection, orders: Mapping[OrderKey, list[Interval]]) -> None:
    """Replace the intervals of work orders."""
    if not orders:
        return
    connection.execute(
        "delete from stage_interval using unnest(%s::text[], %s::text[]) as moved (of_site, of_order)"
        " where site = of_site and work_order = of_order",
        ([site for site, _ in orders], [order for _, order in orders]),
    )
    columns = ("site", "work_order", *INTERVAL_COLUMNS)
    connection.cursor().executemany(
        sql.SQL("insert into stage_interval ({}) values ({})").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
        ),
        [(*key, *values) for key, intervals in orders.items() for values in interval_values(intervals)],
    )


def interval_values(intervals: Sequence[Interval]) -> list[tuple[Any, ...]]:
    """Return the values of INTERVAL_COLUMNS, oldest interval first."""
    return [
        (position, *_list_values(interval), interval.rule is not None)
        for position, interval in enumerate(intervals)
    ]
