"""Takes the pictures of README and docs: every board and every view, of a shop that is always the same.

Run it with `make pictures`. A history of ten simulated weeks is written into a new database, the
cars of the tests' still life are put on top of it, and no clock goes on while Chromium looks.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from PIL import Image
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from psycopg.rows import dict_row

from bayboard.backfill.story import Plan
from bayboard.demo.embedded import PostgresServer, find_free_port
from bayboard.parts.estimates import refresh_sites
from bayboard.parts.reminders import remind_once
from bayboard.parts.whatif import WhatIfDesk
from config.settings import DEFAULT_WORKSHOP_FILE, Settings
from config.workshop import load_workshop
from models.migrations.run import migrate
from tests.fixtures.browser import launch_browser
from tests.fixtures.history import write_history
from tests.fixtures.still import Still, lose_connection, serve_still
from tests.fixtures.visit import NOON, Visits
from tests.rig.still_life import TOKEN, put_still_life

_PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
_DAYS = 70
_COLOURS = 192
_LARGEST_BYTES = 200_000
_PATIENCE_MS = 180_000
_UNPAINTED_CHART = ".dash-graph:not(:has(.main-svg))"
# For what moves into its place.
_SETTLING_MS = 1500

# Sizes of screens in pixels.
WALL, DESK, PHONE = (1600, 900), (1440, 900), (390, 844)


@dataclass(frozen=True, slots=True)
class View:
    """A picture to take: its file's name, what it is of, on which screen, what must be there first."""

    name: str
    path: str
    size: tuple[int, int]
    ready: str
    lang: str = "en"
    hours_later: int = 0
    away: bool = False


_BOARD = "#board[data-seen=live]"
_FIGURES = "#analytics.with-data"
VIEWS = (
    View("wall", "/wall/s1", WALL, _BOARD),
    View("wall-zh", "/wall/s1", WALL, _BOARD, "zh"),
    View("wall-night", "/wall/s1", WALL, "#night.on", hours_later=10),
    View("wall-away", "/wall/s1", WALL, _BOARD, away=True),
    View("lounge", "/lounge/s1", WALL, _BOARD),
    View("lounge-zh", "/lounge/s1", WALL, _BOARD, "zh"),
    View("progress", f"/progress/{TOKEN}", PHONE, "#progress"),
    View("progress-zh", f"/progress/{TOKEN}", PHONE, "#progress", "zh"),
    View("analytics-overview", "/analytics", DESK, _FIGURES),
    View("analytics-stages", "/analytics/stages", DESK, _FIGURES),
    View("analytics-flow", "/analytics/flow", DESK, _FIGURES),
    View("analytics-bottleneck", "/analytics/bottleneck", DESK, _FIGURES),
    View("analytics-people", "/analytics/people", DESK, _FIGURES),
    View("analytics-orders", "/analytics/orders", DESK, _FIGURES),
    View("analytics-calibration", "/analytics/calibration", DESK, _FIGURES),
    View("analytics-faults", "/analytics/faults", DESK, _FIGURES),
    View("analytics-what-if", "/analytics/what-if?more=bay:express", DESK, "#what-if-answer .what-if-rows"),
    View("analytics-week", "/analytics/week", DESK, _FIGURES),
    View("order", "/orders/s1/{work_order}", DESK, ".record.with-data"),
    View("vehicle", "/vehicles/{vin}", DESK, "#vehicle.with-data"),
    View("reminders", "/reminders", DESK, "#reminders.with-data"),
)

# The car whose records are shown: the one that came most often, and its longest visit.
_PICK = """
    select vin, work_order
    from work_order
    join stage_interval using (site, work_order)
    where vin = (
        select vin
        from work_order
        where vin is not null and plate is not null
        group by vin
        order by count(*) desc, vin
        limit 1
    )
    group by vin, work_order
    order by count(*) desc, work_order
    limit 1
"""


def main(names: list[str]) -> None:
    """Take all pictures, or those that are named."""
    _PICTURES.mkdir(exist_ok=True)
    chosen = [view for view in VIEWS if not names or view.name in names]
    with _shop_with_a_past() as (still, records), launch_browser() as browser:
        for view in chosen:
            still.now = NOON + timedelta(hours=view.hours_later)
            size = _take(still, browser, replace(view, path=view.path.format_map(records)))
            sys.stdout.write(f"{view.name}: {size // 1000} kB\n")


@contextmanager
def _shop_with_a_past() -> Iterator[tuple[Still, dict[str, str]]]:
    """Yield a dashboard, and the keys of the records that pictures are of."""
    workshop = load_workshop(DEFAULT_WORKSHOP_FILE)
    [site] = workshop.sites
    today = NOON.astimezone(site.zone).date()
    plan = Plan(site, 1, "hidden-slow", average=True, first_day=today - timedelta(days=_DAYS), days=_DAYS)
    with (
        TemporaryDirectory(prefix="bayboard-pictures-") as directory,
        PostgresServer(Path(directory) / "data", find_free_port()) as server,
    ):
        migrate(server.url)
        write_history(server.url, plan, workshop, NOON)
        refresh_sites(server.url, workshop, [site], NOON)
        settings = Settings.from_environment({"BAYBOARD_DATABASE_URL": server.url})
        # Customers who said yes make the page worth a picture.
        willing = workshop.reminders.model_copy(update={"consent": "opt_out"})
        willing_shop = workshop.model_copy(update={"reminders": willing})
        remind_once(settings, willing_shop, NOON, {}, send=False)
        with psycopg.connect(server.url, autocommit=True, row_factory=dict_row) as connection:
            _empty_the_shop(connection)
            records = connection.execute(_PICK).fetchone()
        assert records
        with psycopg.connect(server.url, autocommit=True) as connection:
            put_still_life(Visits(connection, server.url))
        desk = WhatIfDesk(server.url, workshop, longest_seconds=_PATIENCE_MS / 1000)
        with serve_still(server.url, lambda: desk) as still:
            yield still, records


def _empty_the_shop(connection: psycopg.Connection[Any]) -> None:
    """Let cars that stayed overnight have left before, so that the still life has the bays to itself."""
    left_at = NOON - timedelta(hours=18)
    connection.execute(
        "update stage_interval set left_at = greatest(entered_at, %s) where left_at is null", [left_at]
    )
    connection.execute("update work_order set closed_at = %s where closed_at is null", [left_at])
    connection.execute("delete from device_state")


def _open(still: Still, page: Page, view: View) -> None:
    """Open a page, once more where a busy machine's database did not answer it in time."""
    for patience_ms in (_PATIENCE_MS / 4, _PATIENCE_MS):
        still.visit(page, view.path, lang=view.lang)
        try:
            page.wait_for_selector(f"html:not([data-stale]) {view.ready}", timeout=patience_ms)
            page.wait_for_selector(_UNPAINTED_CHART, state="detached", timeout=patience_ms)
        except PlaywrightTimeoutError:
            continue
        return
    raise SystemExit(f"{view.path} never came to show {view.ready}")


def _take(still: Still, browser: Browser, view: View) -> int:
    """Write a picture and return its size in bytes."""
    width, height = view.size
    scale = 2 if view.size == PHONE else 1
    page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=scale)
    _open(still, page, view)
    if view.away:
        lose_connection(page)
    page.wait_for_timeout(_SETTLING_MS)
    picture = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    page.close()
    path = _PICTURES / f"{view.name}.png"
    picture.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
    if path.stat().st_size > _LARGEST_BYTES:
        raise SystemExit(f"{path.name} is too large for a page: {path.stat().st_size} bytes")
    return path.stat().st_size


if __name__ == "__main__":
    main(sys.argv[1:])
