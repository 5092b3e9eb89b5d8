"""What happened at one site in a period: intervals, labour and jobs, for the reckonings in Python.

Owns how many days are read at most: finding bottlenecks and comparing people need every single
interval, so the latest days stand for a longer period.
"""

from datetime import datetime

from psycopg import sql
from psycopg.rows import class_row

from models.analytics.kpis import LabourRow
from models.analytics.significance import JobRow
from models.database.named import read_sql
from models.domain.intervals import IntervalRow
from models.queries.analytics.overview import Connection

BOTTLENECK_DAYS = 10
COMPARED_DAYS = 45


async def read_intervals(
    connection: Connection, site: str, begins_at: datetime, ends_at: datetime
) -> list[IntervalRow]:
    """Read every interval that touches the time between two instants."""
    async with connection.cursor(row_factory=class_row(IntervalRow)) as cursor:
        asked = {"site": site, "begins_at": begins_at, "ends_at": ends_at}
        return await (await cursor.execute(read_sql("queries/analytics/intervals"), asked)).fetchall()


async def read_labour(
    connection: Connection, site: str, begins_at: datetime, ends_at: datetime
) -> list[LabourRow]:
    """Read when technicians were clocked on between two instants."""
    async with connection.cursor(row_factory=class_row(LabourRow)) as cursor:
        asked = {"site": site, "begins_at": begins_at, "ends_at": ends_at}
        return await (await cursor.execute(read_sql("queries/analytics/labour"), asked)).fetchall()


async def read_jobs(
    connection: Connection, site: str, begins_at: datetime, ends_at: datetime
) -> list[JobRow]:
    """Read the part of each technician in each job between two instants."""
    query = sql.SQL(read_sql("queries/analytics/jobs")).format(
        labour=sql.SQL(read_sql("queries/analytics/labour"))
    )
    async with connection.cursor(row_factory=class_row(JobRow)) as cursor:
        asked = {"site": site, "begins_at": begins_at, "ends_at": ends_at}
        return await (await cursor.execute(query, asked)).fetchall()
