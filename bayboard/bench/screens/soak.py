"""Whether a wall and a lounge stay small: a day of the demo before a browser, in a fraction of it.

Owns the demo it starts, the two pages, and when they are weighed: once a simulated hour, after their
garbage was collected. Figures at the start and at the end are medians over a quarter of the hours
each, because a page with more cars on it is larger without having grown.
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from bayboard.bench.rig.chromium import PageMemory, launch_chromium, open_screen, weigh_page
from bayboard.bench.rig.real import BenchError
from bayboard.demo.embedded import die_with_parent, find_free_port

# Until it has cars in every stage, as many as it will ever have, a new shop's board only grows.
_WARM_UP_HOURS = 6
_HOUR_SECONDS = 3600.0
_MIB = 2**20
_KINDS = ("wall", "lounge")


@dataclass(frozen=True, slots=True)
class Hour:
    """What was weighed at the end of a simulated hour: each page by its kind, and the server."""

    pages: dict[str, PageMemory]
    server_bytes: int


@dataclass(frozen=True, slots=True)
class Growth:
    """A figure at the start and at the end of the soak."""

    name: str
    unit: str
    start: float
    end: float

    @property
    def percent(self) -> float:
        """Return by how much it grew."""
        return 100 * (self.end / self.start - 1)

    def __str__(self) -> str:
        return f"{self.name:<28}{self.start:>10,.2f}{self.end:>10,.2f} {self.unit:<4}{self.percent:>+8.1f} %"


def measure_soak(hours: int, speed: float, say: Callable[[str], None]) -> list[Growth]:
    """Let a demo run for so many simulated hours before a wall and a lounge; return how they grew."""
    with (
        tempfile.TemporaryDirectory(prefix="bayboard-soak-") as directory,
        _demo(directory, speed) as demo,
        launch_chromium() as browser,
    ):
        pages = {kind: open_screen(browser, demo.addresses[kind]) for kind in _KINDS}
        begun = time.monotonic()
        weighed: list[Hour] = []
        for hour in range(1, _WARM_UP_HOURS + hours + 1):
            time.sleep(max(0.0, begun + hour * _HOUR_SECONDS / speed - time.monotonic()))
            memory = {kind: weigh_page(page) for kind, page in pages.items()}
            weighed.append(Hour(memory, demo.server.memory_info().rss))
            say(_describe_hour(hour - _WARM_UP_HOURS, weighed[-1]))
    return compare_ends(weighed[_WARM_UP_HOURS:])


def compare_ends(hours: Sequence[Hour]) -> list[Growth]:
    """Compare the last quarter of the hours with the first."""
    growths = []
    for kind in _KINDS:
        pages = [hour.pages[kind] for hour in hours]
        growths += [
            _compare(f"{kind}: heap", "MiB", [page.heap_bytes / _MIB for page in pages]),
            _compare(f"{kind}: nodes", "", [page.nodes for page in pages]),
            _compare(f"{kind}: event listeners", "", [page.listeners for page in pages]),
        ]
    return [
        *growths,
        _compare("server: resident memory", "MiB", [hour.server_bytes / _MIB for hour in hours]),
    ]


def _compare(name: str, unit: str, figures: Sequence[float]) -> Growth:
    quarter = max(1, len(figures) // 4)
    return Growth(name, unit, statistics.median(figures[:quarter]), statistics.median(figures[-quarter:]))


def describe_soak(growths: Sequence[Growth]) -> str:
    """Lay the figures out as a table."""
    return "\n".join([f"{'':<28}{'start':>10}{'end':>10}", *map(str, growths)])


@dataclass(frozen=True, slots=True)
class _Demo:
    """A running demo: the addresses of its boards by kind, and the process that serves them."""

    addresses: dict[str, str]
    server: psutil.Process


@contextmanager
def _demo(directory: str, speed: float) -> Iterator[_Demo]:
    command = [sys.executable, "-P", "-m", "bayboard", "demo", "--data", directory, "--speed", str(speed)]
    command += ["--port", str(find_free_port()), "--mqtt-port", str(find_free_port())]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent(),  # noqa: PLW1509  # a plain prctl call
    )
    try:
        yield _Demo(_read_addresses(process), _find_server(process.pid))
    finally:
        process.terminate()
        process.wait()


def _read_addresses(process: "subprocess.Popen[str]") -> dict[str, str]:
    """Return the addresses that the demo prints, by kind of board."""
    found: dict[str, str] = {}
    for line in process.stdout or ():
        if board := re.fullmatch(rf"({'|'.join(_KINDS)}): (\S+)\n", line):
            found[board[1]] = board[2]
        if len(found) == len(_KINDS):
            return found
    raise BenchError("the demo did not start; `bayboard demo` says why")


def _find_server(demo_pid: int) -> psutil.Process:
    children = psutil.Process(demo_pid).children()
    return next(child for child in children if "serve" in child.cmdline())


def _describe_hour(hour: int, weighed: Hour) -> str:
    pages = ", ".join(
        f"{kind} {memory.heap_bytes / _MIB:.2f} MiB {memory.nodes} nodes"
        for kind, memory in weighed.pages.items()
    )
    return f"hour {hour:>3}: {pages}, server {weighed.server_bytes / _MIB:.0f} MiB"
