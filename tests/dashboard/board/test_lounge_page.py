"""The waiting room and the customer's phone as people see them: a real server, a real browser."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from models.queries.board.progress.visit import hash_token
from models.signals import Signal
from tests.fixtures.access import let_in
from tests.fixtures.office import Office
from tests.fixtures.visit import Visits
from tests.rig.barriers import expect_no_barriers
from tests.rig.catalogue import put_operations
from tests.rig.patience import PATIENCE_MS

PHONE: ViewportSize = {"width": 390, "height": 844}
TOKEN = "t" * 32


@dataclass(frozen=True, slots=True)
class Hall:
    """A workshop whose visits are announced to its boards."""

    office: Office
    visits: Visits
    page: Page

    def open_visit(self, work_order: str, **fields: object) -> None:
        now = datetime.now(UTC)
        self.visits.open(work_order, opened_at=now, stage_entered_at=now - timedelta(minutes=5), **fields)
        self.announce()

    def update(self, work_order: str, **fields: object) -> None:
        self.visits.update(work_order, **fields)
        self.announce()

    def announce(self) -> None:
        change = {"site": "s1", "received_at": datetime.now(UTC).isoformat(), "work_orders": None}
        self.office.connection.execute("select pg_notify(%s, %s)", [Signal.BOARD, json.dumps(change)])

    def open_lounge(self, lang: str = "en", page: Page | None = None) -> None:
        page = page or self.page
        page.goto(f"{self.office.address}/lounge/s1?lang={lang}")
        page.wait_for_selector("html:not([data-stale]) #board[data-age]", timeout=PATIENCE_MS)

    def open_progress(self, work_order: str, lang: str = "en") -> None:
        self.office.connection.execute(
            "insert into progress_link values (%s, 's1', %s, now())", [hash_token(TOKEN), work_order]
        )
        self.page.set_viewport_size(PHONE)
        self.page.goto(f"{self.office.address}/progress/{TOKEN}?lang={lang}")


@pytest.fixture
def hall(office: Office, page: Page) -> Hall:
    let_in(page, office.address)
    put_operations(office.connection)
    return Hall(office, Visits(office.connection, office.database_url), page)


def look_again(page: Page) -> None:
    """Have the phone's page ask for news now, as it does when the network is back."""
    page.evaluate("window.dispatchEvent(new Event('online'))")


def test_car_goes_through_the_lounge_without_a_reload(hall: Hall) -> None:
    hall.open_visit("RO-1", stage="received", operation=None, reason="bay")
    hall.open_lounge()
    row = hall.page.locator("#waiting li", has_text="A01")
    expect(row.locator(".doing")).to_have_text("Receivedwaiting for a bay")
    hall.page.evaluate("window.opened = true")
    hall.update("RO-1", stage="repairing", operation="Front brake pads", reason=None)
    expect(row.locator(".doing")).to_have_text("In repairFront brake pads")
    expect(row.locator(".steps .now")).to_have_text("In repair")
    hall.update("RO-1", stage="ready", operation=None)
    expect(hall.page.locator("#ready b")).to_have_text("A01")
    expect(hall.page.locator("#waiting")).to_have_text("Nobody is waiting for a car at the moment.")
    hall.update("RO-1", stage="delivered", closed_at=datetime.now(UTC))
    expect(hall.page.locator("#ready")).to_have_text("No car is ready at the moment.")
    assert hall.page.evaluate("window.opened") is True


def test_lounge_speaks_both_languages_and_bars_nobody(hall: Hall) -> None:
    hall.open_visit("RO-1", stage="awaiting_parts")
    hall.open_visit("RO-2", stage="ready")
    hall.open_lounge("zh")
    expect(hall.page.locator("#waiting .doing b")).to_have_text("备件待料")
    expect_no_barriers(hall.page)
    other = hall.page.context.new_page()
    hall.open_lounge("en", other)
    expect(other.locator("#waiting .doing b")).to_have_text("Waiting for parts")
    hall.update("RO-1", stage="washing", operation=None)
    expect(hall.page.locator("#waiting .doing b")).to_have_text("洗车")
    expect(other.locator("#waiting .doing b")).to_have_text("Washing")


def test_lounge_turns_its_pages_and_none_is_cut_off(hall: Hall) -> None:
    for number in range(1, 9):
        hall.visits.open(f"RO-{number}", operation="Replacement of the dual-mass flywheel and all behind it")
    for number in range(20, 27):
        hall.visits.open(f"RO-{number}", stage="ready")
    hall.open_lounge()
    set_time(hall.page, 0)
    expect_shown(hall.page, "#waiting", [f"A0{n}" for n in range(1, 7)])
    assert len(shown(hall.page, "#ready")) == 5
    expect(hall.page.locator(".page-number")).to_have_text(["1 / 2", "1 / 2"])
    set_time(hall.page, 12)
    expect_shown(hall.page, "#waiting", ["A07", "A08"])
    expect(hall.page.locator(".page-number")).to_have_text(["2 / 2", "2 / 2"])
    set_time(hall.page, 24)
    expect_shown(hall.page, "#waiting", [f"A0{n}" for n in range(1, 7)])
    assert hall.page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert hall.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def set_time(page: Page, seconds: float) -> None:
    """Have it be so late on the screen, by which pages are turned."""
    page.evaluate("(seconds) => { window.bayboard.now = () => seconds; }", seconds)


def shown(page: Page, lists: str) -> list[str]:
    """Return the tickets whose rows stand wholly inside the window of their list."""
    tickets: list[str] = page.evaluate(
        """(list) => [...document.querySelectorAll(`${list} > li`)]
            .filter((row) => {
                const pane = row.closest(".window").getBoundingClientRect();
                const box = row.getBoundingClientRect();
                return box.top >= pane.top - 1 && box.bottom <= pane.bottom + 1;
            })
            .map((row) => row.querySelector("b").textContent)""",
        lists,
    )
    return tickets


def expect_shown(page: Page, lists: str, tickets: list[str]) -> None:
    for _ in range(50):
        if shown(page, lists) == tickets:
            return
        page.wait_for_timeout(100)
    assert shown(page, lists) == tickets


def test_code_in_the_lounge_leads_to_where_plate_and_code_are_asked(hall: Hall) -> None:
    hall.open_visit("RO-1", plate="沪A12345")
    hall.open_lounge()
    picture = hall.page.locator(".phone img")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    (code,) = hall.visits.one("select code from visit_ticket")
    hall.page.set_viewport_size(PHONE)
    hall.page.goto(f"{hall.office.address}/progress")
    expect_no_barriers(hall.page)
    hall.page.get_by_label("Last four characters of the plate").fill("2345")
    hall.page.get_by_label("Code").fill(str(code).lower())
    hall.page.get_by_role("button", name="Show my car").click()
    expect(hall.page.locator("h1")).to_have_text("In repair")


def test_phone_shows_the_car_on_one_screen_and_bars_nobody(hall: Hall) -> None:
    hall.open_visit("RO-1", promised_at=datetime.now(UTC) + timedelta(hours=2))
    hall.open_progress("RO-1")
    for stage, other in (("In repair", "中文"), ("维修中", "English")):
        expect(hall.page.locator("h1")).to_have_text(stage)
        assert hall.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        head = hall.page.locator(".head").bounding_box()
        assert head
        assert head["y"] + head["height"] < PHONE["height"]
        expect_no_barriers(hall.page)
        hall.page.get_by_role("link", name=other).click()


@pytest.mark.expects_console("ERR_INTERNET_DISCONNECTED")
def test_phone_follows_the_car_and_recovers_from_a_lost_network_without_a_reload(hall: Hall) -> None:
    hall.open_visit("RO-1")
    hall.open_progress("RO-1")
    hall.page.evaluate("window.opened = true")
    hall.update("RO-1", stage="washing", operation=None)
    look_again(hall.page)
    expect(hall.page.locator("h1")).to_have_text("Washing")
    hall.page.context.set_offline(True)
    look_again(hall.page)
    expect(hall.page.locator("footer")).to_contain_text("No connection: this was so at")
    hall.update("RO-1", stage="ready", operation=None)
    hall.page.context.set_offline(False)
    expect(hall.page.locator("h1")).to_have_text("Ready for pickup", timeout=PATIENCE_MS)
    expect(hall.page.locator(".head")).to_contain_text("Please come to the service desk.")
    expect(hall.page.locator("footer")).to_contain_text("As of")
    assert hall.page.evaluate("window.opened") is True


@pytest.mark.expects_console("404")
def test_phone_whose_link_is_revoked_is_told_so(hall: Hall) -> None:
    hall.open_visit("RO-1")
    hall.open_progress("RO-1")
    expect(hall.page.locator("h1")).to_have_text("In repair")
    hall.office.connection.execute("update progress_link set revoked_at = now()")
    look_again(hall.page)
    expect(hall.page.locator("h1")).to_have_text("This link is no longer valid")
    expect_no_barriers(hall.page)
