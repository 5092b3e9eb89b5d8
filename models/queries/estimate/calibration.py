"""How estimates turned out, read for the calibration page: sums alone, never the estimates themselves.

Owns how many days are read at most: over many sites the latest stand for a longer period.
"""

from collections.abc import Mapping
from datetime import datetime, time
from zoneinfo import ZoneInfo

from psycopg.rows import class_row, dict_row

from models.analytics.estimate.outcomes import BINS, Learning, Outcomes, Reached
from models.analytics.selection import Selection
from models.database.named import read_sql
from models.queries.analytics.overview import Connection

# At most so many days are added up, over all sites.
CALIBRATION_SITE_DAYS = 400

# By "all", "job" (type) and "week".
Sums = Mapping[str, list[Outcomes]]
Zones = Mapping[str, ZoneInfo]


async def read_outcomes(connection: Connection, selection: Selection, zones: Zones) -> Sums:
    """Read how the estimates of the orders that became ready in a period turned out."""
    found: dict[str, list[Outcomes]] = {"all": [], "job": [], "week": []}
    async with connection.cursor(row_factory=dict_row) as cursor:
        rows = await (
            await cursor.execute(read_sql("queries/estimate/outcomes"), _ask(selection, zones))
        ).fetchall()
    for row in rows:
        found[row.pop("kind")].append(Outcomes(**row))
    return found


async def read_reliability(connection: Connection, selection: Selection, zones: Zones) -> list[Reached]:
    """Read how often came what was said."""
    asked = _ask(selection, zones) | {"bins": BINS}
    async with connection.cursor(row_factory=class_row(Reached)) as cursor:
        return await (await cursor.execute(read_sql("queries/estimate/reliability"), asked)).fetchall()


async def read_learning(connection: Connection, sites: tuple[str, ...]) -> list[Learning]:
    """Read until when, and from how many orders, each site has learned; those that never did are missing."""
    query = "select site, until, orders from site_model where site = any(%(sites)s) order by site"
    async with connection.cursor(row_factory=class_row(Learning)) as cursor:
        return await (await cursor.execute(query, {"sites": list(sites)})).fetchall()


def _ask(selection: Selection, zones: Zones) -> dict[str, object]:
    latest = selection.latest(CALIBRATION_SITE_DAYS)

    def midnights(day: datetime) -> list[datetime]:
        return [day.replace(tzinfo=zones[site]) for site in latest.sites]

    return {
        "sites": list(latest.sites),
        "zones": [str(zones[site]) for site in latest.sites],
        "begins": midnights(datetime.combine(latest.since, time())),
        "ends": midnights(datetime.combine(latest.until, time())),
        "job_types": list(latest.job_types) or None,
    }
