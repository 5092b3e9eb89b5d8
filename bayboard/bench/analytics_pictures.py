"""How long a manager waits for the picture of an analytics view: from the address to charts that are painted.

Owns the table: a dashboard of its own over years of one site, in Chromium, each address loaded anew as from
a bookmark. Cold is the first page that a browser ever loads from it; else scripts are in its cache, as for
whoever was here before. A view is there once every chart and every table in it is, those below the first
screen too, and a frame with them was painted.
"""

import secrets
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bayboard.access_commands import make_link
from bayboard.bench.chromium import launch_profile
from bayboard.bench.parts import start_dashboard
from bayboard.estimating import refresh_sites
from config.settings import Settings
from config.workshop import load_workshop
from dashboard.access import Role, Ticket, User

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
    workshop, key = load_workshop(settings.workshop_file), secrets.token_urlsafe(32)
    # Now, for else the dashboard does it beside what is measured.
    refresh_sites(database_url, workshop, workshop.sites, now)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="bayboard-bench-")))
        environment = {
            "BAYBOARD_DATABASE_URL": database_url,
            "BAYBOARD_WORKSHOP_FILE": str(settings.workshop_file),
            "BAYBOARD_SECRET_KEY": key,
        }
        port, _ = start_dashboard(stack, directory, environment)
        address = f"http://127.0.0.1:{port}"
        link = make_link(key, Ticket(User(Role.MANAGER), now + timedelta(hours=3)), address)
        yield f"time to the picture, from a warm cache: median of {_REPEATS} after {_WARMING} that warm it"
        yield f"{'view':<16}{'charts':>8}" + "".join(f"{span:>12}" for span in spans) + f"{'cold':>12}"
        for view in views:
            addresses = [f"{address}/analytics/{view}?span={span}" for span in spans]
            with launch_profile(directory / view) as browser:
                # Signed in beside the browser, so that it has loaded nothing yet.
                browser.request.get(link)
                page = browser.pages[0]
                cold_ms, charts = _paint(page, addresses[-1])
                medians = [_measure_warm(page, each) for each in addresses]
            cells = "".join(f"{ms:9.0f} ms" + (" MISSED" if ms > _GOAL_MS else "") for ms in medians)
            yield f"{view:<16}{charts:>8}{cells}{cold_ms:9.0f} ms"


def _measure_warm(page: "Page", address: str) -> float:
    """Return the median in milliseconds, once scripts are compiled as well as cached."""
    took = [_paint(page, address)[0] for _ in range(_WARMING + _REPEATS)]
    return statistics.median(took[_WARMING:])


def _paint(page: "Page", address: str) -> tuple[float, int]:
    """Load an address; return the milliseconds until it is painted, and how many charts it has."""
    page.goto(address, timeout=_PATIENCE_MS)
    painted_ms, charts = page.evaluate(_PAINTED)
    return painted_ms, charts
