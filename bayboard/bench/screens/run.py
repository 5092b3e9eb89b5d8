"""What hundreds of screens cost one dashboard, pushed to and, beside it, polling.

Owns the order of a run: screens open, a while without changes, then scans one after the other while a real
browser shows the wall. Then the same number of screens polls the same board. What of a figure is
better here than in life: everything runs on one machine, and simulated screens draw nothing.
"""

import multiprocessing
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from bayboard.bench.rig.chromium import launch_chromium
from bayboard.bench.rig.parts import wait_until
from bayboard.bench.screens.clients import Tally, run_screens
from bayboard.bench.screens.pixel import PixelTimes, open_probe, publish_probes, read_probe
from bayboard.bench.screens.polled import POLLED_PATH, serve_polled
from bayboard.bench.screens.rig import Rig, make_cookie, read_usage, run_rig
from bayboard.commands.screen import make_screen_link
from config.workshop import Site
from simulators.scaled import scale_workshop

_PROBE_BAY = "PROBE"
# A dashboard learns its sites' histories soon after its start; that is not what is measured.
_SETTLE_SECONDS = 30.0
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Load:
    """What screens that are kept current in one way came to.

    CPU in percent of a core, of all the dashboard's processes; times from publish to the frame's arrival.
    """

    idle_percent: float
    busy_percent: float
    resident_mib: float
    milliseconds: Sequence[float]
    missing: int
    bytes_per_change: float
    idle_bytes_per_second: float

    def quantile(self, percent: int) -> float:
        """Return a percentile of the times."""
        return statistics.quantiles(self.milliseconds, n=100)[percent - 1]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both ways, and what the browser saw of the pushed one."""

    screens: int
    workers: int
    push: Load
    polling: Load
    pixel: PixelTimes


def measure_screens(
    *,
    site: Site,
    workshop_file: Path,
    screens: int,
    workers: int,
    scans: int,
    idle_seconds: float,
    now: datetime,
    say: Callable[[str], None],
) -> Comparison:
    """Measure so many screens of one site on so many processes; raises BenchError where a part is missing."""
    with tempfile.TemporaryDirectory(prefix="bayboard-bench-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        # A shop that never closes, so that the figures do not depend on when they are measured.
        always_open = directory / "workshop.toml"
        always_open.write_text(scale_workshop(workshop_file.read_text(encoding="utf-8"), 1), encoding="utf-8")
        with run_rig(directory, always_open, workers) as rig:
            rig.fill_shop(site.key, [bay.key for bay in site.bays])
            tokens = rig.add_screens(site.key, screens + 1, now)
            trial = _Trial(rig, site.key, scans, idle_seconds, say)
            say(f"{screens} screens are pushed to by {workers} process{'es' * (workers > 1)} …")
            push, pixel = trial.push(tokens)
            say(f"{screens} screens poll …")
            polling = trial.poll(screens, workers, always_open)
    return Comparison(screens, workers, push, polling, pixel)


@dataclass(frozen=True, slots=True)
class _Trial:
    """One number of screens, in both ways."""

    rig: Rig
    site: str
    scans: int
    idle_seconds: float
    say: Callable[[str], None]

    def push(self, tokens: Sequence[str]) -> tuple[Load, PixelTimes]:
        """Measure open streams, and the browser as one more of them."""
        time.sleep(_SETTLE_SECONDS)
        probe, *others = tokens
        cookies = [make_cookie(self.site, token) for token in others]
        path = f"/stream/wall/{self.site}?lang=en"
        with open_screens(self.rig.port, path, cookies, polls=False) as ask, launch_chromium() as browser:
            idle = self._rest(ask, [self.rig.dashboard])
            page = open_probe(browser, make_screen_link(probe, self.rig.address))
            time.sleep(3)
            load, published = self._busy(ask, [self.rig.dashboard], idle, range(self.scans))
            return load, read_probe(page, published)

    def poll(self, screens: int, workers: int, workshop_file: Path) -> Load:
        """Measure the same board, asked for every second by as many."""
        with (
            _polled(self.rig.database_url, workshop_file, self.site, workers) as (port, servers),
            open_screens(port, POLLED_PATH, [""] * screens, polls=True) as ask,
        ):
            idle = self._rest(ask, servers)
            return self._busy(ask, servers, idle, range(self.scans, 2 * self.scans))[0]

    def _rest(self, ask: Callable[[], Tally], servers: Sequence[psutil.Process]) -> tuple[float, float]:
        """Return what a while without changes costs: CPU, and bytes a second to each screen."""
        ask()
        before = read_usage(servers)
        time.sleep(self.idle_seconds)
        after, tally = read_usage(servers), ask()
        return after.percent_since(before), tally.received_bytes / tally.screens / self.idle_seconds

    def _busy(
        self,
        ask: Callable[[], Tally],
        servers: Sequence[psutil.Process],
        idle: tuple[float, float],
        numbers: range,
    ) -> tuple[Load, Mapping[str, float]]:
        ask()
        before = read_usage(servers)
        published = publish_probes(self.rig.mqtt_url, self.site, _PROBE_BAY, numbers)
        after, tally = read_usage(servers), ask()
        times = [at - published[name] for name, at in tally.arrivals if name in published]
        per_change = tally.change_bytes / tally.changes if tally.changes else 0.0
        load = Load(
            idle_percent=idle[0],
            busy_percent=after.percent_since(before),
            resident_mib=after.resident_bytes / _MIB,
            milliseconds=sorted(times),
            missing=tally.screens * len(numbers) - len(times),
            bytes_per_change=per_change or tally.received_bytes / tally.screens / len(numbers),
            idle_bytes_per_second=idle[1],
        )
        return load, published


@contextmanager
def open_screens(
    port: int, path: str, cookies: Sequence[str], *, polls: bool
) -> Iterator[Callable[[], Tally]]:
    """Run simulated screens; gives what asks them for what they received since the last time."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=run_screens, args=(theirs, port, path, cookies), kwargs={"polls": polls}, daemon=True
    )
    process.start()
    theirs.close()

    def ask() -> Tally:
        return _ask(ours)

    try:
        wait_until(lambda: ask().screens == len(cookies), "not every screen was answered")
        yield ask
    finally:
        ours.close()
        process.join()


def _ask(screens: Connection) -> Tally:
    screens.send(None)
    tally = screens.recv()
    assert isinstance(tally, Tally)  # noqa: S101  # what they send
    return tally


@contextmanager
def _polled(
    database_url: str, workshop_file: Path, site: str, workers: int
) -> Iterator[tuple[int, list[psutil.Process]]]:
    """Serve the board to polls from so many processes; gives the port and the processes."""
    context = multiprocessing.get_context("spawn")
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        servers = [
            context.Process(
                target=serve_polled, args=(database_url, workshop_file, site, [listening]), daemon=True
            )
            for _ in range(workers)
        ]
        for server in servers:
            server.start()
        try:
            yield listening.getsockname()[1], [psutil.Process(server.pid) for server in servers]
        finally:
            for server in servers:
                server.kill()
                server.join()


def describe_screens(found: Comparison) -> str:
    """Lay the figures out as a table, push beside polling."""
    push, polling = found.push, found.polling
    load = " ".join(f"{average:.1f}" for average in os.getloadavg())
    rows = [
        ("publish -> screen, p50, ms", push.quantile(50), polling.quantile(50)),
        ("publish -> screen, p95, ms", push.quantile(95), polling.quantile(95)),
        ("scans that never reached a screen", push.missing, polling.missing),
        ("idle CPU, % of a core", push.idle_percent, polling.idle_percent),
        ("CPU at 3 scans a second, % of a core", push.busy_percent, polling.busy_percent),
        ("resident memory, MiB", push.resident_mib, polling.resident_mib),
        ("bytes to a screen per change", push.bytes_per_change, polling.bytes_per_change),
        ("bytes to a screen per idle second", push.idle_bytes_per_second, polling.idle_bytes_per_second),
    ]
    processes = f"{found.workers} process{'es' * (found.workers > 1)}"
    lines = [
        f"{found.screens} screens, {processes}; load average afterwards {load} on {os.cpu_count()} cores",
        f"browser: {found.pixel}",
        f"{'':<40}{'push':>12}{'polling':>12}{'ratio':>9}",
    ]
    for name, ours, theirs in rows:
        ratio = f"{theirs / ours:>9.1f}" if ours else ""
        lines.append(f"{name:<40}{ours:>12,.1f}{theirs:>12,.1f}{ratio}")
    return "\n".join(lines)
