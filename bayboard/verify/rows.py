"""What the database holds of the sites and work orders that a truth tells of.

Owns the reading; what it means is `bayboard.verify.compare`'s. Asks for the truth's own orders and
messages only, so that other runs into the same database do not matter.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import LiteralString

import psycopg
from psycopg import sql

from bayboard.verify.verdict import (
    LabourKey,
    MessageKey,
    OrderKey,
    ReadingKey,
    Stored,
    StoredInterval,
    StoredLabour,
    StoredReading,
)
from simulators.truth.lines import FaultTruth, OdometerTruth, StageTruth, Truth

_INTERVALS: LiteralString = """
select site, work_order, stage, bay, technician, entered_at, left_at, inferred
from stage_interval where site = any(%s) and work_order = any(%s) order by site, work_order, position
"""
_LABOUR: LiteralString = """
select site, work_order, job, technician, corrected_at, action
from labour_scan where site = any(%s) and work_order = any(%s)
order by corrected_at, action, device, event_id
"""
_READINGS: LiteralString = """
select site, device, event_id, vin, at, km, trusted
from odometer_reading where site = any(%s) and event_id = any(%s) order by at
"""
_TABLES = (
    "stage_scan",
    "labour_scan",
    "diagnostic_report",
    "odometer_reading",
    "work_order_change",
)


def read_stored(database_url: str, truth: Iterable[Truth]) -> Stored:
    """Read everything that the truth can be compared with."""
    lines = list(truth)
    sites = sorted({line.site for line in lines})
    orders = sorted({line.work_order for line in lines if isinstance(line, StageTruth)})
    read = sorted({line.id for line in lines if isinstance(line, OdometerTruth)})
    faulty = sorted({line.id for line in lines if isinstance(line, FaultTruth)})
    with psycopg.connect(database_url) as connection:
        return Stored(
            intervals=_read_intervals(connection, sites, orders),
            labour=_read_labour(connection, sites, orders),
            readings=_read_readings(connection, sites, read),
            messages=_read_messages(connection, sites, faulty),
            quarantined=_read_quarantined(connection),
        )


def _read_intervals(
    connection: psycopg.Connection, sites: list[str], orders: list[str]
) -> dict[OrderKey, list[StoredInterval]]:
    intervals: dict[OrderKey, list[StoredInterval]] = defaultdict(list)
    for site, order, *values in connection.execute(_INTERVALS, (sites, orders)):
        intervals[site, order].append(StoredInterval(*values))
    return intervals


def _read_labour(
    connection: psycopg.Connection, sites: list[str], orders: list[str]
) -> dict[LabourKey, list[StoredLabour]]:
    labour: dict[LabourKey, list[StoredLabour]] = defaultdict(list)
    for site, order, job, technician, at, action in connection.execute(_LABOUR, (sites, orders)):
        labour[site, order, job, technician].append(StoredLabour(at, action))
    return labour


def _read_readings(
    connection: psycopg.Connection, sites: list[str], ids: list[str]
) -> dict[ReadingKey, list[StoredReading]]:
    readings: dict[ReadingKey, list[StoredReading]] = defaultdict(list)
    for site, device, event_id, vin, *values in connection.execute(_READINGS, (sites, ids)):
        readings[site, device, event_id, vin].append(StoredReading(*values))
    return readings


def _read_messages(connection: psycopg.Connection, sites: list[str], ids: list[str]) -> frozenset[MessageKey]:
    messages: set[MessageKey] = set()
    for table in _TABLES:
        query = sql.SQL(
            "select site, device, event_id from {} where site = any(%s) and event_id = any(%s)"
        ).format(sql.Identifier(table))
        rows = connection.execute(query, (sites, ids))
        messages.update((site, device, event_id) for site, device, event_id in rows)
    return frozenset(messages)


def _read_quarantined(connection: psycopg.Connection) -> frozenset[str]:
    """Read the digests of all refused messages that were not stored by a replay since."""
    rows = connection.execute("select encode(digest, 'hex') from quarantined_message where stored_at is null")
    return frozenset(digest for (digest,) in rows)
