"""What SQL must know of the workshop file: zones, stages, operations, and the spans in which sites were open.

Owns four tables that are copies of it. The opening hours of days gone by stay what they were,
whatever the file says later; another zone or kind of stage makes every day be reckoned anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from psycopg import Connection

from config.workshop import Site, Stage, find_ready_stage
from models.rollups.marks import mark_everything


def record_workshop(
    connection: Connection, stages: Sequence[Stage], sites: Iterable[Site], *, one_company: bool
) -> None:
    """Copy stages and sites, and mark what a change of them concerns; the connection is in autocommit."""
    with connection.transaction():
        moved = _record_sites(connection, sites)
        connection.execute(
            "update workshop_site set shares_vehicles = %(shares)s where shares_vehicles <> %(shares)s",
            {"shares": one_company},
        )
        if _record_stages(connection, stages):
            moved = [key for (key,) in connection.execute("select site from workshop_site order by site")]
        for key in moved:
            mark_everything(connection, key)


def record_operations(connection: Connection, spellings: Mapping[str, str]) -> None:
    """Copy the operations that customers may read; nothing is written while they are the same."""
    known: dict[str, str] = dict(
        connection.execute("select spelling, operation from workshop_operation").fetchall()
    )
    if known == spellings:
        return
    with connection.transaction():
        connection.execute("delete from workshop_operation")
        connection.cursor().executemany(
            "insert into workshop_operation (spelling, operation) values (%s, %s)", list(spellings.items())
        )


def record_openings(connection: Connection, site: Site, since: datetime, now: datetime) -> None:
    """Write down when a site was open from an instant to tomorrow; days gone by that are known stay."""
    today = now.astimezone(site.zone).date()
    first = since.astimezone(site.zone).date()
    known = connection.execute(
        "select spans_since, spans_until from workshop_site where site = %s", (site.key,)
    ).fetchone()
    since_day, until_day = known or (None, None)
    missing = [(first, today)]
    if since_day and until_day:
        missing = [(first, since_day), (until_day, today)]
        first = min(first, since_day)
    for begin, end in missing:
        _write_spans(connection, site, begin, end)
    # Today and tomorrow may still be changed by the file.
    _write_spans(connection, site, today, today + timedelta(days=2))
    connection.execute(
        "update workshop_site set spans_since = %s, spans_until = %s where site = %s",
        (first, today, site.key),
    )


def _write_spans(connection: Connection, site: Site, begin: date, end: date) -> None:
    """Write the spans of the days from one to before another."""
    connection.execute(
        "delete from opening_span where site = %s and day >= %s and day < %s", (site.key, begin, end)
    )
    hours = site.hours
    days = (begin + timedelta(days=n) for n in range((end - begin).days))
    connection.cursor().executemany(
        "insert into opening_span (site, opens_at, closes_at, day) values (%s, %s, %s, %s)",
        [(site.key, opens, closes, day) for day in days for opens, closes in hours.spans_on(day)],
    )


def _record_sites(connection: Connection, sites: Iterable[Site]) -> list[str]:
    """Return the sites that are new or have moved to another zone."""
    moved = []
    for site in sites:
        changed = connection.execute(
            "insert into workshop_site as known (site, timezone) values (%s, %s) on conflict (site)"
            " do update set timezone = excluded.timezone, spans_since = null, spans_until = null"
            " where known.timezone <> excluded.timezone returning site",
            (site.key, site.timezone),
        ).fetchone()
        if changed:
            connection.execute("delete from opening_span where site = %s", (site.key,))
            moved.append(site.key)
    return moved


def _record_stages(connection: Connection, stages: Sequence[Stage]) -> bool:
    """Say whether they differ from what was known."""
    ready = find_ready_stage(stages)
    wanted = [
        (stage.key, place, stage.kind, stage.name_cause(None), stage.key == ready)
        for place, stage in enumerate(stages)
    ]
    known = connection.execute(
        "select stage, position, kind, cause, is_ready from workshop_stage order by position"
    ).fetchall()
    if known == wanted:
        return False
    connection.execute("delete from workshop_stage")
    connection.cursor().executemany("insert into workshop_stage values (%s, %s, %s, %s, %s)", wanted)
    return True
