"""How long a manager waits for the picture of an analytics view: from the address to charts that are painted.

Owns the table: a dashboard of its own over years of one site, in Chromium, each address loaded anew as from
a bookmark. Cold is the first page that a browser ever loads from it; else scripts are in its cache, as for
whoever was here before. A view is there once every chart and every table in it is, those below the first
screen too, and a frame with them was painted. Beside the time stands what the page's own thread computed for
it, which does not depend on what else the machine does.
"""

import secrets
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bayboard.bench.rig.chromium import launch_profile
from bayboard.bench.rig.parts import start_dashboard
from bayboard.commands.access import make_link
from bayboard.console import ask_database
from bayboard.parts.estimates import refresh_sites
from config.settings import Settings
from config.workshop import load_workshop
from dashboard.access.identity import Role

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

_REPEATS, _WARMING = 5, 2
_GOAL_MS = 1000.0
_PATIENCE_MS = 60_000
# Milliseconds since the address was entered, once everything is painted.
_PAINTED = """
() => new Promise((resolve) => {
  const look = () => {
    const view = document.querySelector("#analytics:not(.loading) #analytics-view:not([aria-busy='true'])");
    const charts = view ? [...view.querySelectorAll(".dash-graph")] : [];
    const tables = view ? [...view.querySelectorAll(".grid")] : [];
    const there = view
      && charts.every((chart) => chart.querySelector(".js-plotly-plot .main-svg"))
      && tables.every((table) => table.querySelector(".ag-row"));
    if (!there) return requestAnimationFrame(look);
    requestAnimationFrame(() => requestAnimationFrame(() => resolve([performance.now(), charts.length])));
  };
  look();
})
"""


def measure_pictures(
    database_url: str, settings: Settings, views: Sequence[str], spans: Sequence[str], now: datetime
) -> Iterator[str]:
    """Load every view over each span in a browser, and yield the lines of the table."""
    workshop = load_workshop(settings.workshop_file)
    # Now, for else the dashboard does it beside what is measured.
    refresh_sites(database_url, workshop, workshop.sites, now)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="bayboard-bench-")))
        environment = {
            "BAYBOARD_DATABASE_URL": database_url,
            "BAYBOARD_WORKSHOP_FILE": str(settings.workshop_file),
            "BAYBOARD_SECRET_KEY": secrets.token_urlsafe(32),
        }
        port, _ = start_dashboard(stack, directory, environment)
        address = f"http://127.0.0.1:{port}"
        link = ask_database(
            database_url,
            lambda connection: make_link(
                connection, address, Role.MANAGER, None, now, timedelta(hours=3), reusable=True
            ),
        )
        yield (
            f"time to the picture (of it computed by the page), from a warm cache: median of {_REPEATS}"
            f" after {_WARMING} that warm it"
        )
        yield f"{'view':<16}{'charts':>8}" + "".join(f"{span:>20}" for span in (*spans, "cold"))
        for view in views:
            addresses = [f"{address}/analytics/{view}?span={span}" for span in spans]
            with launch_profile(directory / view) as browser:
                # Signed in beside the browser, so that it has loaded nothing yet.
                browser.request.get(link)
                page = browser.pages[0]
                devtools = browser.new_cdp_session(page)
                devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
                cold = _paint(page, devtools, addresses[-1])
                warm = [_measure_warm(page, devtools, each) for each in addresses]
            cells = "".join(
                f"{f'{each.took_ms:.0f} ms ({each.computed_ms:.0f})':>20}" for each in (*warm, cold)
            )
            missed = " MISSED" if any(each.took_ms > _GOAL_MS for each in warm) else ""
            yield f"{view:<16}{cold.charts:>8}{cells}{missed}"


@dataclass(frozen=True, slots=True)
class _Picture:
    """What a view took until it was painted, and how many charts it has."""

    took_ms: float
    computed_ms: float
    charts: int


def _measure_warm(page: "Page", devtools: "CDPSession", address: str) -> _Picture:
    """Return the medians, once scripts are compiled as well as cached."""
    painted = [_paint(page, devtools, address) for _ in range(_WARMING + _REPEATS)][_WARMING:]
    return _Picture(
        statistics.median(each.took_ms for each in painted),
        statistics.median(each.computed_ms for each in painted),
        painted[0].charts,
    )


def _paint(page: "Page", devtools: "CDPSession", address: str) -> _Picture:
    page.goto(address, timeout=_PATIENCE_MS)
    painted_ms, charts = page.evaluate(_PAINTED)
    metrics = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
    return _Picture(painted_ms, metrics["TaskDuration"] * 1000, charts)
