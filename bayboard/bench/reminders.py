"""`bayboard bench reminders`: services foreseen, and 200,000 vehicles gone over.

Owns what is measured and how it is said. The cars, how they are driven and what goes wrong with their
odometers are the simulator's; what is measured is what the engine runs.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from statistics import median

import psutil
import psycopg

from bayboard.bench.odometer.refusals import BEGAN
from bayboard.bench.odometer.story import CarStory, tell_stories
from bayboard.demo.embedded import PostgresServer, find_free_port
from config.workshop import Workshop
from models.domain.service.mileage import Mark, reckon_rate
from models.migrations.run import migrate
from models.queries.service.vehicles import prepare_tables
from reminders.service.due import reckon_all
from reminders.service.plans import make_plans
from reminders.service.raising import raise_all
from reminders.service.review import review_vehicles
from simulators.vehicles import Car

_AHEAD_DAYS, _NEAR_DAYS = 30, 7.0
_UNKNOWN_KM_PER_DAY = 38.0
# So many vehicles have readings that wait for their verdicts.
_READ, _REVIEWED_AT_ONCE = 2000, 200
_ROWS = (files("bayboard.bench") / "reminder_rows.sql").read_text()

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Projections:
    """Errors in days of crossings projected 30 days before, of connected cars and of the others."""

    connected: Sequence[float]
    others: Sequence[float]

    def __str__(self) -> str:
        rows = {"connected": self.connected, "others": self.others, "all": [*self.connected, *self.others]}
        return "\n".join(_say_errors(name, errors) for name, errors in rows.items())


def _say_errors(name: str, errors: Sequence[float]) -> str:
    near = sum(abs(error) <= _NEAR_DAYS for error in errors) / len(errors)
    middle = median(abs(error) for error in errors)
    return f"{name}: {near:.1%} of {len(errors):,} within 7 days, median error {middle:.1f} days"


def measure_projections(cars: int, seed: str = "bench") -> Projections:
    """Project over two years of each car, every month, when it will have driven what it has 30 days later."""
    errors: dict[bool, list[float]] = {True: [], False: []}
    for story in tell_stories(seed, cars, BEGAN, 730, faulty={}, faults_after_days=730):
        marks = [Mark(told.reading.at, told.reading.km) for told in story.told]
        for month in range(4, 23):
            at = BEGAN + timedelta(days=30.4 * month)
            known = [mark for mark in marks if mark.at <= at]
            if known and at.date() > story.car.in_service_on:
                errors[story.car.connected].append(_project(story, known, at))
    return Projections(errors[True], errors[False])


def _project(story: CarStory, known: Sequence[Mark], at: datetime) -> float:
    """Return how many days off the projected crossing of a mileage is that is really reached in 30 days."""
    rate = reckon_rate(known, story.car.in_service_on, _UNKNOWN_KM_PER_DAY)
    crossing = at + timedelta(days=_AHEAD_DAYS)
    target = story.car.reckon_km(crossing)
    last = known[-1]
    projected = last.at + timedelta(days=(target - last.km) / rate.km_per_day)
    return (projected - _find_crossing(story.car, target, crossing)) / timedelta(days=1)


def _find_crossing(car: Car, target_km: float, at: datetime) -> datetime:
    """Return the hour in which a car's odometer first shows a mileage that it shows at `at`."""
    while car.reckon_km(at - timedelta(hours=1)) >= target_km:
        at -= timedelta(hours=1)
    return at


def _read_cpu(process: psutil.Process) -> float:
    """Return the seconds of a core that a process has had: what a pass costs, however busy the machine is."""
    times = process.cpu_times()
    return float(times.user + times.system)


def measure_pass(vehicles: int, workshop: Workshop, say: Say) -> str:
    """Time passes over every vehicle of a durable database, and reviews of those that have new readings."""
    now = datetime.combine(date(2026, 11, 22), datetime.min.time(), UTC) + timedelta(hours=3)
    # All customers of the bench want to be reminded.
    willing = workshop.reminders.model_copy(update={"consent": "opt_out"})
    plans = make_plans(workshop.model_copy(update={"reminders": willing}))
    directory = Path(tempfile.mkdtemp(prefix="bayboard-bench-"))
    try:
        with PostgresServer(directory / "postgresql", find_free_port()) as server:
            migrate(server.url)
            with psycopg.connect(server.url, autocommit=True) as connection:
                say(f"filling a database with {vehicles:,} vehicles")
                filling = {"vehicles": vehicles, "site": workshop.sites[0].key, "now": now, "read": _READ}
                psycopg.ClientCursor(connection).execute(_ROWS, filling)
                prepare_tables(connection)
                lines = []
                backend = psutil.Process(connection.info.backend_pid)
                for name, when in (
                    ("first pass, every row new", now),
                    ("the same again", now),
                    ("a day later", now + timedelta(days=1)),
                ):
                    say(name)
                    started, ours, its = time.perf_counter(), time.process_time(), _read_cpu(backend)
                    reckoned = sum(reckon_all(connection, plans, when))
                    seconds, ours = time.perf_counter() - started, time.process_time() - ours
                    lines.append(
                        f"{name}: {reckoned:,} vehicles in {seconds:.1f} s;"
                        f" of a core, engine {ours:.1f} s and database {_read_cpu(backend) - its:.1f} s"
                    )
                rows = connection.execute("select count(*) from service_due").fetchone()
                lines.append(f"due items: {rows[0] if rows else 0:,}")
                say("raising")
                started = time.perf_counter()
                raised = sum(each.reminders for each in raise_all(connection, plans, now + timedelta(days=1)))
                lines.append(f"raised: {raised:,} reminders in {time.perf_counter() - started:.1f} s")
                say("reviewing")
                vins = [
                    vin for (vin,) in connection.execute("select vin from vehicle order by vin limit 2000")
                ]
                started = time.perf_counter()
                for first in range(0, len(vins), _REVIEWED_AT_ONCE):
                    review_vehicles(connection, vins[first : first + _REVIEWED_AT_ONCE], plans, now)
                each = (time.perf_counter() - started) / len(vins)
                lines.append(f"review after a new reading, 60 readings each: {1000 * each:.1f} ms a vehicle")
                return "\n".join(lines)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
