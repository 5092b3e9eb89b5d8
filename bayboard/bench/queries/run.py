"""How long boards and analytics pages wait for the database, on each kind of database.

Owns the databases, which are made and dropped again, the goals, and the table. Everything of a
ratio is measured in the same run. What is asked stands in queries.sql.
"""

import asyncio
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import LiteralString, TypedDict
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bayboard.bench.queries.data import Say, copy_database, extend, play
from bayboard.demo.embedded import PostgresServer, find_free_port
from config.workshop import Site, Workshop
from models.analytics.selection import Selection
from models.database.engine import connect_database
from models.migrations.run import migrate
from models.queries.analytics.overview import prepare
from models.queries.board.wall import read_board
from models.timescale.edition import detect_database

_QUERIES = Path(__file__).with_name("queries.sql")
_TIMESCALEDB = Path(__file__).parents[3] / "scripts" / "timescaledb.sh"
_REPEATS = 5
_SNAPSHOTS = 40
_BOARD_GOAL_MS, _ONE_SITE_GOAL_MS, _ALL_SITES_GOAL_MS = 10.0, 300.0, 1000.0
_RATIO_GOAL = 1.2
_ONE_SITE_ONLY = "(one site)"


class _Asked(TypedDict):
    """Of which sites and days something is asked."""

    sites: list[str]
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what was asked, how long it took, and how long it may take."""

    what: str
    milliseconds: float
    goal_milliseconds: float | None = None
    note: str = ""

    def __str__(self) -> str:
        goal = f"{self.goal_milliseconds:7,.0f}" if self.goal_milliseconds else "      -"
        missed = self.goal_milliseconds and self.milliseconds > self.goal_milliseconds
        return f"{self.what:<78}{self.milliseconds:9,.1f} ms{goal}  {'MISSED' if missed else ''}{self.note}"


def measure_queries(
    workshop: Workshop, now: datetime, *, database_url: str | None, years: int, sites: int, say: Say
) -> Iterator[str]:
    """Measure on every kind of database there is; yield the lines of the tables."""
    with (
        TemporaryDirectory(prefix="bayboard-bench-") as directory,
        PostgresServer(Path(directory) / "data", find_free_port()) as embedded,
        make_database(embedded.url, workshop) as played,
    ):
        play(played, workshop, now, say)
        yield (
            f"{workshop.sites[0].key}: a quarter simulated, {years} years and {sites} sites are copies of it;"
            f" median of {_REPEATS} (boards: {_SNAPSHOTS}), after one that warms up"
        )
        for server_url in _find_servers(embedded.url, database_url, say):
            yield from _measure_server(server_url, played, workshop, now, years, sites, say)


def _find_servers(embedded_url: str, database_url: str | None, say: Say) -> Iterator[str]:
    yield embedded_url
    port = str(find_free_port())
    started = subprocess.run([_TIMESCALEDB, "start", port], capture_output=True, text=True, check=False)
    if started.returncode == 0:
        try:
            yield started.stdout.strip()
        finally:
            subprocess.run([_TIMESCALEDB, "stop", port], check=True)
    else:
        say(f"without TimescaleDB Apache: {started.stderr.strip()}")
    if database_url:
        yield database_url


@contextmanager
def make_database(server_url: str, workshop: Workshop) -> Iterator[str]:
    """Yield the address of a new database with our tables, and drop it afterwards."""
    name = f"bayboard_bench_{time.monotonic_ns()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        url = urlsplit(server_url)._replace(path=f"/{name}").geturl()
        try:
            migrate(url, workshop.store)
            yield url
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _measure_server(
    server_url: str, played: str, workshop: Workshop, now: datetime, years: int, sites: int, say: Say
) -> Iterator[str]:
    site = workshop.sites[0]
    with make_database(server_url, workshop) as month_url, make_database(server_url, workshop) as url:
        kind = _describe(url)
        yield f"\n{kind}"
        copy_database(played, month_url, now - timedelta(days=30))
        copy_database(played, url)
        extend(url, site, years, sites, lambda line: say(f"{kind}: {line}"))
        month_ms, years_ms = _time_boards(month_url, url, site, now)
        ratio = years_ms / month_ms
        yield str(Row("board, 1 month of history", month_ms, _BOARD_GOAL_MS))
        note = f" ratio {ratio:.2f}" + (" MISSED" if ratio > _RATIO_GOAL else "")
        yield str(Row(f"board, {years} years of history", years_ms, _BOARD_GOAL_MS, note))
        today = now.astimezone(site.zone).date()
        one = _Asked(sites=[site.key], since=today - timedelta(round(years * 365.25)), until=today)
        keys = [site.key, *(f"{site.key}-{number}" for number in range(2, sites + 1))]
        every = _Asked(sites=keys, since=today - timedelta(days=365), until=today)
        one_site, many_sites = f"1 site, {years} years", f"{sites} sites, 1 year"
        yield from _time_all(url, one, one_site, _ONE_SITE_GOAL_MS)
        yield from _time_all(url, every, many_sites, _ALL_SITES_GOAL_MS)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_NEWS, (now - timedelta(hours=18),))
        yield from _time_all(url, one, f"{one_site}, all with news", _ONE_SITE_GOAL_MS)
        yield from _time_all(url, every, f"{many_sites}, all with news", _ALL_SITES_GOAL_MS)


def _time_all(url: str, asked: _Asked, of: str, goal: float) -> Iterator[str]:
    for name, query in read_queries().items():
        if len(asked["sites"]) > 1 and name.endswith(_ONE_SITE_ONLY):
            continue
        took = asyncio.run(_time_query(url, query, asked))
        yield str(Row(f"{of}: {name.removesuffix(_ONE_SITE_ONLY).strip()}", took, goal))


async def _time_query(url: str, query: LiteralString, asked: _Asked) -> float:
    """Return the median in milliseconds, asked as pages ask: the news of many sites wait to be settled."""
    took = []
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await prepare(connection, Selection(tuple(asked["sites"]), asked["since"], asked["until"]))
        for _ in range(_REPEATS + 1):
            began = time.perf_counter()
            await (await connection.execute(query, asked)).fetchall()
            took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took[1:])


def _time_boards(month_url: str, years_url: str, site: Site, now: datetime) -> tuple[float, float]:
    """Return the median of each, taken in turn, so that what else the machine does hits both."""

    async def measure() -> tuple[float, float]:
        day_began_at = now.astimezone(site.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        took: tuple[list[float], list[float]] = ([], [])
        async with (
            await psycopg.AsyncConnection.connect(month_url, autocommit=True) as month,
            await psycopg.AsyncConnection.connect(years_url, autocommit=True) as years,
        ):
            for _ in range(_SNAPSHOTS + 1):
                for connection, times in zip((month, years), took, strict=True):
                    began = time.perf_counter()
                    await read_board(connection, site.key, now, day_began_at)
                    times.append((time.perf_counter() - began) * 1000)
        return statistics.median(took[0][1:]), statistics.median(took[1][1:])

    return asyncio.run(measure())


def read_queries() -> dict[str, LiteralString]:
    """Read what is asked, by name."""
    text: LiteralString = _QUERIES.read_text(encoding="utf-8")
    parts = text.split("-- name: ")[1:]
    return {part.split("\n", 1)[0]: part.split("\n", 1)[1] for part in parts}


def _describe(url: str) -> str:
    engine = connect_database(url)
    try:
        with engine.connect() as connection:
            return str(detect_database(connection))
    finally:
        engine.dispose()


_NEWS: LiteralString = """
insert into rollup_dirty (site, since, until)
select site, moment, moment from workshop_site cross join (select %s::timestamptz as moment) as latest
"""
