"""Settling: the days with news are reckoned once more, stored, and their marks struck off.

Owns which process does it and in what portions. Takes no lock that a writer wants; what is
committed meanwhile keeps its mark.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from psycopg import Connection, IsolationLevel, sql

from config.workshop import Site, Workshop
from models.rollups.views import (
    FROM_EVENTS,
    FROM_ROLLUPS,
    STEPS,
    name_columns,
    query_from,
    read_query,
    settled_of_days,
)
from models.rollups.workshop import record_openings, record_workshop
from models.store import find_horizon

# One process settles at a time.
_SETTLING_LOCK = 0x726F6C6C
# So many sites' days are reckoned by one statement: bounds its memory when years are settled at once.
_DAYS_AT_ONCE = 31


@dataclass(frozen=True, slots=True)
class Settled:
    """What one pass did: how many sites had news, and on how many of their days."""

    sites: int = 0
    days: int = 0


def refresh_rollups(
    connection: Connection, workshop: Workshop, now: datetime, others: Iterable[Site] = ()
) -> Settled:
    """Settle every day with news, some sites in each transaction; nothing, where another process is at it.

    `others` are sites that the workshop file does not name. The connection must be in autocommit.
    """
    locked = connection.execute("select pg_try_advisory_lock(%s)", (_SETTLING_LOCK,)).fetchone()
    if locked != (True,):
        return Settled()
    try:
        sites = {site.key: site for site in (*others, *workshop.sites)}
        record_workshop(connection, workshop.stages, sites.values())
        return _settle_all(connection, sites, now, find_horizon(workshop.store, "labour_scan", now))
    finally:
        connection.execute("select pg_advisory_unlock(%s)", (_SETTLING_LOCK,))


def _settle_all(
    connection: Connection, sites: dict[str, Site], now: datetime, horizon: datetime | None
) -> Settled:
    if horizon:
        # Of these days not all events are there any more, so they stay as they are.
        connection.execute("delete from rollup_dirty where until < %s", (horizon,))
    marked = connection.execute(_COUNT_DAYS).fetchall()
    if not marked:
        return Settled()
    isolation = connection.isolation_level
    # Days are reckoned and their marks struck off from the same sight of the database.
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    days = 0
    try:
        with _lay_out_steps(connection):
            for batch in _batch_sites(marked):
                with connection.transaction():
                    for site, since in batch.items():
                        if known := sites.get(site):
                            record_openings(connection, known, since, now)
                    days += _settle_sites(connection, list(batch))
    finally:
        connection.isolation_level = isolation
    return Settled(len(marked), days)


def _batch_sites(marked: Iterable[tuple[str, datetime, int]]) -> Iterator[dict[str, datetime]]:
    """Yield sites, with when their news begin, that together have no more days than are reckoned at once."""
    batch: dict[str, datetime] = {}
    days = 0
    for site, since, count in marked:
        if batch and days + count > _DAYS_AT_ONCE:
            yield batch
            batch, days = {}, 0
        batch[site] = since
        days += count
    yield batch


def _settle_sites(connection: Connection, sites: list[str]) -> int:
    connection.execute("insert into news_day select * from read_dirty_days() where site = any(%s)", (sites,))
    days = 0
    while taken := connection.execute(_TAKE_DAYS, (_DAYS_AT_ONCE,)).rowcount:
        days += taken
        connection.execute("analyze dirty_day")
        for step in STEPS:
            table = sql.Identifier(step)
            connection.execute(sql.SQL("insert into {} {}").format(table, sql.SQL(read_query(step))))
            connection.execute(sql.SQL("analyze {}").format(table))
        for rollup in FROM_EVENTS:
            _replace_days(connection, rollup, sql.SQL(read_query(rollup)))
        for rollup, source in FROM_ROLLUPS.items():
            _replace_days(connection, rollup, query_from(rollup, **{source: settled_of_days(source)}))
        _replace_months(connection)
        connection.execute(sql.SQL("truncate {}").format(_join("dirty_day", *STEPS)))
    connection.execute("delete from rollup_dirty where site = any(%s)", (sites,))
    return days


@contextmanager
def _lay_out_steps(connection: Connection) -> Iterator[None]:
    """Keep each step in a temporary table, so that it is reckoned once for all rollups that need it.

    They shadow the view dirty_day, so that the same queries reckon only the days at hand.
    """
    connection.execute("create temp table news_day as select * from read_dirty_days() limit 0")
    connection.execute("create temp table dirty_day (like news_day)")
    for step in STEPS:
        connection.execute(
            sql.SQL("create temp table {} as {} limit 0").format(
                sql.Identifier(step), sql.SQL(read_query(step))
            )
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


_COUNT_DAYS: LiteralString = """
select site, since, count(day)
from (select site, min(since) as since from rollup_dirty group by site) as marked
left join read_dirty_days() using (site)
group by site, since
order by site
"""
_TAKE_DAYS: LiteralString = """
with taken as (
    delete from news_day where ctid in (select ctid from news_day order by day limit %s) returning *
)
insert into dirty_day select * from taken
"""
_DAYS_OF_MONTHS: LiteralString = """(
    select settled.*
    from (select distinct site, date_trunc('month', day)::date as month from dirty_day) as touched
    join stage_time_settled as settled
        on settled.site = touched.site
        and settled.day >= touched.month
        and settled.day < (touched.month + interval '1 month')::date
)"""
