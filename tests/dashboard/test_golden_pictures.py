"""Boards look as they did when somebody last looked at them: pictures, compared pixel by pixel."""

from datetime import timedelta

import pytest
from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect

from config.texts import LANGS
from tests.fixtures.golden import Compare, mark_differences, measure_share
from tests.fixtures.still import Still, lose_connection
from tests.rig.still_life import TOKEN

# A rem is a share of the screen, so a small screen shows what a large one does.
_SCREEN: ViewportSize = {"width": 1280, "height": 720}
_PHONE: ViewportSize = {"width": 390, "height": 1100}


@pytest.fixture(autouse=True)
def _small_screen(page: Page) -> None:
    page.set_viewport_size(_SCREEN)


@pytest.mark.parametrize("lang", LANGS)
def test_wall_looks_as_it_should(still: Still, page: Page, expect_golden: Compare, lang: str) -> None:
    still.visit_board(page, "/wall/s1", lang=lang)
    expect_golden(page, f"wall-{lang}")


@pytest.mark.expects_console("ERR_INTERNET_DISCONNECTED")
def test_wall_whose_data_expired_looks_as_it_should(still: Still, page: Page, expect_golden: Compare) -> None:
    still.visit_board(page, "/wall/s1", lang="en")
    lose_connection(page)
    expect_golden(page, "wall-expired")


def test_wall_at_night_looks_as_it_should(still: Still, page: Page, expect_golden: Compare) -> None:
    still.now += timedelta(hours=10)
    still.visit_board(page, "/wall/s1", lang="zh")
    expect(page.locator("#night")).to_be_visible()
    expect_golden(page, "wall-night")


@pytest.mark.parametrize("lang", LANGS)
def test_waiting_room_looks_as_it_should(still: Still, page: Page, expect_golden: Compare, lang: str) -> None:
    still.visit_board(page, "/lounge/s1", lang=lang)
    expect_golden(page, f"lounge-{lang}")


@pytest.mark.parametrize("lang", LANGS)
def test_customers_page_looks_as_it_should(
    still: Still, page: Page, expect_golden: Compare, lang: str
) -> None:
    page.set_viewport_size(_PHONE)
    still.visit(page, f"/progress/{TOKEN}", lang=lang)
    expect_golden(page, f"progress-{lang}")


def test_comparison_sees_another_colour_and_not_another_edge_of_a_letter() -> None:
    one = Image.new("RGB", (100, 100), "#151d26")
    other = one.copy()
    other.paste("#ff6a5a", (0, 0, 10, 5))
    assert measure_share(mark_differences(one, other)) == 0.005
    other.paste("#1f2a36", (0, 0, 10, 5))
    assert measure_share(mark_differences(one, other)) == 0
    assert measure_share(mark_differences(one, Image.new("RGB", (100, 101)))) == 1
