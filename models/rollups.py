"""Rollups: relations that answer as if every figure were reckoned at the moment of asking, only sooner.

Owns the views over settled and unsettled days, marking days as changed, and settling them. A view
`x` is the rows of `x_settled` for days without news, and for the others the query in
models/queries/rollup_x.sql, so late data shows at once, whenever days are settled.
Refuses to be waited for: marking only inserts, and settling takes no lock that a writer wants.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.resources import files
from typing import LiteralString

from psycopg import Connection, IsolationLevel, sql

from models.schema.metadata import metadata

OrderKey = tuple[str, str]
Extent = tuple[datetime, datetime]

# Reckoned from events, in this order.
_FROM_EVENTS = ("stage_time", "stage_day", "order_figures", "bay_hour", "technician_day")
# Added up from one of those: rollup -> what it reads.
_FROM_ROLLUPS = {"order_day": "order_figures", "wait_day": "order_figures", "bay_day": "bay_hour"}
ROLLUPS = (*_FROM_EVENTS, *_FROM_ROLLUPS, "stage_time_month", "mileage_hour", "mileage_day")

# One process settles at a time.
_SETTLING_LOCK = 0x726F6C6C
# So many days of a site are reckoned by one statement: bounds its memory when years are settled at once.
_DAYS_AT_ONCE = 62


@dataclass(frozen=True, slots=True)
class Settled:
    """What one pass did: the sites it settled and how many of their days."""

    sites: int = 0
    days: int = 0


def install_rollups(connection: Connection, kept: Collection[str] = ()) -> list[str]:
    """Make the views, or make them anew where their text has changed; return those that were made.

    `kept` are relations that the database itself keeps up to date, such as continuous aggregates.
    """
    views = {name: text for name, text in _compose_views().items() if name not in kept}
    known: dict[str, str | None] = dict(
        connection.execute(
            "select relname, obj_description(oid, 'pg_class') from pg_class"
            " where relkind = 'v' and relnamespace = current_schema()::regnamespace"
        ).fetchall()
    )
    # Later views read earlier ones, so from the first that has changed on all are made anew.
    names = list(views)
    first = next((n for n, name in enumerate(names) if known.get(name) != _digest(views[name])), len(names))
    for name in reversed(names[first:]):
        connection.execute(sql.SQL("drop view if exists {}").format(sql.Identifier(name)))
    for name in names[first:]:
        connection.execute(sql.SQL("create view {} as ").format(sql.Identifier(name)) + views[name])
        connection.execute(
            sql.SQL("comment on view {} is {}").format(
                sql.Identifier(name), sql.Literal(_digest(views[name]))
            )
        )
    return names[first:]


def mark_orders(connection: Connection, changed: Mapping[OrderKey, Extent]) -> None:
    """Say that orders changed, each with the earliest and the latest instant it was or is about."""
    connection.execute(
        _read_query("mark"),
        {
            "sites": [site for site, _ in changed],
            "orders": [order for _, order in changed],
            "since": [since for since, _ in changed.values()],
            "until": [until for _, until in changed.values()],
        },
    )


def mark_labour(connection: Connection, scans: Iterable[tuple[str, str, datetime]]) -> None:
    """Say that somebody clocked on or off: site, work order and time of each scan."""
    sites, orders, at = zip(*scans, strict=True)
    connection.execute(
        _read_query("mark_labour"), {"sites": list(sites), "orders": list(orders), "at": list(at)}
    )


def mark_site(connection: Connection, site: str, since: datetime, until: datetime) -> None:
    """Say that much has changed at a site, as after a backfill."""
    connection.execute(
        "insert into rollup_dirty (site, since, until) values (%s, %s, %s)", (site, since, until)
    )


def settle_rollups(connection: Connection) -> Settled:
    """Settle every day with news, a site in each transaction; nothing, where another process is at it.

    The connection must be in autocommit. What arrives meanwhile stays unsettled until the next pass.
    """
    locked = connection.execute("select pg_try_advisory_lock(%s)", (_SETTLING_LOCK,)).fetchone()
    if locked != (True,):
        return Settled()
    isolation = connection.isolation_level
    # Days are reckoned and their news struck off from the same sight of the database.
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        sites = connection.execute("select distinct site from rollup_dirty order by site").fetchall()
        return Settled(len(sites), sum(_settle_site(connection, site) for (site,) in sites))
    finally:
        connection.isolation_level = isolation
        connection.execute("select pg_advisory_unlock(%s)", (_SETTLING_LOCK,))


def _settle_site(connection: Connection, site: str) -> int:
    with connection.transaction():
        connection.execute(
            "create temp table news_day on commit drop as select * from dirty_day where site = %s", (site,)
        )
        # Shadows the view, so that the same queries reckon only the days at hand.
        connection.execute("create temp table dirty_day (like news_day) on commit drop")
        days = 0
        while taken := connection.execute(_TAKE_DAYS, (_DAYS_AT_ONCE,)).rowcount:
            days += taken
            connection.execute("analyze dirty_day")
            for rollup in _FROM_EVENTS:
                _replace_days(connection, rollup, _from_events(rollup))
            for rollup, source in _FROM_ROLLUPS.items():
                _replace_days(connection, rollup, _from_rollup(rollup, source, _SETTLED_OF_DAYS))
            _replace_months(connection)
            connection.execute("truncate dirty_day")
        connection.execute("delete from rollup_dirty where site = %s", (site,))
    return days


def _replace_days(connection: Connection, rollup: str, query: sql.Composable) -> None:
    table = sql.Identifier(f"{rollup}_settled")
    columns = _names(rollup)
    connection.execute(
        sql.SQL(
            "delete from {} as settled using dirty_day where settled.site = dirty_day.site"
            " and settled.day = dirty_day.day"
        ).format(table)
    )
    connection.execute(
        sql.SQL("insert into {} ({}) select {} from ({}) as fresh").format(table, columns, columns, query)
    )


def _replace_months(connection: Connection) -> None:
    columns = _names("stage_time_month")
    connection.execute(
        "delete from stage_time_month_settled as settled using dirty_day"
        " where settled.site = dirty_day.site and settled.month = date_trunc('month', dirty_day.day)"
    )
    source = sql.SQL(_DAYS_OF_MONTHS)
    connection.execute(
        sql.SQL("insert into stage_time_month_settled ({}) select {} from ({}) as fresh").format(
            columns, columns, _read("stage_time_month").format(stage_time=source)
        )
    )


def _compose_views() -> dict[str, sql.Composable]:
    """Compose every view, in an order in which each reads only earlier ones."""
    views: dict[str, sql.Composable] = {"dirty_day": _read("dirty_day")}
    for rollup in _FROM_EVENTS:
        views[f"{rollup}_fresh"] = _from_events(rollup)
        views[rollup] = _compose_view(rollup)
    for rollup, source in _FROM_ROLLUPS.items():
        views[f"{rollup}_fresh"] = _from_rollup(rollup, source, "{}_fresh")
        views[rollup] = _compose_view(rollup)
    views["stage_time_month"] = _compose_month_view()
    views["mileage_hour"] = sql.SQL(_MILEAGE_HOUR_VIEW).format(_read("mileage_hour"))
    views["mileage_day"] = _read("mileage_day")
    return views


def _compose_view(rollup: str) -> sql.Composable:
    return sql.SQL(_VIEW).format(
        columns=_names(rollup),
        settled=sql.Identifier(f"{rollup}_settled"),
        fresh=sql.Identifier(f"{rollup}_fresh"),
    )


def _compose_month_view() -> sql.Composable:
    """Compose the months as settled, plus the days with news, less what of these was settled."""
    of_days = _read("stage_time_month")
    return sql.SQL(_MONTH_VIEW).format(
        now=of_days.format(stage_time=sql.SQL("stage_time_fresh")),
        then=of_days.format(
            stage_time=sql.SQL(_SETTLED_OF_DAYS).format(sql.Identifier("stage_time_settled"))
        ),
    )


def _from_events(rollup: str) -> sql.Composable:
    return sql.SQL("{}\n{}").format(_read("base"), _read(rollup))


def _from_rollup(rollup: str, source: str, of: LiteralString) -> sql.Composable:
    relation = f"{source}_settled" if of == _SETTLED_OF_DAYS else f"{source}_fresh"
    listed = sql.SQL("{}" if of != _SETTLED_OF_DAYS else of).format(sql.Identifier(relation))
    return _read(rollup).format(**{source: listed})


def _names(rollup: str) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, metadata.tables[f"{rollup}_settled"].columns.keys()))


def _read(name: str) -> sql.SQL:
    return sql.SQL(_read_query(name))


def _read_query(name: str) -> LiteralString:
    return (files("models.queries") / f"rollup_{name}.sql").read_text()


def _digest(view: sql.Composable) -> str:
    return sha256(view.as_string(None).encode()).hexdigest()


_VIEW: LiteralString = """
select {columns} from {settled} as settled
where not exists (
    select from dirty_day where dirty_day.site = settled.site and dirty_day.day = settled.day
)
union all
select {columns} from {fresh}
"""
_MONTH_VIEW: LiteralString = """
select site, month, job_type, stage, bin, visits, seconds from stage_time_month_settled
union all
{now}
union all
select site, month, job_type, stage, bin, -visits, -seconds from ({then}) as once
"""
_MILEAGE_HOUR_VIEW: LiteralString = """
select
    site, vin, hour,
    min(least_km) as least_km, max(most_km) as most_km, max(readings) as readings
from (
    {}
    union all
    select site, vin, hour, least_km, most_km, readings from mileage_hour_settled
) as known
group by site, vin, hour
"""
_SETTLED_OF_DAYS: LiteralString = "(select settled.* from {} as settled join dirty_day using (site, day))"
_DAYS_OF_MONTHS: LiteralString = """(
    select settled.*
    from (select distinct site, date_trunc('month', day)::date as month from dirty_day) as touched
    join stage_time_settled as settled
        on settled.site = touched.site
        and settled.day >= touched.month
        and settled.day < touched.month + interval '1 month'
)"""
_TAKE_DAYS: LiteralString = """
with taken as (
    delete from news_day where ctid in (select ctid from news_day order by day limit %s) returning *
)
insert into dirty_day select * from taken
"""
