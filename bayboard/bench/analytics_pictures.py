"""How long a manager waits for the picture of an analytics view: from the address to charts that are painted.

Owns the table: a dashboard of its own over years of one site, in Chromium, each address loaded anew as from
a bookmark, with scripts in the browser's cache. A view is there once every chart and every table in it is,
and a frame with them was painted.
"""

import secrets
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bayboard.access_commands import make_link
from bayboard.bench.chromium import launch_chromium
from bayboard.bench.parts import start_dashboard
from config.settings import Settings
from dashboard.access import Role, Ticket, User

_REPEATS = 5
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
    key = secrets.token_urlsafe(32)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="bayboard-bench-")))
        environment = {
            "BAYBOARD_DATABASE_URL": database_url,
            "BAYBOARD_WORKSHOP_FILE": str(settings.workshop_file),
            "BAYBOARD_SECRET_KEY": key,
        }
        port, _ = start_dashboard(stack, directory, environment)
        address = f"http://127.0.0.1:{port}"
        page = stack.enter_context(launch_chromium()).new_page(viewport={"width": 1440, "height": 900})
        page.goto(make_link(key, Ticket(User(Role.MANAGER), now + timedelta(hours=3)), address))
        yield f"time to the picture, median of {_REPEATS} after one that warms up"
        yield f"{'view':<16}{'charts':>8}" + "".join(f"{span:>12}" for span in spans)
        for view in views:
            cells, charts = [], 0
            for span in spans:
                took = []
                for _ in range(_REPEATS + 1):
                    page.goto(f"{address}/analytics/{view}?span={span}", timeout=_PATIENCE_MS)
                    painted_ms, charts = page.evaluate(_PAINTED)
                    took.append(painted_ms)
                median = statistics.median(took[1:])
                cells.append(f"{median:9.0f} ms" + (" MISSED" if median > _GOAL_MS else ""))
            yield f"{view:<16}{charts:>8}" + "".join(cells)
