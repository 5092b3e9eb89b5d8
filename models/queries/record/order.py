"""Everything of one work order, read by its key, so that years of history cost nothing.

Owns these look-ups. Events are looked for from two days before the order began, since a device's own clock
may be off by a day.
"""

from datetime import datetime, timedelta
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import class_row, scalar_row

from models.analytics.record.order import (
    ClockRow,
    CodeRow,
    LineRow,
    OrderHead,
    OrderRecord,
    PartsWord,
    ScanRow,
    StageBar,
    follow_parts,
    pair_labour,
)
from models.database.named import read_sql
from models.domain.names import list_spellings
from models.domain.notes import NotedMessage

Connection = AsyncConnection[Any]
_Row = TypeVar("_Row")
_CLOCKS_MAY_DIFFER = timedelta(days=2)

_HEAD = read_sql("queries/record/order")
_CODES = read_sql("queries/record/codes")
_STAGES: LiteralString = """
select stage, bay, technician, operation, reason, entered_at, left_at, rule
from stage_interval where site = %(site)s and work_order = %(work_order)s order by position
"""
_SCANS: LiteralString = """
select at, corrected_at, received_at, device, event_id, stage, bay, technician, operation, reason
from stage_scan where site = %(site)s and work_order = %(work_order)s and at >= %(from)s
order by corrected_at, device, event_id
"""
_CLOCKED: LiteralString = """
select corrected_at as at, job, technician, bay, action
from labour_scan where site = %(site)s and work_order = %(work_order)s and at >= %(from)s
"""
_PARTS: LiteralString = """
select corrected_at as at, change -> 'parts' as parts
from work_order_change
where site = %(site)s and work_order = %(work_order)s and jsonb_typeof(change -> 'parts') = 'array'
"""
_ANNOUNCED: LiteralString = """
select min(received_at) from work_order_change where site = %(site)s and work_order = %(work_order)s
"""
_NOTED: LiteralString = """
select received_at, device, notes from (
    select site, work_order, at, received_at, device, notes from stage_scan
    union all select site, work_order, at, received_at, device, notes from labour_scan
    union all select site, work_order, at, received_at, device, notes from work_order_change
) as message
where site = %(site)s and work_order = %(work_order)s and at >= %(from)s and notes is not null
order by received_at desc limit 100
"""
_LINES: LiteralString = """
select job, operation, hours
from work_order_line where site = %(site)s and work_order = %(work_order)s order by position
"""


async def read_order(connection: Connection, site: str, work_order: str, now: datetime) -> OrderRecord | None:
    """Read everything of an order, its number written in any spelling; None if there is no such order."""
    for spelled in list_spellings(work_order):
        asked: dict[str, object] = {"site": site, "work_order": spelled}
        if heads := await _read(connection, OrderHead, _HEAD, asked):
            break
    else:
        return None
    head = heads[0]
    stages = await _read(connection, StageBar, _STAGES, asked)
    began_at = OrderRecord(head, stages=stages).began_at or now
    asked |= {"from": began_at - _CLOCKS_MAY_DIFFER}
    codes: list[CodeRow] = []
    if head.vin:
        visit = {"vin": head.vin, "since": began_at, "until": head.closed_at or now}
        codes = await _read(connection, CodeRow, _CODES, asked | visit)
    clocked = await _read(connection, ClockRow, _CLOCKED, asked)
    async with connection.cursor(row_factory=scalar_row) as cursor:
        announced_at = await (await cursor.execute(_ANNOUNCED, asked)).fetchone()
    return OrderRecord(
        head,
        announced_at,
        stages,
        await _read(connection, ScanRow, _SCANS, asked),
        pair_labour(clocked, is_open=head.closed_at is None, now=now),
        follow_parts(await _read(connection, PartsWord, _PARTS, asked)),
        codes,
        await _read(connection, LineRow, _LINES, asked),
        await _read(connection, NotedMessage, _NOTED, asked),
    )


async def _read(
    connection: Connection, row: type[_Row], query: LiteralString, asked: dict[str, object]
) -> list[_Row]:
    async with connection.cursor(row_factory=class_row(row)) as cursor:
        return await (await cursor.execute(query, asked)).fetchall()
