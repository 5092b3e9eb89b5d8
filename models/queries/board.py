"""The board of a site: read whole, once per change, by the board feed.

Owns the channel on which ingest announces a commit and the one query behind every screen.
Only open work orders are read, through a partial index, so years of history cost nothing.
"""

from importlib.resources import files
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row, tuple_row

from models.domain.board import CarOnBoard, SiteSnapshot

# NOTIFY payload, JSON: {"site", "received_at", "work_orders": [...] or null for too many to name}.
# An empty list says only that the site's devices are alive.
CHANNEL = "bayboard_board"

_BOARD = (files("models.queries") / "board.sql").read_text()
_NEWEST = (files("models.queries") / "board_newest.sql").read_text()


async def read_board(connection: AsyncConnection[Any], site: str) -> SiteSnapshot:
    """Read every open work order of a site and when its newest message came."""
    async with connection.cursor(row_factory=class_row(CarOnBoard)) as cursor:
        cars = await (await cursor.execute(_BOARD, {"site": site})).fetchall()
    async with connection.cursor(row_factory=tuple_row) as cursor:
        newest = await (await cursor.execute(_NEWEST, {"site": site})).fetchone()
    return SiteSnapshot(site=site, cars=tuple(cars), received_at=newest[0] if newest else None)
