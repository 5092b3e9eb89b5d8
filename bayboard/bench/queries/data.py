"""Years of history for the query benchmark: a quarter is simulated, the rest are copies of it.

Owns how rows are copied to earlier days, other sites and other databases, and what is left out: of
other sites only rollups of a year and orders of the last days, for no query that is measured reads more.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import LiteralString

import psycopg
from psycopg import Connection, sql
from sqlalchemy import Date, DateTime

from bayboard.backfill.story import Plan
from bayboard.backfill.write import write_history
from bayboard.parts.ingest import make_rules
from config.workshop import Site, Workshop
from models.rollups.settle import refresh_rollups
from models.schema.metadata import metadata

Say = Callable[[str], None]

# Thirteen weeks, so that copies keep their weekday.
PLAYED_DAYS = 91
_A_YEAR = 4
_LAST_DAYS = 3
_OF_ORDERS = ("stage_scan", "labour_scan", "bay_stay", "stage_interval", "work_order_line", "work_order")
# What the present consists of, beside orders; and what SQL knows of the workshop file.
_PRESENT = ("vehicle", "site_vehicle", "device_state", "device_status", "site_pulse", "work_order_part")
_FACTS = ("workshop_site", "workshop_stage", "opening_span")
_OF_ONE = ("stage_time_settled", "order_figures_settled", "bay_hour_settled")
_OF_ALL = (
    "stage_day_settled",
    "order_day_settled",
    "wait_day_settled",
    "bay_day_settled",
    "technician_day_settled",
    "labour_day_settled",
)
_EVERYTHING = (*_OF_ORDERS, *_PRESENT, *_FACTS, *_OF_ONE, *_OF_ALL)


def play(database_url: str, workshop: Workshop, now: datetime, say: Say) -> None:
    """Simulate the first site until today, and settle its rollups."""
    site = workshop.sites[0]
    first_day = now.astimezone(site.zone).date() - timedelta(PLAYED_DAYS)
    plan = Plan(site, 1, "normal", average=True, first_day=first_day, days=PLAYED_DAYS)

    def tell(days: int) -> bool:
        say(f"simulated {days} of {PLAYED_DAYS} days")
        return True

    write_history(database_url, plan, make_rules(workshop), None, tell)
    with psycopg.connect(database_url, autocommit=True) as connection:
        say(f"settled {refresh_rollups(connection, workshop, now).days} days")


def copy_database(from_url: str, to_url: str, since: datetime | None = None) -> None:
    """Copy what was played into another database, all of it, or the orders opened since then."""
    with psycopg.connect(from_url) as source, psycopg.connect(to_url, autocommit=True) as target:
        for table in _EVERYTHING:
            condition: sql.Composable = sql.SQL("true")
            if since and "work_order" in metadata.tables[table].columns:
                condition = sql.SQL(
                    "work_order in (select work_order from work_order where opened_at >= {})"
                ).format(sql.Literal(since))
            _pipe(source, target, table, condition)
        _vacuum(target)


def extend(database_url: str, site: Site, years: int, sites: int, say: Say) -> None:
    """Copy one site's history back over years, and a year of its rollups to other sites."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        times = max(_A_YEAR, round(years * 365.25 / PLAYED_DAYS))
        others = [f"{site.key}-{number}" for number in range(2, sites + 1)]
        for done, other in enumerate(others, 1):
            for table in _FACTS[:1] + _FACTS[2:]:
                _copy_rows(connection, table, site.key, other)
            for number in range(_A_YEAR):
                for table in _OF_ALL:
                    _copy_rows(connection, table, site.key, other, number)
            for table in (*_OF_ORDERS, "stage_time_settled"):
                _copy_rows(connection, table, site.key, other, only=_RECENT[table])
            say(f"copied to {done} of {len(others)} other sites")
        # Farthest first, so that what is copied stays what was played.
        for number in range(times - 1, 0, -1):
            for table in (*_OF_ORDERS, *_OF_ONE, *_OF_ALL):
                _copy_rows(connection, table, site.key, site.key, number)
            say(f"{site.key}: {number} quarters to copy")
        say("adding up months")
        connection.execute(_ADD_UP_MONTHS, {"site": site.key})
        for other in others:
            connection.execute(
                _COPY_MONTHS, {"site": site.key, "other": other, "days": _A_YEAR * PLAYED_DAYS}
            )
        _vacuum(connection)


def _pipe(source: Connection, target: Connection, table: str, condition: sql.Composable) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, metadata.tables[table].columns.keys()))
    name = sql.Identifier(table)
    reading = sql.SQL("copy (select {} from {} where {}) to stdout (format binary)")
    writing = sql.SQL("copy {} ({}) from stdin (format binary)").format(name, columns)
    with (
        source.cursor().copy(reading.format(columns, name, condition)) as rows,
        target.cursor().copy(writing) as copy,
    ):
        for block in rows:
            copy.write(block)


def _copy_rows(
    connection: Connection,
    table: str,
    site: str,
    other: str,
    number: int = 0,
    only: LiteralString = "true",
) -> None:
    """Copy what was played to a site, so many times earlier; open orders belong to the present alone."""
    shift = timedelta(days=number * PLAYED_DAYS)
    columns = metadata.tables[table].columns
    chosen: list[sql.Composable] = []
    for column in columns:
        name = sql.Identifier(column.name)
        if column.name == "site":
            chosen.append(sql.Literal(other))
        elif column.name == "work_order" and number:
            chosen.append(sql.SQL("{} || {}").format(name, sql.Literal(f"~{number}")))
        elif isinstance(column.type, DateTime) and number:
            chosen.append(sql.SQL("{} - {}").format(name, sql.Literal(shift)))
        elif isinstance(column.type, Date) and number:
            chosen.append(sql.SQL("{} - {}").format(name, sql.Literal(shift.days)))
        else:
            chosen.append(name)
    played = _PLAYED_ORDERS if "work_order" in columns else _PLAYED_DAYS if "day" in columns else "true"
    connection.execute(
        sql.SQL("insert into {table} ({names}) select {chosen} from {table} where site = {site}").format(
            table=sql.Identifier(table),
            names=sql.SQL(", ").join(map(sql.Identifier, columns.keys())),
            chosen=sql.SQL(", ").join(chosen),
            site=sql.Literal(site),
        )
        + sql.SQL(" and {} and {} and {}").format(
            sql.SQL(played).format(site=sql.Literal(site), days=sql.Literal(PLAYED_DAYS)),
            sql.SQL(_CLOSED_ORDERS if number and "work_order" in columns else "true").format(
                site=sql.Literal(site)
            ),
            sql.SQL(only).format(site=sql.Literal(site), days=sql.Literal(_LAST_DAYS)),
        )
    )


def _vacuum(connection: Connection) -> None:
    for table in (*_EVERYTHING, "stage_time_month_settled"):
        connection.execute(sql.SQL("vacuum analyze {}").format(sql.Identifier(table)))


_PLAYED_ORDERS: LiteralString = "work_order not like '%~%'"
_PLAYED_DAYS: LiteralString = (
    "day > (select max(day) from stage_day_settled where site = {site}) - {days}::integer"
)
_CLOSED_ORDERS: LiteralString = (
    "work_order in (select work_order from work_order where site = {site} and closed_at is not null"
    " and work_order not like '%~%')"
)
_RECENT_ORDERS: LiteralString = (
    "work_order in (select work_order from work_order where site = {site} and opened_at >"
    " (select max(opened_at) from work_order where site = {site}) - {days}::integer * interval '1 day')"
)
_RECENT: dict[str, LiteralString] = {
    **dict.fromkeys(_OF_ORDERS, _RECENT_ORDERS),
    "stage_time_settled": _PLAYED_DAYS,
}
_ADD_UP_MONTHS: LiteralString = """
insert into stage_time_month_settled (site, month, job_type, stage, bin, visits, seconds)
select site, date_trunc('month', day)::date, job_type, stage, bin, sum(visits), sum(seconds)
from stage_time_settled
where site = %(site)s
group by 1, 2, 3, 4, 5
"""
_COPY_MONTHS: LiteralString = """
insert into stage_time_month_settled (site, month, job_type, stage, bin, visits, seconds)
select %(other)s, month, job_type, stage, bin, visits, seconds
from stage_time_month_settled
where site = %(site)s and month > (select max(month) from stage_time_month_settled) - %(days)s::integer
"""
