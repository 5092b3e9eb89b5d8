"""Chunk intervals compared: five years of one site's scans, cut by the week, the month, the quarter.

Owns scratch hypertables in the database it is given, made like `stage_scan` with its indexes and
dropped afterwards. Times are the database's own, of the queries ingest and pages ask.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from bayboard.bench.rig.real import BenchError
from models.database.engine import connect_database
from models.timescale.edition import detect_database

SCANS_A_DAY = 480  # 60 orders of 8 scans
_LIVE_ROWS = 500
_REPEATS = 15

_FILL = """
insert into {table}
    (site, device, event_id, at, received_at, corrected_at, work_order, stage, bay, technician)
select 's1', 'bay-B' || mod(number, 12), number::text, at, at, at, 'RO-' || number / 8, 'repairing',
    'B' || mod(number, 12), 'T' || mod(number, 18)
from (
    select number, timestamptz '2026-01-01' - interval '{seconds_apart} s' * ({rows} - number) as at
    from generate_series(1, {rows}) as number
) as scans
"""
_LIVE = """
insert into {table} (site, device, event_id, at, received_at, corrected_at, work_order, stage)
values ('s1', 'bay-B1', 'live-{number}', timestamptz '2026-01-01' + interval '{number} s', now(), now(),
    'RO-live', 'repairing')
on conflict do nothing
"""
# What ingest reads of an order that a scan has just touched, and what a page reads of an old one.
_FRESH = (
    "select * from {table} where site = 's1' and work_order = 'RO-{fresh}' and at >= timestamptz '2025-12-29'"
)
_HISTORY = "select * from {table} where site = 's1' and work_order = 'RO-{old}' order by at"
_MONTH = (
    "select bay, count(*) from {table} where site = 's1' and at >= timestamptz '2025-06-01'"
    " and at < timestamptz '2025-07-01' group by bay"
)


@dataclass(frozen=True, slots=True)
class Timing:
    """Medians of a query, in milliseconds, and its first planning on a new connection."""

    execution: float
    planning: float
    first_planning: float

    def __str__(self) -> str:
        return f"{self.execution:.2f} + {self.planning:.2f} ({self.first_planning:.1f})"


@dataclass(frozen=True, slots=True)
class ChunkFigures:
    """What one interval costs."""

    days: int
    chunks: int
    fill_rows_per_second: float
    live_rows_per_second: float
    fresh: Timing
    history: Timing
    month: Timing


def measure_chunks(
    database_url: str, intervals: Sequence[int], years: int, say: Callable[[str], None]
) -> list[ChunkFigures]:
    """Fill and ask a table for each interval, in days; raises BenchError without TimescaleDB."""
    engine = connect_database(database_url)
    figures = []
    try:
        for days in intervals:
            say(f"chunks of {days} days …")
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                if not detect_database(connection).has_hypertables():
                    raise BenchError("plain PostgreSQL has no chunks: name a TimescaleDB")
                table = f"bench_scan_{days}"
                _make_table(connection, table, days)
                try:
                    figures.append(_measure(connection, table, days, years))
                finally:
                    _run(connection, "drop table {table}", table=table)
            engine.dispose()  # the next one begins with nothing remembered
    finally:
        engine.dispose()
    return figures


def describe_chunks(figures: Sequence[ChunkFigures]) -> str:
    """Return the figures as a table for docs/store.md."""
    lines = [
        "| days | chunks | fill rows/s | live rows/s | order just touched | old order | one month |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.days} | {row.chunks} | {row.fill_rows_per_second:,.0f} | {row.live_rows_per_second:,.0f}"
        f" | {row.fresh} | {row.history} | {row.month} |"
        for row in figures
    ]
    return "\n".join([*lines, "", "Queries: execution + planning in ms (first planning of a connection)."])


def _make_table(connection: Connection, table: str, days: int) -> None:
    _run(connection, "drop table if exists {table}", table=table)
    _run(connection, "create table {table} (like stage_scan including indexes)", table=table)
    _run(
        connection,
        "select create_hypertable('{table}', by_range('at', interval '{days} days'),"
        " create_default_indexes => false)",
        table=table,
        days=days,
    )


def _measure(connection: Connection, table: str, days: int, years: int) -> ChunkFigures:
    rows = years * 365 * SCANS_A_DAY
    fill = _time(lambda: _run(connection, _FILL, table=table, rows=rows, seconds_apart=86400 // SCANS_A_DAY))
    live = _time(lambda: _insert_live(connection, table))
    _run(connection, "analyze {table}", table=table)
    values: dict[str, int | str] = {"table": table, "fresh": rows // 8 - 4, "old": rows // 16}
    return ChunkFigures(
        days,
        len(connection.exec_driver_sql(f"select show_chunks('{table}')").all()),
        rows / fill,
        _LIVE_ROWS / live,
        *(_explain(connection.engine, query.format(**values)) for query in (_FRESH, _HISTORY, _MONTH)),
    )


def _insert_live(connection: Connection, table: str) -> None:
    for number in range(_LIVE_ROWS):
        _run(connection, _LIVE, table=table, number=number)


def _explain(engine: Engine, query: str) -> Timing:
    engine.dispose()  # a new connection has planned nothing yet
    with engine.connect() as fresh:
        plans = [
            fresh.exec_driver_sql(f"explain (analyze, format json) {query}").scalar_one()[0]
            for _ in range(_REPEATS)
        ]
    return Timing(
        statistics.median(float(plan["Execution Time"]) for plan in plans[1:]),
        statistics.median(float(plan["Planning Time"]) for plan in plans[1:]),
        float(plans[0]["Planning Time"]),
    )


def _run(connection: Connection, statement: str, **values: int | str) -> None:
    connection.exec_driver_sql(statement.format(**values))


def _time(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
