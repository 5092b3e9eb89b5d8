"""Saying that days have news: rows of rollup_dirty, written with whatever makes the news.

Owns the marks. Only inserts, so that no writer ever waits for another or for the settling.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from psycopg import Connection

from models.database.named import read_sql

OrderKey = tuple[str, str]
Extent = tuple[datetime, datetime]


def mark_orders(connection: Connection, changed: Mapping[OrderKey, Extent]) -> None:
    """Say that orders changed, each with the earliest and the latest instant it was or is about."""
    connection.execute(
        read_sql("rollups/sql/mark"),
        {
            "sites": [site for site, _ in changed],
            "orders": [order for _, order in changed],
            "since": [since for since, _ in changed.values()],
            "until": [until for _, until in changed.values()],
        },
    )


def mark_labour(connection: Connection, scans: Iterable[tuple[str, str, datetime]]) -> None:
    """Say that somebody clocked on or off: site, work order and time of each scan."""
    listed = list(scans)
    connection.execute(
        read_sql("rollups/sql/mark_labour"),
        {
            "sites": [site for site, _, _ in listed],
            "orders": [order for _, order, _ in listed],
            "at": [at for _, _, at in listed],
        },
    )


def mark_site(connection: Connection, site: str, since: datetime, until: datetime) -> None:
    """Say that much has changed at a site, as by a backfill."""
    connection.execute(
        "insert into rollup_dirty (site, since, until) values (%s, %s, %s)", (site, since, until)
    )


def mark_everything(connection: Connection, site: str) -> None:
    """Say that all of a site's days must be reckoned anew, also by another zone's calendar."""
    connection.execute(
        "insert into rollup_dirty (site, since, until)"
        " select site, min(entered_at) - interval '1 day',"
        " max(coalesce(left_at, entered_at)) + interval '1 day'"
        " from stage_interval where site = %s group by site",
        (site,),
    )
