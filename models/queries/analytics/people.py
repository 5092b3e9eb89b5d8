"""What each technician and each bay did in a period, read from the rollups."""

from datetime import datetime

from psycopg.rows import tuple_row

from models.analytics.people import BayFigures, TechnicianFigures
from models.analytics.selection import Selection
from models.database.named import read_sql
from models.queries.analytics.overview import Connection, compose_bay_query


async def read_technicians(
    connection: Connection, selection: Selection
) -> list[tuple[str, TechnicianFigures]]:
    """Read the figures of every technician, each with the site."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        rows = await (
            await cursor.execute(read_sql("queries/analytics/technicians"), selection.query())
        ).fetchall()
    return [
        (site, TechnicianFigures(technician, sold, clocked, attended))
        for site, technician, clocked, sold, attended in rows
    ]


async def read_bays(
    connection: Connection, selection: Selection, now: datetime
) -> list[tuple[str, BayFigures]]:
    """Read the figures of every bay, each with the site."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        asked = selection.query() | {"now": now}
        rows = await (await cursor.execute(compose_bay_query("queries/analytics/bays"), asked)).fetchall()
    return [(site, BayFigures(*figures)) for site, *figures in rows]
