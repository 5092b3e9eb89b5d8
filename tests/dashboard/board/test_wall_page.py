"""The wall as people see it: a real server, a real database, a real browser.

The fixture `page` fails a test on any error in the console, a violation of the page's rules or
a request to another machine, so every test here is also a test of those.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect
from psycopg import sql

from config.settings import DEFAULT_WORKSHOP_FILE
from models.contract.payloads import StageScan, encode
from models.signals import Signal
from simulators.scaled import scale_workshop
from tests.fixtures.access import KEY, let_in, sign_session
from tests.fixtures.broker import Broker, Publish
from tests.fixtures.ingest import TOPIC, StartIngest, scan
from tests.fixtures.processes import RunningCommand, StartCommand
from tests.fixtures.still import Still, serve_still
from tests.fixtures.visit import NOON
from tests.rig.patience import PATIENCE_MS

# A server that is gone makes the browser itself complain of every attempt to reach it.
SERVER_GONE = pytest.mark.expects_console("net::ERR_", "ERR_CONNECTION_REFUSED")

INSERT = """
    insert into work_order (
        site, work_order, registered, cancelled, plate, stage, stage_entered_at, bay, technician, operation,
        promised_at, updated_at
    )
    values ('s1', %(work_order)s, %(registered)s, false, %(plate)s, %(stage)s, %(entered_at)s, %(bay)s,
        'T012', %(operation)s, %(promised_at)s, %(entered_at)s)
    on conflict (site, work_order) do update
        set bay = excluded.bay, stage = excluded.stage, stage_entered_at = excluded.stage_entered_at
"""
TERMINATE = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'bayboard serve' and datname = current_database()
"""


@dataclass(slots=True)
class Shop:
    """A workshop's database and the dashboard that shows it."""

    start_bayboard: StartCommand
    connection: psycopg.Connection
    database_url: str
    port: int
    always_open: Path
    server: RunningCommand | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, workshop_file: Path | None = None) -> RunningCommand:
        """Start the dashboard on the shop's port, as often as one likes; by default a site has no nights."""
        self.server = self.start_bayboard(
            "serve",
            "--port",
            str(self.port),
            BAYBOARD_DATABASE_URL=self.database_url,
            BAYBOARD_SECRET_KEY=KEY,
            BAYBOARD_WORKSHOP_FILE=str(workshop_file or self.always_open),
        )
        self.server.wait_for_answer(f"{self.address}/healthz")
        return self.server

    def put_car(
        self,
        work_order: str,
        stage: str,
        bay: str | None,
        minutes: float = 0,
        *,
        now: datetime | None = None,
        **more: object,
    ) -> None:
        """Put a car in a stage that it entered so many minutes ago, and say so."""
        entered_at = (now or datetime.now(UTC)) - timedelta(minutes=minutes)
        car = {"registered": True, "plate": work_order, "operation": None, "promised_at": None, **more}
        change = {"site": "s1", "received_at": datetime.now(UTC).isoformat(), "work_orders": [work_order]}
        with self.connection.transaction():
            self.connection.execute(
                INSERT,
                {"work_order": work_order, "stage": stage, "bay": bay, "entered_at": entered_at, **car},
            )
            self.connection.execute("select pg_notify(%s, %s)", [Signal.BOARD, json.dumps(change)])

    def let_connect(self, *, allowed: bool) -> None:
        """Let everybody into the database, or nobody new."""
        name = sql.Identifier(self.connection.info.dbname)
        statement = sql.SQL("alter database {} with allow_connections {}")
        # No database can shut the door behind itself.
        other = urlsplit(self.database_url)._replace(path="/postgres").geturl()
        with psycopg.connect(other, autocommit=True) as connection:
            connection.execute(statement.format(name, sql.Literal(allowed)))


@pytest.fixture
def shop(
    database_url: str, start_bayboard: StartCommand, free_port: Callable[[], int], tmp_path: Path
) -> Iterator[Shop]:
    always_open = tmp_path / "always-open.toml"
    always_open.write_text(scale_workshop(DEFAULT_WORKSHOP_FILE.read_text(), speed=1))
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield Shop(start_bayboard, connection, database_url, free_port(), always_open)


@pytest.fixture
def noon(shop: Shop) -> Iterator[Still]:
    """A dashboard over the shop's database for which it is always noon."""
    with serve_still(shop.database_url) as still:
        yield still


def open_wall(page: Page, shop: Shop, lang: str = "en", wall: str = "s1", query: str = "") -> None:
    """Open a wall and mark the page, so that a reload would be noticed."""
    let_in(page, shop.address)
    page.goto(f"{shop.address}/wall/{wall}?lang={lang}&{query}")
    expect_current(page)
    page.evaluate("window.opened = true")


def expect_current(page: Page) -> None:
    page.wait_for_selector("html:not([data-stale]) #board[data-age]", timeout=PATIENCE_MS)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not true():
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.05)


def expect_same_page(page: Page) -> None:
    assert page.evaluate("window.opened") is True, "the page was loaded anew"


def test_change_moves_a_car_to_another_tile_without_a_reload(shop: Shop, page: Page) -> None:
    shop.put_car("RO-1", "repairing", "B03")
    shop.serve()
    open_wall(page, shop)
    expect(page.locator("#bay-B03 .plate")).to_have_text("RO-1")
    shop.put_car("RO-1", "washing", "B05")
    expect(page.locator("#bay-B05 .plate")).to_have_text("RO-1")
    expect(page.locator("#bay-B05 .stage")).to_have_text("Washing")
    expect(page.locator("#bay-B03 .vacancy")).to_have_text("Free")
    shop.put_car("RO-1", "ready", None)
    expect(page.locator("#queue-pickup .row .plate")).to_have_text("RO-1")
    expect_same_page(page)


def test_scan_that_a_device_publishes_moves_a_tile(
    shop: Shop, page: Page, iotcore_broker: Broker, start_ingest: StartIngest, publish: Publish
) -> None:
    start_ingest(iotcore_broker, shop.database_url)
    shop.serve()
    open_wall(page, shop)
    publish(iotcore_broker.url, TOPIC, scan(1))
    expect(page.locator("#bay-B07 .plate")).to_have_text("RO-1", timeout=PATIENCE_MS)
    expect(page.locator("#bay-B07 .stage")).to_have_text("In repair")
    later = StageScan(id="2", at=datetime.now(UTC), work_order="RO-1", stage="washing", bay="B05")
    publish(iotcore_broker.url, TOPIC, encode(later))
    expect(page.locator("#bay-B05 .stage")).to_have_text("Washing", timeout=PATIENCE_MS)
    expect(page.locator("#bay-B07 .vacancy")).to_have_text("Free")
    expect_same_page(page)


def test_walls_in_both_languages_show_the_same_change(shop: Shop, page: Page) -> None:
    shop.serve()
    open_wall(page, shop, "zh")
    other = page.context.new_page()
    open_wall(other, shop, "en")
    shop.put_car("RO-1", "awaiting_parts", "B03")
    expect(page.locator("#bay-B03 .stage")).to_have_text("备件待料")
    expect(other.locator("#bay-B03 .stage")).to_have_text("Waiting for parts")
    assert page.locator("#board").get_attribute("lang") == "zh-CN"
    page.goto(f"{shop.address}/wall/s1")
    expect(page.locator("#board")).to_have_attribute("lang", "en")  # the language asked for last


def test_lateness_is_said_in_words_and_shape_as_well_as_colour(shop: Shop, noon: Still, page: Page) -> None:
    shop.put_car("RO-1", "repairing", "B01", minutes=38.5, now=NOON)
    shop.put_car("RO-2", "repairing", "B02", minutes=80.5, now=NOON)
    shop.put_car("RO-3", "repairing", "B03", minutes=131.5, now=NOON)
    shop.put_car("RO-4", "received", None, minutes=60, now=NOON)
    noon.visit_board(page, "/wall/s1", lang="en")
    for bay, level, spent, left in (
        ("B01", "calm", "38 min", "52 min left"),
        ("B02", "warn", "80 min", "10 min left"),
        ("B03", "over", "2 h 11", "41 min over"),
    ):
        expect(page.locator(f"#bay-{bay} .car")).to_have_attribute("data-level", level)
        expect(page.locator(f"#bay-{bay} .spent")).to_have_text(spent)
        expect(page.locator(f"#bay-{bay} .left")).to_have_text(left)
    expect(page.locator(".tally-stage b")).to_have_text("2")
    marks = page.evaluate(
        "[...document.querySelectorAll('.bay .left')].map(e => getComputedStyle(e, '::before').content)"
    )
    assert marks == ["none", '"◆"', '"▲"']


def test_promise_says_its_day_and_when_it_was_missed(shop: Shop, noon: Still, page: Page) -> None:
    shop.put_car("RO-1", "repairing", "B01", now=NOON, promised_at=NOON + timedelta(days=2))
    shop.put_car("RO-2", "repairing", "B02", now=NOON, promised_at=NOON - timedelta(days=2))
    noon.visit_board(page, "/wall/s1", lang="en")
    expect(page.locator("#bay-B01 .promise")).to_contain_text("+2d")
    expect(page.locator("#bay-B02 .promise")).to_contain_text("−2d")
    expect(page.locator("#bay-B02 .car")).to_have_attribute("data-promise", "missed")


def test_wall_does_not_believe_the_clock_of_its_screen(shop: Shop, noon: Still, page: Page) -> None:
    shop.put_car("RO-1", "repairing", "B01", minutes=38.5, now=NOON)
    page.add_init_script("Date.now = () => 0")
    noon.visit_board(page, "/wall/s1", lang="en")
    expect(page.locator("#bay-B01 .spent")).to_have_text("38 min")
    expect(page.locator(".clock")).to_have_text("12:00")


@SERVER_GONE
@pytest.mark.parametrize("how", ["told to stop", "killed"])
def test_page_survives_a_restart_of_the_server_by_itself(shop: Shop, page: Page, how: str) -> None:
    server = shop.serve()
    open_wall(page, shop)
    shop.put_car("RO-1", "repairing", "B03")
    expect(page.locator("#bay-B03 .plate")).to_have_text("RO-1")
    if how == "killed":
        server.kill()
    else:
        assert server.stop() == 0
    page.wait_for_selector("html[data-stale]", timeout=PATIENCE_MS)
    expect(page.locator("#banner")).to_contain_text("No connection since")
    shop.put_car("RO-1", "washing", "B05")
    shop.serve()
    expect_current(page)
    expect(page.locator("#bay-B05 .plate")).to_have_text("RO-1")
    expect(page.locator("#bay-B03 .vacancy")).to_have_text("Free")
    expect(page.locator("#banner")).to_be_hidden()
    expect_same_page(page)


@SERVER_GONE
def test_page_of_an_older_server_loads_itself_anew(shop: Shop, page: Page, tmp_path: Path) -> None:
    server = shop.serve()
    open_wall(page, shop)
    server.stop()
    newer = tmp_path / "workshop.toml"
    newer.write_text(DEFAULT_WORKSHOP_FILE.read_text().replace("Bayboard Motors, Pudong", "Renamed Motors"))
    shop.serve(newer)
    expect(page.locator("h1")).to_have_text("Renamed Motors", timeout=PATIENCE_MS)
    expect_current(page)


def test_lost_database_turns_the_wall_grey_until_it_is_back(shop: Shop, page: Page) -> None:
    shop.serve()
    open_wall(page, shop)
    page.evaluate("""() => {
        const html = document.documentElement;
        const look = () => { if (html.hasAttribute("data-stale")) document.body.id = "was-grey"; };
        new MutationObserver(look).observe(html, { attributes: true });
    }""")
    shop.connection.execute(TERMINATE)
    page.wait_for_selector("#was-grey", timeout=PATIENCE_MS)
    expect_current(page)
    shop.put_car("RO-1", "repairing", "B03")
    expect(page.locator("#bay-B03 .plate")).to_have_text("RO-1")
    expect_same_page(page)


def test_database_that_stays_away_ages_every_tile_until_it_is_back(shop: Shop, page: Page) -> None:
    shop.put_car("RO-1", "repairing", "B03")
    shop.serve()
    open_wall(page, shop)
    expect(page.locator("#bay-B03 .seen")).to_have_text("live")
    shop.let_connect(allowed=False)
    shop.connection.execute(TERMINATE)
    expect(page.locator("#banner")).to_contain_text("No connection since", timeout=PATIENCE_MS)
    expect(page.locator("html")).to_have_attribute("data-expired", "", timeout=PATIENCE_MS)
    expect(page.locator("#bay-B03 .seen")).to_contain_text("old")
    expect(page.locator("#bay-B01 .seen")).to_contain_text("old")
    shop.let_connect(allowed=True)
    expect_current(page)
    expect(page.locator("#bay-B03 .seen")).to_have_text("live")
    assert page.locator("html").get_attribute("data-expired") is None
    expect_same_page(page)


def test_alarms_are_told_in_turn_and_a_new_one_of_the_chosen_kind_sounds(shop: Shop, page: Page) -> None:
    shop.put_car("RO-1", "repairing", "B01", minutes=100)
    shop.put_car("RO-2", "repairing", "B02", minutes=200)
    shop.serve()
    open_wall(page, shop, query="sound=stage")
    told = page.locator(".alarm[data-told]")
    # A minute or more passes meanwhile.
    for order, over in (("RO-2", r"1 h 5\d"), ("RO-1", r"1\d min"), ("RO-2", r"1 h 5\d")):
        expect(told).to_contain_text(
            re.compile(f"{order}: In repair, {over} over target"), timeout=PATIENCE_MS
        )
    assert page.locator("html").get_attribute("data-beeps") is None
    shop.put_car("RO-3", "repairing", "B03", minutes=95)
    expect(page.locator("html")).to_have_attribute("data-beeps", "1")
    shop.put_car("RO-4", "repairing", "B04", minutes=1)
    expect(page.locator("#bay-B04 .plate")).to_have_text("RO-4")
    expect(page.locator("html")).to_have_attribute("data-beeps", "1")


def test_zones_pages_and_the_night(shop: Shop, page: Page, tmp_path: Path) -> None:
    """A site with more bays than a screen can show, and one that is closed and still."""
    today = datetime.now(UTC).date()
    closed = ", ".join(str(today + timedelta(days=days)) for days in (-1, 0, 1))
    bays = ", ".join(f'{{ key = "L{number:02}", zone = "hall" }}' for number in range(1, 31))
    workshop = tmp_path / "workshop.toml"
    text = DEFAULT_WORKSHOP_FILE.read_text().replace('holidays = "CN"', f"closed_on = [{closed}]")
    large = f'[[site]]\nkey = "s2"\nen = "Large"\nzh = "大"\ntimezone = "Asia/Shanghai"\nbays = [{bays}]\n'
    workshop.write_text(f"{text}\n{large}")
    shop.put_car("RO-1", "ready", None, minutes=60)
    shop.put_car("RO-2", "repairing", "B10", minutes=100)
    shop.put_car("RO-3", "repairing", "B11", minutes=10 * 24 * 60)
    shop.serve(workshop)

    open_wall(page, shop, wall="s2", query="page=2")
    shown = "[...document.querySelectorAll('.bay')].filter(e => e.offsetParent).map(e => e.id)"
    assert page.evaluate(shown) == [f"bay-L{number}" for number in range(11, 21)]
    expect(page.locator(".page")).to_have_text("Page 2 of 3")
    open_wall(page, shop, wall="s2")
    first = page.locator(".page").inner_text()
    expect(page.locator(".page")).not_to_have_text(first, timeout=PATIENCE_MS)
    assert len(page.evaluate(shown)) == 10

    open_wall(page, shop, query="zone=body")
    assert page.evaluate(shown) == ["bay-B10", "bay-B11", "bay-B12"]
    expect(page.locator(".zone")).to_have_text("Body shop")
    expect(page.locator("#night .clock")).to_be_visible()
    expect(page.locator("#night")).to_contain_text("cars in the workshop: 3")
    shop.put_car("RO-1", "ready", None)
    expect(page.locator("#night")).to_be_hidden()
    expect(page.locator("#bottleneck")).to_have_text("Closed: time in stage stands still")
    expect(page.locator("#bay-B10 .car")).to_have_attribute("data-level", "calm")
    expect(page.locator("#bay-B10 .spent")).to_have_text("0 min")
    # Of ten days seven or eight were open, of ten hours each.
    expect(page.locator("#bay-B11 .left")).to_have_text(re.compile(r"^[678]\d h over$"))


def test_hidden_tab_holds_no_stream_and_a_shown_one_catches_up(shop: Shop, page: Page) -> None:
    shop.serve()
    open_wall(page, shop)
    show = """(hidden) => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(show, True)
    wait_until(
        lambda: (
            'bayboard_screens{kind="wall",lang="en",site="s1"} 0.0'
            in httpx.get(f"{shop.address}/metrics").text
        )
    )
    shop.put_car("RO-1", "repairing", "B03")
    page.evaluate(show, False)
    expect(page.locator("#bay-B03 .plate")).to_have_text("RO-1")
    expect_same_page(page)


def test_crowded_wall_stays_on_the_screen(shop: Shop, page: Page) -> None:
    long = "Replacement of the dual-mass flywheel and of everything behind it"
    for number in range(1, 13):
        shop.put_car(f"沪A·D{number:05}", "repairing", f"B{number:02}", minutes=3000, operation=long)
    for number in range(80):
        stage = ("received", "awaiting_parts", "awaiting_approval", "washing", "ready")[number % 5]
        shop.put_car(f"沪B·D{number:05}", stage, None, minutes=300, registered=number % 3 > 0)
    shop.put_car("RO-99", "repairing", "B99", minutes=5)
    shop.serve()
    open_wall(page, shop)
    expect(page.locator("#bay-B12 .left")).to_contain_text("over")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shown = ".bay .car > *, .bay .plate, .row .plate, .row .waited, .queue .row"
    cut_off = """(shown) => [...document.querySelectorAll(shown)]
        .filter((element) => {
            const panel = element.closest(".bay, .queue").getBoundingClientRect();
            const box = element.getBoundingClientRect();
            return box.bottom > panel.bottom + 1 || box.right > panel.right + 1;
        })
        .map((element) => element.className + ": " + element.textContent)"""
    assert page.evaluate(cut_off, shown) == []


@pytest.mark.expects_console("404")
def test_unknown_site_is_said_with_links_to_the_known_ones(shop: Shop, page: Page) -> None:
    shop.serve()
    let_in(page, shop.address)
    answer = page.goto(f"{shop.address}/wall/s9?lang=zh")
    assert answer
    assert answer.status == 404
    expect(page.locator("p").first).to_have_text("没有这个看板：s9。")
    page.get_by_role("link", name="车间看板").click()
    expect_current(page)


def test_first_page_leads_to_every_board_in_both_languages(shop: Shop, page: Page) -> None:
    shop.serve()
    let_in(page, shop.address)
    page.goto(shop.address)
    page.wait_for_selector("li")
    assert page.eval_on_selector_all("li a", "links => links.map(link => link.getAttribute('href'))") == [
        "/wall/s1?lang=en",
        "/wall/s1?lang=zh",
        "/lounge/s1?lang=en",
        "/lounge/s1?lang=zh",
    ]


def test_page_that_was_never_pushed_to_already_shows_the_board(shop: Shop) -> None:
    """The first paint holds the snapshot, so a screen without a stream is not an empty one."""
    shop.put_car("RO-1", "repairing", "B03")
    shop.serve()
    body = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [
            {"id": "_pages_content", "property": "children"},
            {"id": "_pages_store", "property": "data"},
        ],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": "/wall/s1"},
            {"id": "_pages_location", "property": "search", "value": ""},
        ],
        "changedPropIds": ["_pages_location.pathname", "_pages_location.search"],
    }
    wait_until(lambda: httpx.get(f"{shop.address}/readyz").status_code == 200)
    drawn = httpx.post(f"{shop.address}/_dash-update-component", json=body, cookies=sign_session())
    assert drawn.status_code == 200
    assert "RO-1" in drawn.text
