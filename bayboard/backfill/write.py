"""Simulated history into the database: one chunk, one transaction, with how far it has come.

Owns the table backfill_progress, and what a site must hold to be written: nothing, or what an
earlier run of the same plan has written. Rows and progress are committed together, so a killed run
goes on where it was, loses nothing and doubles nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from bayboard.backfill.orders import DERIVED_COLUMNS
from bayboard.backfill.story import CHUNK_DAYS, Chunk, Plan, tell_story
from bayboard.entry import CommandError
from ingest.steps.clocks import store_hearings
from ingest.steps.decode import Rules
from ingest.steps.rows import COLUMNS
from ingest.store.orders import write_vehicles
from ingest.store.write import announce
from models.database.copy import copy_rows
from models.locks import Lock, try_take
from models.rollups.marks import mark_site
from simulators.truth.lines import Write

# A car that comes back changes what is reckoned of the order before.
_COMES_BACK_WITHIN = timedelta(days=30)
_OCCUPIED_BY = (*COLUMNS, *DERIVED_COLUMNS)


def write_history(
    database_url: str,
    plan: Plan,
    rules: Rules,
    write_truth: Write | None,
    go_on: Callable[[int], bool],
    chunk_days: int = CHUNK_DAYS,
) -> Counter[str]:
    """Write what is missing of a site's history; return how many rows of which table that was.

    `go_on` is told the days that are written, after each chunk, and says whether to write more.
    Raises CommandError where something else is written already.
    """
    stored: Counter[str] = Counter()
    with psycopg.connect(database_url, autocommit=True) as connection, _hold(connection, plan.site.key):
        days_written = find_progress(connection, plan)
        if days_written == plan.days and write_truth is None:
            go_on(plan.days)
            return stored
        for chunk in tell_story(plan, rules, write_truth, chunk_days):
            if chunk.until_day > days_written:
                stored += _write(connection, plan, chunk)
            if not go_on(chunk.until_day):
                break
    return stored


def find_progress(connection: Connection, plan: Plan) -> int:
    """Return how many days of a history are written; raises CommandError if it is not its own to write."""
    site = plan.site.key
    known = connection.execute(
        "select plan, days_written from backfill_progress where site = %s", (site,)
    ).fetchone()
    if known is None:
        _refuse_foreign_rows(connection, site)
        return 0
    earlier, days_written = known
    described = plan.describe()
    if differences := [name for name in described if described[name] != earlier.get(name)]:
        raise CommandError(
            f"site {site} holds a history that was made with another {', another '.join(differences)};"
            " repeat its options to go on with it, or take an empty database"
        )
    return int(days_written)


def _refuse_foreign_rows(connection: Connection, site: str) -> None:
    for table in _OCCUPIED_BY:
        found = connection.execute(
            sql.SQL("select exists (select from {} where site = %s)").format(sql.Identifier(table)), (site,)
        ).fetchone()
        if found and found[0]:
            raise CommandError(
                f"site {site} already holds data that is no history of ours (table {table});"
                " take an empty database, or a site that has not been heard of"
            )


@contextmanager
def _hold(connection: Connection, site: str) -> Iterator[None]:
    """Keep other backfills from a site as long as this connection lives."""
    if not try_take(connection, Lock.BACKFILL, site):
        raise CommandError(f"another backfill is writing site {site}")
    yield


def _write(connection: Connection, plan: Plan, chunk: Chunk) -> Counter[str]:
    stored: Counter[str] = Counter()
    site = plan.site.key
    with connection.transaction():
        for rows_of, columns in ((chunk.rows, COLUMNS), (chunk.derived.rows, DERIVED_COLUMNS)):
            for table, rows in rows_of.items():
                copy_rows(connection, table, columns[table], rows)
                stored[table] += len(rows)
        write_vehicles(connection, ((site, facts) for facts in chunk.derived.facts))
        for heard in chunk.heard:
            store_hearings(connection, heard)
        since = max(plan.begins_at, chunk.news_since - _COMES_BACK_WITHIN)
        mark_site(connection, site, since, chunk.ends_at)
        announce(
            connection, {site: chunk.last_received_at}, {(site, order) for order in chunk.derived.orders}
        )
        connection.execute(
            "insert into backfill_progress (site, plan, days, days_written) values (%s, %s, %s, %s)"
            " on conflict (site) do update set days_written = excluded.days_written",
            (site, Jsonb(plan.describe()), plan.days, chunk.until_day),
        )
    return stored
