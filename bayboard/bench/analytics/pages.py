"""How long the analytics pages take in the server, over years of one site and a year of many.

Owns the table. Each view is asked as a page asks it, from the address to the finished components; the
baseline is the same view over four weeks of one site, in the same run. Beside the time stands the
most memory that Python took for an answer, which must not grow with the history.
"""

import asyncio
import json
import statistics
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from plotly.utils import PlotlyJSONEncoder

from bayboard.bench.queries.data import Say, copy_database, extend, play
from bayboard.bench.queries.run import make_database
from bayboard.demo.embedded import PostgresServer, find_free_port
from config.workshop import Workshop
from dashboard.access.identity import Role, User
from dashboard.pages.analytics.filter import Asked
from dashboard.pages.analytics.question import Question
from dashboard.pages.analytics.views import VIEWS
from models.queries.analytics.overview import prepare, read_names

_REPEATS = 5
_ONE_SITE_GOAL_MS, _MANY_SITES_GOAL_MS = 300.0, 1000.0
# Beside the views as they open: what filters and clicks ask for.
_ASKED = {
    **{view: (view, Asked()) for view in VIEWS},
    "overview of a bay": ("overview", Asked(bays=("B04",))),
    "overview of a job type": ("overview", Asked(job_types=("repair",))),
    "stages of a technician": ("stages", Asked(technicians=("T003",))),
    "orders that waited for parts": ("orders", Asked(behind=(("cause", "parts"),))),
    "visits of a stage": ("orders", Asked(stage="repairing")),
}


def measure_analytics(
    workshop: Workshop, now: datetime, *, server_url: str | None, years: int, sites: int, say: Say
) -> Iterator[str]:
    """Make years of data on an embedded server, or on another one, and yield the lines of the table."""
    with make_years(workshop, now, server_url=server_url, years=years, sites=sites, say=say) as url:
        yield from measure_views(url, workshop, now, years=years, sites=sites)


@contextmanager
def make_years(
    workshop: Workshop, now: datetime, *, server_url: str | None, years: int, sites: int, say: Say
) -> Iterator[str]:
    """Make a database with years of the first site, and a year of so many, for as long as the context."""
    with _open_server() as embedded, make_database(embedded, workshop) as played:
        play(played, workshop, now, say)
        with make_database(server_url or embedded, workshop) as url:
            copy_database(played, url)
            extend(url, workshop.sites[0], years, sites, say)
            yield url


@contextmanager
def _open_server() -> Iterator[str]:
    with (
        TemporaryDirectory(prefix="bayboard-bench-") as directory,
        PostgresServer(Path(directory) / "data", find_free_port()) as server,
    ):
        yield server.url


def measure_views(
    database_url: str, workshop: Workshop, now: datetime, *, years: int, sites: int
) -> Iterator[str]:
    """Time every view in a database that has the data; the other sites are named like s1-2."""
    first = workshop.sites[0]
    others = [first.model_copy(update={"key": f"{first.key}-{n}"}) for n in range(2, sites + 1)]
    one = workshop.model_copy(update={"sites": [first]})
    many = workshop.model_copy(update={"sites": [first, *others]})
    long = "5y" if years >= 5 else "365d"  # noqa: PLR2004  # what the spans offer
    yield (
        f"server time, median of {_REPEATS} after one that warms up; of it computed by one process of the"
        " database and Python (least, where both run here); memory: the most Python took"
    )
    yield f"{'view':<32}{'1 site, 28 days':<36}{f'1 site, {long}':<36}{f'{sites} sites, 365d':<36}"
    for name, (view, asked) in _ASKED.items():
        cells = [f"{name:<32}"]
        baseline = 0.0
        for known, span, goal in (
            (one, "28d", _ONE_SITE_GOAL_MS),
            (one, long, _ONE_SITE_GOAL_MS),
            (many, "365d", _MANY_SITES_GOAL_MS),
        ):
            took_ms, computed_ms, peak_mb = asyncio.run(
                _measure(database_url, view, replace(asked, span=span), known, now)
            )
            baseline = baseline or took_ms
            ratio = "" if took_ms == baseline else f" ×{took_ms / baseline:.1f}"
            missed = " MISSED" if took_ms > goal else ""
            computed = "" if computed_ms is None else f" ({computed_ms:.0f})"
            cells.append(f"{took_ms:6.0f} ms{computed} {peak_mb:.1f} MB{ratio}{missed}".ljust(36))
        yield "".join(cells).rstrip()


async def _measure(
    database_url: str, view: str, asked: Asked, workshop: Workshop, now: datetime
) -> tuple[float, float | None, float]:
    """Return the median and the computing in milliseconds, and the most memory in megabytes."""
    selection = asked.select(User(Role.MANAGER), workshop, now)
    assert selection is not None  # noqa: S101  # a manager of every site
    question = Question(asked, selection, workshop, now, "en")
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await prepare(connection, selection)

        async def answer() -> float:
            began = time.perf_counter()
            drawn = await VIEWS[view](connection, question)
            await read_names(connection, selection)
            json.dumps(drawn, cls=PlotlyJSONEncoder)
            return (time.perf_counter() - began) * 1000

        await answer()
        took = [await answer() for _ in range(_REPEATS)]
        tracemalloc.start()
        await answer()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        computed = await _measure_computing(connection, answer)
    return statistics.median(took), computed, peak / 1e6


async def _measure_computing(
    connection: psycopg.AsyncConnection, answer: Callable[[], Awaitable[float]]
) -> float | None:
    """Return the least that an answer takes of one core; None where the server runs elsewhere."""
    backend = Path(f"/proc/{connection.info.backend_pid}")
    try:
        if not (backend / "cmdline").read_bytes().startswith(b"postgres"):
            return None
    except FileNotFoundError:
        return None
    # What a worker of a parallel query computes is not in the backend's own sum.
    await connection.execute("set max_parallel_workers_per_gather = 0")
    computed = []
    for _ in range(_REPEATS):
        began = _read_computed(backend)
        await answer()
        computed.append(_read_computed(backend) - began)
    return min(computed)


def _read_computed(backend: Path) -> float:
    """Return the milliseconds of a core that this process and a backend have taken so far."""
    return time.process_time() * 1000 + int((backend / "schedstat").read_text().split()[0]) / 1e6
