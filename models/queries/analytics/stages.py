"""How long stages take: bins, trend and heat of a selection, read from the rollups.

Owns which days are read as whole months. Over many sites only whole months are, and heat only of the
latest days, so that no request reads more than it can draw.
"""

from datetime import date, timedelta

from psycopg import sql
from psycopg.rows import class_row

from models.analytics.pictures import HeatCell, StageBin, TrendPoint
from models.analytics.selection import Selection
from models.database.named import read_sql
from models.queries.analytics.overview import Connection

# More sites than these are read by whole months alone.
MOST_SITES_BY_DAY = 20
# Heat is of at most so many days, over all sites.
HEAT_SITE_DAYS = 2000


def choose_months(selection: Selection) -> tuple[date, date]:
    """Return from when to before when whole months are read; the same day twice for none."""
    if selection.picks_places:
        return selection.until, selection.until
    if len(selection.sites) > MOST_SITES_BY_DAY:
        return selection.since.replace(day=1), _next_month(selection.until - timedelta(days=1))
    first = selection.since if selection.since.day == 1 else _next_month(selection.since)
    last = selection.until.replace(day=1)
    return (first, last) if first < last else (selection.until, selection.until)


async def read_stage_bins(connection: Connection, selection: Selection) -> list[StageBin]:
    """Read finished visits by job type, stage and bin."""
    first, last = choose_months(selection)
    asked = selection.query() | {"first_month": first, "last_month": last}
    async with connection.cursor(row_factory=class_row(StageBin)) as cursor:
        return await (await cursor.execute(read_sql("queries/analytics/stage/bins"), asked)).fetchall()


async def read_stage_trend(connection: Connection, selection: Selection, stage: str) -> list[TrendPoint]:
    """Read the geometric mean of a stage's visits by bucket."""
    source: sql.Composable = sql.Identifier("stage_day")
    if selection.picks_places:
        source = sql.SQL("({})").format(sql.SQL(read_sql("queries/analytics/chosen/visits")))
    query = sql.SQL(read_sql("queries/analytics/stage/trend")).format(stage_day=source)
    async with connection.cursor(row_factory=class_row(TrendPoint)) as cursor:
        return await (await cursor.execute(query, selection.query() | {"stage": stage})).fetchall()


async def read_stage_heat(connection: Connection, selection: Selection, stage: str) -> list[HeatCell]:
    """Read a stage's visits by weekday and hour, of the latest days."""
    asked = selection.latest(HEAT_SITE_DAYS).query() | {"stage": stage}
    async with connection.cursor(row_factory=class_row(HeatCell)) as cursor:
        return await (await cursor.execute(read_sql("queries/analytics/stage/heat"), asked)).fetchall()


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
