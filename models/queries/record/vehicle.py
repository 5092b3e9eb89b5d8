"""Everything of one vehicle, and finding it by its plate or VIN.

Owns these look-ups and how much of a long history they read: the newest, at most so many of each. Whoever may
see some sites only learns of the visits, codes, readings and reminders of those, and of no other vehicle.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import class_row, tuple_row

from models.analytics.record.vehicle import (
    DayMileage,
    DueItem,
    FoundCode,
    MileageCorrection,
    RaisedReminder,
    RefusedReading,
    StageSpan,
    ToldMessage,
    VehicleHead,
    VehicleHit,
    VehiclePart,
    VehicleRecord,
    VehicleVisit,
    drive_really,
)
from models.database.named import read_sql
from models.domain.names import canonical_name, canonical_vin
from models.domain.notes import NotedMessage

Connection = AsyncConnection[Any]
Sites = Sequence[str] | None
_Row = TypeVar("_Row")

MOST_VISITS, MOST_HITS = 200, 20
# Days of the mileage chart; five years and a little.
_MOST_DAYS = 2000
_MOST_ROWS = 500
# So many vehicles that match are looked at for the newest of them.
_LOOKED_AT = 500
_LEAST_TYPED = 3


_HEAD = read_sql("queries/record/vehicle")
_VISITS = read_sql("queries/record/visits")
_SEARCH = read_sql("queries/record/search")
_SPANS: LiteralString = """
select site, work_order, stage, entered_at, left_at
from unnest(%(visit_sites)s::text[], %(visit_orders)s::text[]) as visit (site, work_order)
join stage_interval using (site, work_order) order by site, work_order, position
"""
_CODES: LiteralString = """
select site, (corrected_at at time zone coalesce(timezone, 'UTC'))::date as day, code,
    (array_agg(status order by array_position(array['permanent', 'confirmed', 'pending'], status)))[1]
        as status
from trouble_code join diagnostic_report using (site, device, event_id, at)
    left join workshop_site using (site)
where trouble_code.vin = %(vin)s and (%(sites)s::text[] is null or site = any(%(sites)s))
group by site, day, code order by day desc, code limit %(most)s
"""
_MILEAGE: LiteralString = """
select day, max(most_km) as km from mileage_day
where vin = %(vin)s and (%(sites)s::text[] is null or site = any(%(sites)s))
group by day order by day desc limit %(days)s
"""
_REFUSED: LiteralString = """
select corrected_at as at, km, device, reason from odometer_reading
where vin = %(vin)s and (%(sites)s::text[] is null or site = any(%(sites)s)) and trusted is false
order by at desc limit %(most)s
"""
_CORRECTIONS: LiteralString = """
select at, km, shown_km, corrected_by from odometer_correction where vin = %(vin)s
    and (%(sites)s::text[] is null or exists (
        select from vehicle_service as owner, unnest(%(sites)s::text[]) as seen
        where owner.vin = %(vin)s and are_one(seen, owner.site)
    ))
order by at desc
"""
_DUE: LiteralString = """
select
    item, plan, state, done_on, done_km, done_by, due_km, due_on,
    projected_on, projected_from, projected_to
from service_due where vin = %(vin)s
    and (%(sites)s::text[] is null or exists (
        select from vehicle_service as owner, unnest(%(sites)s::text[]) as seen
        where owner.vin = %(vin)s and are_one(seen, owner.site)
    ))
order by projected_on nulls last, item
"""
_PARTS: LiteralString = """
select site, work_order, part, description, quantity, status, opened_at
from unnest(%(visit_sites)s::text[], %(visit_orders)s::text[]) as visit (site, work_order)
join work_order_part using (site, work_order) join work_order using (site, work_order)
order by opened_at desc, work_order, position limit %(most)s
"""
_REMINDERS: LiteralString = """
select site, item, plan, state, channel, notices, raised_at, due_km, due_on, closed_at, closed_by
from service_reminder
where vin = %(vin)s and (%(sites)s::text[] is null or site = any(%(sites)s))
order by raised_at desc limit %(most)s
"""
_MESSAGES: LiteralString = """
select site, created_at, template, recipient_role, channel, state, attempts, settled_at
from outbox_message
where vin = %(vin)s and (%(sites)s::text[] is null or site = any(%(sites)s))
order by created_at desc limit %(most)s
"""

_NOTED: LiteralString = """
select received_at, device, notes from (
    select vin, site, received_at, device, notes from diagnostic_report where notes is not null
    union all select vin, site, received_at, device, notes from odometer_reading where notes is not null
) as message
where vin = %(vin)s and (%(sites)s::text[] is null or site = any(%(sites)s))
order by received_at desc limit 100
"""


async def read_vehicle(connection: Connection, vin: str, sites: Sites) -> VehicleRecord | None:
    """Read everything of a vehicle that somebody of these sites may see; None where that is nothing.

    Its number may be written in any spelling.
    """
    record = await _read_vehicle(connection, vin, sites)
    canonical = canonical_vin(vin)
    return record if record or canonical in (None, vin) else await _read_vehicle(connection, canonical, sites)


async def _read_vehicle(connection: Connection, vin: str, sites: Sites) -> VehicleRecord | None:
    asked: dict[str, object] = {
        "vin": vin,
        "sites": None if sites is None else list(sites),
        "most": _MOST_ROWS,
        "days": _MOST_DAYS,
    }
    heads = await _read(connection, VehicleHead, _HEAD, asked)
    if not heads:
        return None
    visits = await _read(connection, VehicleVisit, _VISITS, asked | {"most": MOST_VISITS})
    asked["visit_sites"] = [visit.site for visit in visits]
    asked["visit_orders"] = [visit.work_order for visit in visits]
    corrections = await _read(connection, MileageCorrection, _CORRECTIONS, asked)
    shown = await _read(connection, DayMileage, _MILEAGE, asked)
    return VehicleRecord(
        head=heads[0],
        visits=await _add_spans(connection, visits, asked),
        codes=await _read(connection, FoundCode, _CODES, asked),
        mileage=drive_really(shown, corrections),
        refused=await _read(connection, RefusedReading, _REFUSED, asked),
        corrections=corrections,
        due=await _read(connection, DueItem, _DUE, asked),
        parts=await _read(connection, VehiclePart, _PARTS, asked),
        reminders=await _read(connection, RaisedReminder, _REMINDERS, asked),
        messages=await _read(connection, ToldMessage, _MESSAGES, asked),
        noted=await _read(connection, NotedMessage, _NOTED, asked),
    )


async def find_vehicles(connection: Connection, typed: str, sites: Sites) -> list[VehicleHit]:
    """Find vehicles by a part of their plate or VIN; what is too short finds none.

    Separators do not count. Every vehicle is looked at, which takes a second for some millions.
    """
    typed = canonical_name(typed) or ""
    bare = "".join(sign for sign in typed.upper() if sign.isalnum())
    if len(bare) < _LEAST_TYPED:
        return []
    asked: dict[str, object] = {
        "bare": f"%{bare}%",
        "loose": f"%{_loosen(typed)}%",
        "sites": None if sites is None else list(sites),
        "looked_at": _LOOKED_AT,
        "most": MOST_HITS,
    }
    return await _read(connection, VehicleHit, _SEARCH, asked)


def _loosen(typed: str) -> str:
    """Return a pattern that allows for a separator wherever plates have one: 沪A12345 is also 沪A·12345."""
    parts = re.findall(r"[一-鿿][A-Z]|[A-Z]+|[0-9]+|[^\W_]+", typed.upper())
    return "%".join(parts)


async def _add_spans(
    connection: Connection, visits: Sequence[VehicleVisit], asked: dict[str, object]
) -> list[VehicleVisit]:
    spans: defaultdict[tuple[str, str], list[StageSpan]] = defaultdict(list)
    async with connection.cursor(row_factory=tuple_row) as cursor:
        for site, work_order, *span in await (await cursor.execute(_SPANS, asked)).fetchall():
            spans[site, work_order].append(StageSpan(*span))
    return [replace(visit, spans=spans[visit.site, visit.work_order]) for visit in visits]


async def _read(
    connection: Connection, row: type[_Row], query: LiteralString, asked: dict[str, object]
) -> list[_Row]:
    async with connection.cursor(row_factory=class_row(row)) as cursor:
        return await (await cursor.execute(query, asked)).fetchall()
