"""What everybody else notices of an attack: the longest wait for an answer, memory, and lines in the log."""

import multiprocessing
import os
import secrets
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bayboard.bench.attacks.strangers import ATTACKS, run_attack
from bayboard.bench.rig.parts import start_dashboard
from bayboard.demo.embedded import PostgresServer, find_free_port
from models.migrations.run import migrate

_MIB = 2**20
_SCALE = 40
_PROBE = b"GET /healthz HTTP/1.1\r\nHost: board\r\nConnection: close\r\n\r\n"
_PAUSE_SECONDS = 0.02
# After an attack, for what it left behind to be let go.
_REST_SECONDS = 2.0


@dataclass(slots=True)
class Watch:
    """What was seen of a dashboard while something was done to it."""

    waits: list[float] = field(default_factory=list)
    refused: int = 0
    resident: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Harm:
    """What one attack did."""

    name: str
    statuses: Mapping[str, int]
    seconds: float
    longest_ms: float
    p95_ms: float
    grown_mib: float
    log_lines: int


@contextmanager
def watching(port: int, process: psutil.Process) -> Iterator[Watch]:
    """Ask for an answer again and again, each on a connection of its own, and look at the memory."""
    watch, over = Watch(), threading.Event()

    def ask() -> None:
        while not over.is_set():
            begun = time.monotonic()
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                    connection.sendall(_PROBE)
                    watch.refused += not connection.recv(64).startswith(b"HTTP/1.1 200")
            except OSError:
                watch.refused += 1
            watch.waits.append((time.monotonic() - begun) * 1000)
            watch.resident.append(process.memory_info().rss)
            over.wait(_PAUSE_SECONDS)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield watch
    finally:
        over.set()
        asking.join()


def measure_attacks(workshop_file: Path, say: Callable[[str], None]) -> list[Harm]:
    """Do every attack to a dashboard of its own and measure what others notice."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bayboard-bench-")))
        directory.chmod(0o755)
        database = stack.enter_context(PostgresServer(directory / "postgresql", find_free_port()))
        migrate(database.url)
        environment = {
            "BAYBOARD_DATABASE_URL": database.url,
            "BAYBOARD_WORKSHOP_FILE": str(workshop_file),
            "BAYBOARD_SECRET_KEY": secrets.token_urlsafe(32),
            # This machine is a stranger here.
            "BAYBOARD_TRUSTED_PROXIES": "192.0.2.1",
            "BAYBOARD_LOG_FORMAT": "json",
        }
        port, process = start_dashboard(stack, directory, environment)
        time.sleep(_REST_SECONDS)
        log = directory / "serve.log"
        harms = [_measure_rest(port, process)]
        for name in ATTACKS:
            say(f"{name} …")
            harms.append(_measure(name, port, process, log))
    return harms


def _measure_rest(port: int, process: psutil.Process) -> Harm:
    with watching(port, process) as watch:
        time.sleep(_REST_SECONDS)
    return _harm("nothing, to compare", {}, _REST_SECONDS, watch, 0)


def _measure(name: str, port: int, process: psutil.Process, log: Path) -> Harm:
    lines, begun = _count_lines(log), time.monotonic()
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as attacker, watching(port, process) as watch:
        statuses = attacker.apply(run_attack, (name, port, _SCALE))
        seconds = time.monotonic() - begun
        time.sleep(_REST_SECONDS)
    return _harm(name, statuses, seconds, watch, _count_lines(log) - lines)


def _harm(name: str, statuses: Mapping[str, int], seconds: float, watch: Watch, lines: int) -> Harm:
    grown = (max(watch.resident) - watch.resident[0]) / _MIB
    p95 = statistics.quantiles(watch.waits, n=20)[18]
    return Harm(name, statuses, seconds, max(watch.waits), p95, grown, lines)


def _count_lines(log: Path) -> int:
    return log.read_bytes().count(b"\n")


def describe_attacks(harms: list[Harm]) -> str:
    """Lay the figures out as a table."""
    load = " ".join(f"{average:.1f}" for average in os.getloadavg())
    lines = [
        f"load average afterwards {load} on {os.cpu_count()} cores",
        f"{'attack':<34}{'s':>6}{'p95 ms':>9}{'worst ms':>10}{'MiB':>7}{'lines':>7}  answered",
    ]
    for harm in harms:
        answered = " ".join(f"{status}×{count}" for status, count in sorted(harm.statuses.items()))
        lines.append(
            f"{harm.name:<34}{harm.seconds:>6.1f}{harm.p95_ms:>9.1f}{harm.longest_ms:>10.1f}"
            f"{harm.grown_mib:>7.1f}{harm.log_lines:>7}  {answered}"
        )
    return "\n".join(lines)
