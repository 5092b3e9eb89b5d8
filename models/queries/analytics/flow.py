"""The flow through sites: what reached each stage hour by hour, and the cars that are here by their age.

Owns how far back it looks: a picture of the flow is of the latest days, and usual ages are learned from
the latest orders.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from psycopg.rows import class_row, tuple_row

from models.analytics.pictures import CarHere
from models.analytics.selection import Selection
from models.database.named import read_sql
from models.queries.analytics.overview import Connection

# The flow is of at most so many days, and of at most so many sites.
FLOW_DAYS, MOST_FLOW_SITES = 7, 5
# Usual ages are learned from at most so many days, over all sites.
AGE_SITE_DAYS = 400
MOST_CARS = 500


async def read_flow(
    connection: Connection, selection: Selection, flow: Sequence[str], now: datetime
) -> tuple[list[datetime], Mapping[str, list[int]]]:
    """Read, for each hour of the sites' own clocks, how many orders have reached each stage.

    Orders that were gone before are left out; hours to come, by `now` on that clock, are none.
    """
    latest = selection.latest(FLOW_DAYS * len(selection.sites))
    begin = datetime.combine(latest.since, time())
    hours = [begin + timedelta(hours=n) for n in range(latest.days * 24)]
    hours = [hour for hour in hours if hour <= now.replace(tzinfo=None)]
    async with connection.cursor(row_factory=tuple_row) as cursor:
        rows = await (
            await cursor.execute(read_sql("queries/analytics/cumulative_flow"), latest.query())
        ).fetchall()
    new: defaultdict[int, dict[datetime | None, int]] = defaultdict(dict)
    for hour, place, orders in rows:
        new[place][hour] = orders
    counts = {}
    for place, stage in enumerate(flow):
        total = new[place].get(None, 0)
        counts[stage] = [total := total + new[place].get(hour, 0) for hour in hours]
    return hours, counts


async def read_usual_ages(connection: Connection, selection: Selection) -> dict[str | None, float]:
    """Read the P85 of the cycle time of each job type."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        asked = selection.latest(AGE_SITE_DAYS).query()
        return dict(await (await cursor.execute(read_sql("queries/analytics/usual_ages"), asked)).fetchall())


async def read_cars_here(connection: Connection, selection: Selection) -> list[CarHere]:
    """Read the cars that are here now, the oldest first."""
    async with connection.cursor(row_factory=class_row(CarHere)) as cursor:
        asked = selection.query() | {"most": MOST_CARS}
        return await (await cursor.execute(read_sql("queries/analytics/open_orders"), asked)).fetchall()
