"""The flow through sites: what reached each stage day by day, and the cars that are here by their age.

Owns how far back it looks: a picture of the flow is of the latest days, and usual ages are learned from
the latest orders.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from psycopg.rows import class_row, tuple_row

from models.analytics.pictures import CarHere
from models.analytics.selection import Selection
from models.queries.analytics_overview import Connection, read_sql

# The flow is of at most so many days, over all sites, and of at most so many sites.
FLOW_SITE_DAYS, MOST_FLOW_SITES = 62, 5
# Usual ages are learned from at most so many days, over all sites.
AGE_SITE_DAYS = 400
MOST_CARS = 500


async def read_flow(
    connection: Connection, selection: Selection, flow: Sequence[str]
) -> tuple[list[date], Mapping[str, list[int]]]:
    """Read, for the end of each day, how many orders have reached each stage; less those gone before."""
    latest = selection.latest(FLOW_SITE_DAYS)
    days = [latest.since + timedelta(days=n) for n in range(latest.days)]
    async with connection.cursor(row_factory=tuple_row) as cursor:
        rows = await (await cursor.execute(read_sql("cumulative_flow"), latest.query())).fetchall()
    new: defaultdict[int, dict[date | None, int]] = defaultdict(dict)
    for day, place, orders in rows:
        new[place][day] = orders
    counts = {}
    for place, stage in enumerate(flow):
        total = new[place].get(None, 0)
        counts[stage] = [total := total + new[place].get(day, 0) for day in days]
    return days, counts


async def read_usual_ages(connection: Connection, selection: Selection) -> dict[str | None, float]:
    """Read the P85 of the cycle time of each job type."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        asked = selection.latest(AGE_SITE_DAYS).query()
        return dict(await (await cursor.execute(read_sql("usual_ages"), asked)).fetchall())


async def read_cars_here(connection: Connection, selection: Selection) -> list[CarHere]:
    """Read the cars that are here now, the oldest first."""
    async with connection.cursor(row_factory=class_row(CarHere)) as cursor:
        asked = selection.query() | {"most": MOST_CARS}
        return await (await cursor.execute(read_sql("open_orders"), asked)).fetchall()
