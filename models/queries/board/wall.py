"""The wall of a site: read whole, once per change, by the board feed.

Owns the channel on which ingest announces a commit and the queries behind every wall. Only
open work orders and the day's intervals are read, through indexes, so years of history cost nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import class_row, scalar_row, tuple_row

from models.database.named import read_sql
from models.domain.board.wall import CarOnBoard, DeviceOnBoard, SiteSnapshot
from models.domain.intervals import IntervalRow

# A device that said nothing for longer is no longer in use, not silent.
_IN_USE = timedelta(days=7)

_Row = TypeVar("_Row")


_CARS = read_sql("queries/board/cars")
_STAYS = read_sql("queries/board/stays")
_DAY = read_sql("queries/board/day")
_DEVICES = read_sql("queries/board/devices")
_NEWEST = read_sql("queries/board/newest")


async def read_board(
    connection: AsyncConnection[Any], site: str, now: datetime, day_began_at: datetime
) -> SiteSnapshot:
    """Read the cars of a site, and what its day has seen since it began."""
    day = {"site": site, "since": day_began_at}
    snapshot = SiteSnapshot(
        site=site,
        read_at=now,
        cars=await _read(connection, _CARS, CarOnBoard, day),
        stays=await _read(connection, _STAYS, IntervalRow, day),
        devices=await _read(connection, _DEVICES, DeviceOnBoard, {"site": site, "since": now - _IN_USE}),
    )
    async with connection.cursor(row_factory=tuple_row) as cursor:
        counted = await (await cursor.execute(_DAY, day)).fetchone()
    return replace(snapshot, came_in=counted[0], went_out=counted[1]) if counted else snapshot


async def read_newest(connection: AsyncConnection[Any], site: str) -> datetime | None:
    """Read when the newest message of a site reached us."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        return await (await cursor.execute(_NEWEST, {"site": site})).fetchone()


async def _read(
    connection: AsyncConnection[Any], query: str, row: type[_Row], values: Mapping[str, object]
) -> tuple[_Row, ...]:
    async with connection.cursor(row_factory=class_row(row)) as cursor:
        return tuple(await (await cursor.execute(query, values)).fetchall())
