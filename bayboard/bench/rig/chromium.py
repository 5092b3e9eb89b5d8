"""Debian's Chromium for benchmarks, through Playwright, and what a page of it holds in memory.

Owns saying what is missing where either is not installed: neither is needed in production.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bayboard.bench.rig.real import BenchError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize

_CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic")
WALL_WIDTH, WALL_HEIGHT = 1920, 1080
_DESK: "ViewportSize" = {"width": 1440, "height": 900}


@contextmanager
def launch_chromium() -> Iterator["Browser"]:
    """Run a browser without a window; raises BenchError where Playwright or Chromium is missing."""
    with _start_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(_CHROMIUM), args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def launch_profile(directory: Path) -> Iterator["BrowserContext"]:
    """Run a browser as somebody has it at a desk, who keeps cache and compiled scripts in a directory."""
    with _start_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            directory, executable_path=str(_CHROMIUM), args=_FLAGS, viewport=_DESK
        )
        try:
            yield context
        finally:
            context.close()


@contextmanager
def _start_playwright() -> Iterator["Playwright"]:
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  # not needed in production
    except ImportError as error:
        raise BenchError("needs Playwright, which `make env` installs") from error
    if not _CHROMIUM.exists():
        raise BenchError("needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        yield playwright


def open_screen(browser: "Browser", url: str) -> "Page":
    """Open a board on a screen of its own, as large as a wall's."""
    page = browser.new_context(viewport={"width": WALL_WIDTH, "height": WALL_HEIGHT}).new_page()
    page.goto(url)
    page.wait_for_selector("html:not([data-stale]) #board[data-age]")
    return page


@dataclass(frozen=True, slots=True)
class PageMemory:
    """What a page holds once everything that can be forgotten has been."""

    heap_bytes: int
    nodes: int
    listeners: int


def weigh_page(page: "Page") -> PageMemory:
    """Collect a page's garbage and measure what is left."""
    devtools = page.context.new_cdp_session(page)
    try:
        # The second collection takes what the finalisers of the first let go.
        for _ in range(2):
            devtools.send("HeapProfiler.collectGarbage")
        heap = devtools.send("Runtime.getHeapUsage")
        counters = devtools.send("Memory.getDOMCounters")
    finally:
        devtools.detach()
    return PageMemory(int(heap["usedSize"]), int(counters["nodes"]), int(counters["jsEventListeners"]))
