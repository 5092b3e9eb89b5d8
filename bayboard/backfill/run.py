"""Backfill: the history of several sites, each by one process at a time.

Owns who writes which, what becomes of the parts of the truth, and what is done once all are written.
"""

import multiprocessing
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import Empty

import msgspec
import psycopg
from psycopg import sql

from bayboard.backfill.orders import DERIVED_COLUMNS
from bayboard.backfill.story import Plan
from bayboard.backfill.write import find_progress, write_history
from bayboard.demo.embedded import die_with_parent
from bayboard.entry import CommandError
from config.workshop import Workshop
from ingest.steps.decode import Rules
from ingest.steps.rows import COLUMNS
from models.database.engine import connect_database
from models.rollups.mileage import aggregate_history
from models.rollups.settle import refresh_rollups
from simulators.truth.lines import Line, Write

# Called with a site and how many of its days are written.
Tell = Callable[[str, int], None]

_LONGEST_WAIT_SECONDS = 0.2
_FILLED = (*COLUMNS, *DERIVED_COLUMNS, "vehicle", "site_vehicle", "device_state")


@dataclass(frozen=True, slots=True)
class Task:
    """A history to be written, and where its truth goes."""

    database_url: str
    plan: Plan
    rules: Rules
    truth: Path | None


def run_backfill(
    database_url: str,
    plans: Sequence[Plan],
    rules: Rules,
    *,
    jobs: int,
    truth: Path | None,
    stop: threading.Event,
    tell: Tell,
) -> Counter[str]:
    """Write the histories of all plans; return how many rows of which table were written.

    Raises CommandError where a site holds something else, before anything is written.
    """
    with psycopg.connect(database_url, autocommit=True) as connection:
        for plan in plans:
            find_progress(connection, plan)
    tasks = [Task(database_url, plan, rules, truth and _name_part(truth, plan)) for plan in plans]
    jobs = min(jobs, len(tasks))
    stored = _run_here(tasks, stop, tell) if jobs == 1 else _run_in_processes(tasks, jobs, stop, tell)
    if stop.is_set():
        raise CommandError("stopped; the same command goes on where it was")
    if truth:
        _join(truth, [task.truth for task in tasks if task.truth])
    return stored


def settle_history(database_url: str, plans: Sequence[Plan], workshop: Workshop, now: datetime) -> None:
    """Let the planner know what is there now, and settle the figures of all days that were written."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for table in _FILLED:
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(table)))
        refresh_rollups(connection, workshop, now, [plan.site for plan in plans])
    engine = connect_database(database_url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as aggregating:
        aggregate_history(aggregating, now)
    engine.dispose()


def _run_here(tasks: Sequence[Task], stop: threading.Event, tell: Tell) -> Counter[str]:
    stored: Counter[str] = Counter()
    for task in tasks:
        if not stop.is_set():
            stored += _write(task, stop.is_set, tell)
    return stored


def _run_in_processes(tasks: Sequence[Task], jobs: int, stop: threading.Event, tell: Tell) -> Counter[str]:
    context = multiprocessing.get_context("spawn")
    told: Queue[tuple[str, int]] = context.Queue()
    stopping = context.Event()
    with ProcessPoolExecutor(jobs, context, _begin_process, (told, stopping)) as pool:
        writing = [pool.submit(_write_in_process, task) for task in tasks]
        while not stop.is_set() and not _is_over(writing):
            with suppress(Empty):
                tell(*told.get(timeout=_LONGEST_WAIT_SECONDS))
        stopping.set()
        pool.shutdown(cancel_futures=True)
    return sum((done.result() for done in writing if not done.cancelled()), Counter[str]())


def _is_over(writing: Sequence["Future[Counter[str]]"]) -> bool:
    """Say whether all are done, or one has failed."""
    done = [future for future in writing if future.done()]
    return len(done) == len(writing) or any(future.exception() for future in done)


_process: tuple["Queue[tuple[str, int]]", Event] | None = None


def _begin_process(told: "Queue[tuple[str, int]]", stopping: Event) -> None:
    """Make this process one that writes sites: it dies with its parent, which alone hears signals."""
    global _process  # noqa: PLW0603  # what a pool's initializer leaves for its tasks
    die_with_parent(signal.SIGKILL)()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    _process = (told, stopping)


def _write_in_process(task: Task) -> Counter[str]:
    assert _process  # noqa: S101  # set when the process began
    told, stopping = _process
    return _write(task, stopping.is_set, lambda site, days: told.put((site, days)))


def _write(task: Task, is_stopped: Callable[[], bool], tell: Tell) -> Counter[str]:
    def go_on(days: int) -> bool:
        tell(task.plan.site.key, days)
        return not is_stopped()

    with _open_truth(task.truth) as write_truth:
        return write_history(task.database_url, task.plan, task.rules, write_truth, go_on)


def _name_part(truth: Path, plan: Plan) -> Path:
    return truth.with_name(f"{truth.name}.{plan.site.key}")


@contextmanager
def _open_truth(part: Path | None) -> Iterator[Write | None]:
    if part is None:
        yield None
        return
    with part.open("wb") as file:

        def write(line: Line) -> None:
            file.write(msgspec.json.encode(line) + b"\n")

        yield write


def _join(truth: Path, parts: Sequence[Path]) -> None:
    with truth.open("wb") as whole:
        for part in parts:
            with part.open("rb") as lines:
                shutil.copyfileobj(lines, whole)
            part.unlink()
