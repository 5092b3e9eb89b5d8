"""The wall of a site: read whole, once per change, by the board feed.

Owns the channel on which ingest announces a commit and the one query behind every wall.
Only open work orders are read, through a partial index, so years of history cost nothing.
"""

from datetime import datetime
from importlib.resources import files
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row, scalar_row

from models.domain.board import CarOnBoard, SiteSnapshot

# NOTIFY payload, JSON: {"site", "received_at", "work_orders": [...] or null for too many to name}.
# An empty list says only that the site's devices are alive.
CHANNEL = "bayboard_board"

_BOARD = (files("models.queries") / "board.sql").read_text()
_NEWEST = (files("models.queries") / "board_newest.sql").read_text()


async def read_board(connection: AsyncConnection[Any], site: str) -> SiteSnapshot:
    """Read every open work order of a site."""
    async with connection.cursor(row_factory=class_row(CarOnBoard)) as cursor:
        cars = await (await cursor.execute(_BOARD, {"site": site})).fetchall()
    return SiteSnapshot(site=site, cars=tuple(cars))


async def read_newest(connection: AsyncConnection[Any], site: str) -> datetime | None:
    """Read when the newest message of a site reached us."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        return await (await cursor.execute(_NEWEST, {"site": site})).fetchone()
