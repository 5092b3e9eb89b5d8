"""Nobody is barred from reading a page: contrast, names, roles and landmarks, as axe-core judges them."""

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from dashboard.pages.analytics.layout import VIEWS, address_of
from tests.fixtures.history import WrittenHistory
from tests.fixtures.still import Still
from tests.fixtures.visit import PRIVATE
from tests.rig.barriers import expect_no_barriers
from tests.rig.patience import PATIENCE_MS
from tests.rig.still_life import TOKEN

_DESK: ViewportSize = {"width": 1440, "height": 900}
_PHONE: ViewportSize = {"width": 390, "height": 844}
_PHONE_PAGES = ("/progress", f"/progress/{TOKEN}", "/sign-in")
_OFFICE = (
    "/",
    "/account",
    "/devices",
    "/quarantine",
    "/screens",
    "/accounts",
    "/reminders",
    "/orders/s1/RO-1001",
    f"/vehicles/{PRIVATE['vin']}",
)
_DAYS = "span=custom&from=2026-06-08&to=2026-06-14"


@pytest.fixture(scope="module")
def standstill_template(written_history: WrittenHistory) -> str:
    return written_history.template


@pytest.mark.parametrize(("path", "lang"), [("/wall/s1", "en"), ("/lounge/s1", "zh")])
def test_board_bars_nobody(still: Still, page: Page, path: str, lang: str) -> None:
    still.visit_board(page, path, lang=lang)
    expect_no_barriers(page)


@pytest.mark.parametrize("path", _PHONE_PAGES)
def test_page_on_a_phone_bars_nobody(still: Still, page: Page, path: str) -> None:
    page.set_viewport_size(_PHONE)
    still.visit(page, path, lang="en")
    expect_no_barriers(page)


@pytest.mark.parametrize("path", [*_OFFICE, *map(address_of, [*VIEWS, "orders"])])
def test_page_at_a_desk_bars_nobody(still: Still, page: Page, path: str) -> None:
    page.set_viewport_size(_DESK)
    still.sign_in(page)
    page.goto(f"{still.address}{path}?lang=en&{_DAYS}")
    expect(page.locator("main :is(h1, h2)").first).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_load_state("networkidle")
    expect_no_barriers(page)
