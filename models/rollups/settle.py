"""Settling: computes the days with news again, stores them and removes their marks.

Owns which process does it and in what portions: the newest days first, a transaction for each portion,
so that each is visible at once and stays when the next one fails. Takes no lock that a writer wants; what
is committed meanwhile keeps its mark.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import LiteralString

from psycopg import Connection, IsolationLevel, sql

from config.lounge import list_spellings
from config.workshop import Site, Workshop
from models.locks import Lock, release, try_take
from models.rollups.views import (
    FROM_EVENTS,
    FROM_ROLLUPS,
    STEPS,
    name_columns,
    query_from,
    read_query,
    settled_of_days,
)
from models.rollups.workshop import record_openings, record_operations, record_workshop
from models.store import find_horizon

# Days of sites that one transaction settles: bounds its time and its memory.
_DAYS_AT_ONCE = 31
# No rollup has an earlier day (models/rollups/sql/dirty_day.sql).
_FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)
# Days that a page shows unless it is asked for more: these are settled in every pass.
_RECENT = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Settled:
    """What one pass did: how many sites' days it settled, and how many days; `left` have still news."""

    sites: int = 0
    days: int = 0
    left: int = 0


def refresh_rollups(
    connection: Connection,
    workshop: Workshop,
    now: datetime,
    others: Iterable[Site] = (),
    *,
    most_old_days: int | None = None,
) -> Settled:
    """Settle the days with news, the newest first; nothing, where another process is doing it.

    `others` are sites that the workshop file does not name. Of days older than two months at most
    `most_old_days` are settled, so that a long history does not delay the news of today. The connection
    must be in autocommit.
    """
    if not try_take(connection, Lock.SETTLING):
        return Settled()
    try:
        sites = {site.key: site for site in (*others, *workshop.sites)}
        record_workshop(connection, workshop.stages, sites.values(), one_company=workshop.one_company)
        record_operations(connection, list_spellings(workshop.lounge, workshop.plans))
        _drop_marks(connection, find_horizon(workshop.store, "labour_scan", now))
        _record_openings(connection, sites, now)
        return _settle_all(connection, now, most_old_days)
    finally:
        release(connection, Lock.SETTLING)


def _drop_marks(connection: Connection, horizon: datetime | None) -> None:
    """Remove marks of days whose events are partly dropped by now: they stay as they are."""
    # Of the horizon's own day, events of some hours are missing.
    whole_since = max(horizon + timedelta(days=1), _FIRST_DAY) if horizon else _FIRST_DAY
    with connection.transaction():
        connection.execute("delete from rollup_dirty where greatest(since, until) < %s", (whole_since,))
        connection.execute(
            "update rollup_dirty set since = %s, until = greatest(since, until)"
            " where least(since, until) < %s",
            (whole_since, whole_since),
        )


def _record_openings(connection: Connection, sites: dict[str, Site], now: datetime) -> None:
    """Write down the opening hours of all marked days, and of the orders that were open on them."""
    for site, since in connection.execute(
        "select site, min(least(since, until)) from rollup_dirty group by site"
    ).fetchall():
        if known := sites.get(site):
            with connection.transaction():
                record_openings(connection, known, since, now)


def _settle_all(connection: Connection, now: datetime, most_old_days: int | None) -> Settled:
    isolation = connection.isolation_level
    # Days are computed and their marks removed from the same sight of the database.
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    settled = left = 0
    try:
        with _lay_out_steps(connection):
            connection.execute(_LIST_NEWS)
            sites = _count(connection, "select count(distinct site) from news_day")
            if most_old_days is not None:
                connection.execute(_LEAVE_OLD, (now - _RECENT, most_old_days))
            while days := _settle_portion(connection):
                settled += days
            left = _count(connection, "select count(*) from read_dirty_days()")
    finally:
        connection.isolation_level = isolation
    return Settled(sites, settled, left)


def _settle_portion(connection: Connection) -> int:
    """Settle the newest of the days that are still to do; return how many they were."""
    with connection.transaction():
        days = connection.execute(_TAKE_DAYS, (_DAYS_AT_ONCE,)).rowcount
        if days:
            connection.execute("analyze dirty_day")
            for step in STEPS:
                table = sql.Identifier(step)
                connection.execute(sql.SQL("insert into {} {}").format(table, read_query(step)))
                connection.execute(sql.SQL("analyze {}").format(table))
            for rollup in FROM_EVENTS:
                _replace_days(connection, rollup, read_query(rollup))
            for rollup, source in FROM_ROLLUPS.items():
                _replace_days(connection, rollup, query_from(rollup, **{source: settled_of_days(source)}))
            _replace_months(connection)
            connection.execute(_REMOVE_MARKS)
            connection.execute(sql.SQL("truncate {}").format(_join("dirty_day", *STEPS)))
    return days


@contextmanager
def _lay_out_steps(connection: Connection) -> Iterator[None]:
    """Keep each step in a temporary table, so that it is computed once for all rollups that need it.

    They shadow the view dirty_day, so that the same queries compute only the days at hand.
    """
    connection.execute("create temp table news_day as select * from read_dirty_days() limit 0")
    connection.execute("create temp table dirty_day (like news_day)")
    for step in STEPS:
        connection.execute(
            sql.SQL("create temp table {} as {} limit 0").format(sql.Identifier(step), read_query(step))
        )
    try:
        yield
    finally:
        connection.execute(sql.SQL("drop table {}").format(_join("news_day", "dirty_day", *STEPS)))


def _join(*tables: str) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, tables))


def _replace_days(connection: Connection, rollup: str, query: sql.Composable) -> None:
    table, columns = sql.Identifier(f"{rollup}_settled"), name_columns(rollup)
    connection.execute(
        sql.SQL(
            "delete from {} as settled using dirty_day"
            " where settled.site = dirty_day.site and settled.day = dirty_day.day"
        ).format(table)
    )
    connection.execute(
        sql.SQL("insert into {} ({}) select {} from ({}) as fresh").format(table, columns, columns, query)
    )


def _replace_months(connection: Connection) -> None:
    columns = name_columns("stage_time_month")
    connection.execute(
        "delete from stage_time_month_settled as settled using dirty_day"
        " where settled.site = dirty_day.site and settled.month = date_trunc('month', dirty_day.day)::date"
    )
    connection.execute(
        sql.SQL("insert into stage_time_month_settled ({}) select {} from ({}) as fresh").format(
            columns, columns, query_from("stage_time_month", stage_time=sql.SQL(_DAYS_OF_MONTHS))
        )
    )


def _count(connection: Connection, query: LiteralString) -> int:
    [(count,)] = connection.execute(query).fetchall()
    return int(count)


# What gets news from now on is left to the next pass, so that a pass ends.
_LIST_NEWS: LiteralString = "insert into news_day select * from read_dirty_days()"
_LEAVE_OLD: LiteralString = """
delete from news_day where ctid in (
    select ctid from news_day where ends_at < %s order by day desc, site offset %s
)
"""
_TAKE_DAYS: LiteralString = """
with taken as (
    delete from news_day
    where ctid in (select ctid from news_day order by day desc, site limit %s)
    returning *
)
insert into dirty_day select * from taken
"""
# A mark is cut where only a part of its days is settled; the time zone's own days bound the parts.
_REMOVE_MARKS: LiteralString = """
with settled as (
    select site, range_agg(tstzrange(starts_at, ends_at)) as spans from dirty_day group by site
),
removed as (
    delete from rollup_dirty as mark
    using settled
    where mark.site = settled.site
        and tstzrange(least(since, until), greatest(since, until), '[]') && settled.spans
    returning
        mark.site,
        tstzmultirange(tstzrange(least(since, until), greatest(since, until), '[]')) - settled.spans as rest
)
insert into rollup_dirty (site, since, until)
select site, lower(part), upper(part) - case when upper_inc(part) then '0 s' else '1 us' end::interval
from removed cross join lateral unnest(rest) as part
"""
_DAYS_OF_MONTHS: LiteralString = """(
    select settled.*
    from (select distinct site, date_trunc('month', day)::date as month from dirty_day) as touched
    join stage_time_settled as settled
        on settled.site = touched.site
        and settled.day >= touched.month
        and settled.day < (touched.month + interval '1 month')::date
)"""
