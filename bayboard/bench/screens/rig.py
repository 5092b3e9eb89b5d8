"""A whole Bayboard of its own for screens: database, broker, ingest and dashboard, each its own process.

Owns starting and ending them in a directory, a shop with cars in it, a token for every screen, and
what the dashboard's processes use of the machine.
"""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from psycopg import AsyncConnection

from bayboard.bench.ingest.load import publish_all
from bayboard.bench.rig.parts import start_dashboard, start_part
from bayboard.bench.rig.real import Mosquitto
from bayboard.console import ask_database
from bayboard.demo.embedded import PostgresServer, find_free_port
from dashboard.access.cookies import name_screen
from dashboard.access.identity import ScreenKind
from dashboard.access.passwords import draw_token
from models.contract.payloads import StageScan, encode
from models.migrations.run import migrate
from models.queries.access.screens import add_screen

_WAITING_STAGES = ("received", "awaiting_parts", "awaiting_approval", "quality_check", "ready")
_WAITING_CARS = 25


@dataclass(frozen=True, slots=True)
class Rig:
    """Running parts, and the dashboard's process, which may have workers below it."""

    database_url: str
    mqtt_url: str
    port: int
    dashboard: psutil.Process

    @property
    def address(self) -> str:
        """Return the dashboard's address."""
        return f"http://127.0.0.1:{self.port}"

    def add_screens(self, site: str, count: int, now: datetime) -> list[str]:
        """Make screens of a site's wall and return the token of each."""
        tokens = [draw_token() for _ in range(count)]

        async def add(connection: AsyncConnection[Any]) -> None:
            for token in tokens:
                await add_screen(connection, token, ScreenKind.WALL, site, "bench", now, reusable=True)

        ask_database(self.database_url, add)
        return tokens

    def fill_shop(self, site: str, bays: Sequence[str]) -> None:
        """Put a car into every bay and as many into queues as a wall shows."""
        port = int(self.mqtt_url.rpartition(":")[2])
        places = [("repairing", bay) for bay in bays]
        places += [(_WAITING_STAGES[n % len(_WAITING_STAGES)], "") for n in range(_WAITING_CARS)]
        messages = []
        for number, (stage, bay) in enumerate(places):
            scan = StageScan(
                id=f"car-{number}",
                at=datetime.now(UTC),
                work_order=f"RO-{number}",
                stage=stage,
                bay=bay or None,
                operation="Front brake pads",
            )
            messages.append((f"workshop/v1/{site}/scanner/bench/stage", encode(scan)))
        publish_all(port, messages)


def make_cookie(site: str, token: str) -> str:
    """Return what a wall's screen sends to show who it is."""
    return f"{name_screen(ScreenKind.WALL, site)}={token}"


@contextmanager
def run_rig(directory: Path, workshop_file: Path, workers: int) -> Iterator[Rig]:
    """Run everything until the context ends; raises BenchError when the dashboard does not answer."""
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(directory / "mosquitto"))
        database = stack.enter_context(PostgresServer(directory / "postgresql", find_free_port()))
        migrate(database.url)
        environment = {
            "BAYBOARD_DATABASE_URL": database.url,
            "BAYBOARD_MQTT_URL": broker.url,
            "BAYBOARD_WORKSHOP_FILE": str(workshop_file),
            "BAYBOARD_SECRET_KEY": secrets.token_urlsafe(32),
        }
        start_part(stack, directory, environment, "ingest")
        port, dashboard = start_dashboard(stack, directory, environment, workers)
        yield Rig(database.url, broker.url, port, dashboard)


@dataclass(frozen=True, slots=True)
class Usage:
    """What processes had used of the machine at a moment."""

    at_seconds: float
    cpu_seconds: Mapping[int, float]
    resident_bytes: int

    def percent_since(self, before: "Usage") -> float:
        """Return the CPU time used since then by those that ran all the time, in percent of one core."""
        both = self.cpu_seconds.keys() & before.cpu_seconds.keys()
        used = sum(self.cpu_seconds[pid] - before.cpu_seconds[pid] for pid in both)
        return 100 * used / (self.at_seconds - before.at_seconds)


def read_usage(processes: Sequence[psutil.Process]) -> Usage:
    """Read what processes and everything they started have used."""
    family = {
        each.pid: each for process in processes for each in [process, *process.children(recursive=True)]
    }
    cpu, resident = {}, 0
    for pid, process in family.items():
        try:
            times = process.cpu_times()
            resident += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
        cpu[pid] = times.user + times.system
    return Usage(time.monotonic(), cpu, resident)
