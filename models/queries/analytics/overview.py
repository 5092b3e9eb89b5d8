"""The sums of a period, the one before and each bucket of its trend, read from the rollups.

Owns which rollup answers what. Orders of some bays or technicians are no rollup's rows: they are chosen
first and added up by the rollups' own queries.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row, tuple_row

from models.analytics.flow import LittleCheck
from models.analytics.overview import Overview, Sums
from models.analytics.selection import Selection
from models.database.named import read_sql
from models.rollups.views import query_from

# Closing times looked into for carry-over: of each bucket for a few sites, else of each period only.
_MOST_CLOSINGS = 130
# The news of so many sites are reckoned when they are asked about; of more, they wait for the next settling.
_MOST_SITES_WITH_NEWS = 5
# Names to choose from are of at most so many days, over all sites.
NAMES_SITE_DAYS = 2000

Connection = AsyncConnection[Any]
_ByBucket = defaultdict[date | None, dict[str, Any]]


async def prepare(connection: Connection, selection: Selection) -> None:
    """Let a connection add up many sites in memory, and leave the news of other sites and days.

    Compiling such queries costs more than it saves. The news of many sites wait for the next settling.
    """
    await connection.execute("set work_mem = '64MB'; set jit = off")
    sites = selection.sites
    named = ",".join(sites) if len(sites) <= _MOST_SITES_WITH_NEWS else "-"
    first, last = selection.reach
    await connection.execute(
        "select set_config('bayboard.sites', %s, false), set_config('bayboard.since', %s, false),"
        " set_config('bayboard.until', %s, false)",
        (named, str(first), str(last)),
    )


def compose_order_sums(selection: Selection) -> sql.Composed:
    """Return the query of sums over orders: over the rollups, or over chosen orders, found once."""
    query, rollups = sql.SQL(read_sql("queries/analytics/sums/order")), ("order_day", "wait_day")
    if not selection.picks_places:
        return query.format(**{rollup: sql.Identifier(rollup) for rollup in rollups})
    chosen = sql.Identifier("chosen")
    sources = {rollup: sql.SQL("({})").format(query_from(rollup, order_figures=chosen)) for rollup in rollups}
    return sql.SQL("with chosen as materialized ({}) {}").format(
        sql.SQL(read_sql("queries/analytics/chosen/orders")), query.format(**sources)
    )


def compose_technician_sums(selection: Selection) -> sql.Composed:
    """Return the query of sums over labour: over the rollup, or over the days of chosen technicians."""
    source: sql.Composable = sql.Identifier("labour_day")
    if selection.technicians:
        chosen = sql.SQL("({})").format(sql.SQL(read_sql("queries/analytics/chosen/labour")))
        source = sql.SQL("({})").format(query_from("labour_day", technician_day=chosen))
    return sql.SQL(read_sql("queries/analytics/sums/technician")).format(labour_day=source)


def compose_bay_query(name: str) -> sql.Composed:
    """Return a query over the use of bays."""
    return sql.SQL(read_sql(name)).format(bay_use=sql.SQL(read_sql("queries/analytics/bay_use")))


async def read_overview(
    connection: Connection, selection: Selection, bay_counts: Mapping[str, int], now: datetime
) -> Overview:
    """Read everything the overview shows; `bay_counts` is how many bays each site has."""
    asked = selection.query() | {
        "now": now,
        "bay_counts": [_count_bays(selection, bay_counts.get(site, 0)) for site in selection.sites],
        "by_bucket": len(selection.sites) * selection.buckets * 2 <= _MOST_CLOSINGS,
    }
    found: _ByBucket = defaultdict(dict)
    for query in (
        compose_order_sums(selection),
        compose_bay_query("queries/analytics/sums/bay"),
        sql.SQL(read_sql("queries/analytics/sums/open")),
        compose_technician_sums(selection),
        sql.SQL(read_sql("queries/analytics/carry_over")),
    ):
        async with connection.cursor(row_factory=dict_row) as cursor:
            for row in await (await cursor.execute(query, asked)).fetchall():
                found[row.pop("bucket")] |= {
                    name: 0 if value is None else value for name, value in row.items()
                }
    return await _put_together(connection, selection, asked, found)


async def _put_together(
    connection: Connection, selection: Selection, asked: dict[str, object], found: _ByBucket
) -> Overview:
    before = Sums(days=selection.days, **found.pop(None, {}))
    trend = {
        bucket: Sums(days=selection.days_of(bucket), **sums)
        for bucket, sums in sorted((bucket, sums) for bucket, sums in found.items() if bucket)
    }
    last = max((bucket for bucket, sums in trend.items() if sums.carried_over is not None), default=None)
    now = _add_up(trend, selection.days, trend[last].carried_over if last else None)
    little = None if selection.picks_places else await _check_little(connection, asked, now)
    return Overview(now, before, trend, little)


def _count_bays(selection: Selection, bays: int) -> int:
    return len(selection.bays) if selection.bays else bays


def _add_up(trend: Mapping[date, Sums], days: float, carried_over: float | None) -> Sums:
    total: defaultdict[str, float] = defaultdict(float)
    waits: defaultdict[str, float] = defaultdict(float)
    for sums in trend.values():
        for name, value in asdict(sums).items():
            if name == "wait_seconds":
                for cause, seconds in value.items():
                    waits[cause] += seconds
            elif name not in {"days", "carried_over"}:
                total[name] += value
    return Sums(days=days, wait_seconds=dict(waits), carried_over=carried_over, **total)


async def _check_little(connection: Connection, asked: dict[str, object], now: Sums) -> LittleCheck | None:
    """Compare both sides: present was who left, less what they stayed before, plus who is still here."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        rows = await (await cursor.execute(read_sql("queries/analytics/present"), asked)).fetchall()
    hours = sum(row["hours"] for row in rows) / len(rows) if rows else 0
    if hours <= 0:
        return None
    present = now.cycle_seconds + sum(row["age_after"] - row["age_before"] for row in rows)
    return LittleCheck(
        work_in_progress=present / 3600 / hours,
        departures_per_hour=now.orders / hours,
        cycle_hours=now.cycle_seconds / 3600 / now.orders if now.orders else None,
        arrived=int(now.orders) + sum(row["open_after"] - row["open_before"] for row in rows),
        departed=int(now.orders),
    )


async def read_names(connection: Connection, selection: Selection) -> tuple[list[str], list[str]]:
    """Read the job types and the technicians of the latest days, to choose from."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        asked = selection.latest(NAMES_SITE_DAYS).query()
        row = await (await cursor.execute(read_sql("queries/analytics/names"), asked)).fetchone()
    return row or ([], [])
