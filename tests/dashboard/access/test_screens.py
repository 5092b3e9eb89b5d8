"""Screens: their links, by command and by page, and the end of one, in a real browser."""

from dataclasses import dataclass

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.access import let_in
from tests.fixtures.office import ServeDashboard
from tests.fixtures.processes import StartCommand
from tests.rig.patience import PATIENCE_MS

REFUSED = pytest.mark.expects_console("403")


@dataclass(slots=True)
class Hall:
    """A dashboard whose screens may be made and revoked."""

    start: StartCommand
    address: str
    database_url: str

    def run(self, *arguments: str) -> tuple[int, list[str]]:
        return self.start("screen", *arguments, BAYBOARD_DATABASE_URL=self.database_url).finish()

    def add(self, kind: str, name: str = "") -> str:
        status, lines = self.run(
            "add", "--kind", kind, "--site", "s1", "--name", name, "--base-url", self.address
        )
        assert status == 0, lines
        return lines[0]


@pytest.fixture
def hall(database_url: str, start_bayboard: StartCommand, serve_dashboard: ServeDashboard) -> Hall:
    return Hall(start_bayboard, serve_dashboard(database_url), database_url)


def expect_current(page: Page) -> None:
    page.wait_for_selector("html:not([data-stale]) #board[data-age]", timeout=PATIENCE_MS)


@REFUSED
def test_a_screen_opens_its_link_once_and_goes_dark_by_itself_when_it_is_revoked(
    hall: Hall, page: Page
) -> None:
    link = hall.add("wall", "Hall TV")
    page.goto(f"{link}?lang=zh")
    assert page.url == f"{hall.address}/wall/s1?lang=zh"
    expect_current(page)
    page.goto(f"{hall.address}/wall/s1")
    expect_current(page)
    assert page.evaluate("document.cookie").startswith("bayboard_lang=")  # no script reads the token
    status, lines = hall.run("revoke", "1")
    assert (status, lines) == (0, ["screen 1 is revoked, and dark within seconds."])
    expect(page.get_by_role("heading")).to_have_text("此屏幕无权显示该看板", timeout=PATIENCE_MS)
    assert hall.run("revoke", "1")[0] == 1


def test_when_a_screen_was_seen_last_is_known(hall: Hall, page: Page) -> None:
    page.goto(hall.add("wall", "Hall TV"))
    expect_current(page)
    with psycopg.connect(hall.database_url, autocommit=True) as connection:
        for _ in range(400):
            row = connection.execute("select seen_at from screen").fetchone()
            if row and row[0]:
                break
            page.wait_for_timeout(100)
        assert row
        assert row[0] is not None
    status, lines = hall.run("list")
    assert status == 0
    assert "Hall TV" in lines[1]
    assert "never" not in lines[1]


def test_only_the_hash_of_a_token_is_kept(hall: Hall) -> None:
    token = hall.add("lounge").rpartition("/")[2]
    with psycopg.connect(hall.database_url) as connection:
        row = connection.execute("select screen::text from screen").fetchone()
    assert row
    assert token not in row[0]


def test_a_screen_of_a_site_that_is_not_there_is_refused_in_a_sentence(start_bayboard: StartCommand) -> None:
    command = start_bayboard(
        "screen", "add", "--kind", "wall", "--site", "s9", BAYBOARD_DATABASE_URL="postgresql://127.0.0.1:1/x"
    )
    assert command.finish() == (1, ["bayboard: there is no site s9 in the workshop file"])


@REFUSED
def test_a_manager_makes_a_link_and_revokes_it_on_the_page(hall: Hall, page: Page, browser: Browser) -> None:
    let_in(page, hall.address)
    page.goto(f"{hall.address}/screens")
    expect(page.get_by_role("heading", name="No screen yet")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("textbox", name="Name").fill("Gate 3")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("#screens-address").input_value(timeout=PATIENCE_MS)
    page.keyboard.press("Escape")
    screen = browser.new_context()
    shown = screen.new_page()
    shown.goto(link)
    expect_current(shown)
    row = page.get_by_role("row", name="Gate 3")
    row.get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Revoke Gate 3?")
    dialog.get_by_role("button", name="Revoke").click()
    expect(row.locator(".word")).to_have_text("Revoked", timeout=PATIENCE_MS)
    expect(shown.get_by_role("heading")).to_have_text(
        "This screen may not show this board", timeout=PATIENCE_MS
    )
    screen.close()


def test_a_manager_of_one_site_sees_and_makes_screens_of_that_site_alone(hall: Hall, page: Page) -> None:
    hall.add("wall", "Hall TV")
    let_in(page, hall.address, "s2")
    page.goto(f"{hall.address}/screens")
    expect(page.get_by_role("heading", name="No screen yet")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#screens-site")).to_have_value("")
