"""The page `/reminders`: its figures without a browser, and working with it in one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.figures.service.conversion import draw_conversion
from dashboard.figures.service.detail import draw_item
from dashboard.figures.service.table import draw_counts, item_row, list_columns
from dashboard.pages.service.filter import VIEWS, Asked, read_address
from models.domain.service.listed import SHOWN, Attempt, Conversion, ListedItem, Owner
from tests.fixtures.office import Office
from tests.rig.components import read_words
from tests.rig.garage import Garage
from tests.rig.patience import PATIENCE_MS

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
NOW = datetime(2026, 11, 18, 2, tzinfo=UTC)
DAY = timedelta(days=1)
ITEM = ListedItem(
    shown="raised", site="s1", vin="LSVAU2A37N2183294", plate="沪A12345", make="Volkswagen", model="Passat",
    customer_name="王伟", plan="petrol", item="oil", cycle="first", due_state="due", km=29_400.0,
    due_km=30_000.0, due_on=date(2027, 2, 1), projected_on=date(2026, 12, 5),
    projected_from=date(2026, 12, 1), projected_to=date(2026, 12, 12), reminder_id=7,
    reminder_state="failed", channel="message", raised_at=NOW,
    closed_at=None, closed_by=None, held_until=None, held_because=None,
)  # fmt: skip
OWNER = Owner(
    km=29_400.0, km_at=NOW, km_per_day=38.2, km_per_day_low=30.0, km_per_day_high=45.0, rate_from="readings",
    trusted_readings=16, refused_readings=2, advisor="A1", customer_ref="C1", customer_name="王伟",
    customer_phone="10012345678", consent=False, consent_at=NOW, done_on=date(2026, 2, 1), done_km=20_000.0,
)  # fmt: skip


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_row_has_words_for_every_column(shown: str, lang: str) -> None:
    row = item_row(replace(ITEM, shown=shown), WORKSHOP, lang)
    fields = [column["field"] for column in list_columns(shown, lang) if "field" in column]
    assert len(fields) >= 6
    assert all(row[f"{field}_words"] for field in fields)


def test_a_row_says_when_and_how_far_and_what_became_of_it() -> None:
    row = item_row(ITEM, WORKSHOP, "en")
    assert (row["due_words"], row["due_second"]) == ("1 Feb 2027", "at 30,000 km")
    assert (row["projected_words"], row["projected_second"]) == ("5 Dec 2026", "1 Dec 2026 – 12 Dec 2026")
    assert (row["state_words"], row["state_level"], row["state_second"]) == (
        "Not delivered",
        "over",
        "by message",
    )
    assert row["raised_words"] == "18 Nov 2026 10:00"
    assert row["href"] == "/vehicles/LSVAU2A37N2183294"
    held = item_row(replace(ITEM, shown="held", held_until=NOW + DAY, held_because="Abroad"), WORKSHOP, "zh")
    assert (held["held_words"], held["held_second"]) == ("至 2026年11月19日", "Abroad")


def test_counts_lead_to_their_items_and_the_chosen_one_is_marked() -> None:
    links = {view: f"/reminders?show={view}" for view in VIEWS}
    drawn = draw_counts({"due": 3, "raised": 0}, "due", links, "en")
    chips = drawn[0].children
    assert [chip.className for chip in chips] == ["chip chosen", "chip none"]
    assert [chip.children.href for chip in chips] == [links["due"], links["raised"]]
    assert read_words(chips, " ") == "3 Due 0 Raised"


def test_one_item_tells_of_its_mileage_consent_and_every_attempt() -> None:
    message = Attempt(
        1, "customer", "C1", "service_due", "dead", NOW, NOW + DAY, 1, NOW, "sms", "refused", "no such number"
    )
    again = replace(message, attempt=2, outcome="failed", detail=None)
    said = read_words(draw_item(ITEM, OWNER, [message, again], WORKSHOP, "en"), " ")
    for part in (
        "Oil and filter service", "1 Feb 2027 · at 30,000 km", "5 Dec 2026 (1 Dec 2026 – 12 Dec 2026)",
        "29,400 km, 18 Nov 2026 10:00", "38.2 km (30 to 45), by its readings", "16 believed, 2 refused",
        "Does not want to be told, said 18 Nov 2026 10:00", "given up 19 Nov 2026 10:00",
        "Attempt 1, 18 Nov 2026 10:00, sms: refused: no such number", "Attempt 2,",
    ):  # fmt: skip
        assert part in said


def test_numbers_of_any_characters_lead_to_their_pages() -> None:
    item = replace(ITEM, vin="LSV/1?", closed_by="s1/RO #1/2")
    assert item_row(item, WORKSHOP, "en")["href"] == "/vehicles/LSV%2F1%3F"
    drawn = str(draw_item(item, OWNER, [], WORKSHOP, "en"))
    assert "href='/vehicles/LSV%2F1%3F'" in drawn
    assert "href='/orders/s1/RO%20%231%2F2'" in drawn


def test_a_month_of_which_some_may_still_come_has_no_share_yet() -> None:
    months = [Conversion(date(2026, 9, 1), 40, 10, 0, 4), Conversion(date(2026, 10, 1), 20, 5, 15, 0)]
    panel = draw_conversion(months, "en")
    said = read_words(panel, " ")
    assert "25%" in said
    assert "25% so far" in said
    chart = panel.children[2].children
    share = next(trace for trace in chart.figure["data"] if trace["name"] == "Share")
    assert share["y"] == [0.25, None]
    assert "Nobody was told yet" in read_words(draw_conversion([], "en"), " ")


def test_what_is_asked_for_stands_in_the_address_and_is_read_back() -> None:
    for asked in (Asked(), Asked("held", "s1", "oil", "沪A 1"), Asked("conversion")):
        assert read_address(asked.address()) == asked
    assert Asked().address() == ""
    assert read_address("?show=nonsense") == Asked()


@pytest.fixture
def desk(office: Office) -> Office:
    """Two cars of our site and one of another, whose oil people were told of."""
    garage, now = Garage(office.database_url), datetime.now(UTC).replace(microsecond=0)
    for number, site in (("94", "s1"), ("95", "s1"), ("96", "s2")):
        vin = f"LSVAU2A37N21832{number}"
        garage.add_vehicle(vin)
        garage.add_driving(30_000, 100.0, vin, until=now)
        order = garage.add_order(
            now - 91 * DAY,
            now - 90 * DAY,
            "Oil and filter service",
            "Coolant change",
            vin=vin,
            customer=number,
        )
        garage.write("update work_order set site = %s where work_order = %s", (site, order))
        garage.write("update work_order_line set site = %s where work_order = %s", (site, order))
    garage.run(now)
    return office


def test_a_manager_snoozes_and_dismisses_at_the_own_site_and_nowhere_else(desk: Office, page: Page) -> None:
    desk.open(page, "/reminders?show=raised", "s1")
    rows = page.locator(".ag-center-cols-container .ag-row")
    expect(rows).to_have_count(2)
    rows.nth(0).locator("[col-id=item]").click()
    expect(page.locator("#reminders-detail")).to_contain_text("17 believed, 0 refused")
    page.locator("#reminders-dismiss").click()
    expect(page.locator("#reminders-refusal")).to_contain_text("Say why")
    page.locator("#reminders-reason").fill("Sold to somebody else")
    with page.expect_request(lambda asked: "reminders-dismiss.n_clicks" in (asked.post_data or "")) as sent:
        page.locator("#reminders-dismiss").click()
    expect(page.locator("#reminders-outcome")).to_contain_text("dismissed for this time", timeout=PATIENCE_MS)
    rows.nth(1).locator("[col-id=item]").click()
    page.locator("#reminders-snooze").click()
    expect(page.locator("#reminders-outcome")).to_contain_text("nobody is told before", timeout=PATIENCE_MS)
    holds = "select vin, reason, until is null from service_hold order by until is null"
    held = desk.connection.execute(holds).fetchall()
    assert [row[1:] for row in held] == [(None, False), ("Sold to somebody else", True)]
    # Ask for a car of another site all the same, with the very request of the page.
    forged = str(sent.value.post_data).replace(held[1][0], "LSVAU2A37N2183296")
    assert forged != sent.value.post_data
    cookies = {str(cookie["name"]): str(cookie["value"]) for cookie in page.context.cookies()}
    answer = httpx.post(
        sent.value.url, content=forged, cookies=cookies, headers={"content-type": "application/json"}
    )
    assert "This has changed meanwhile" in answer.text
    assert desk.connection.execute(holds).fetchall() == held
    # The engine acts on it, and the page shows it.
    Garage(desk.database_url).run(datetime.now(UTC), full=False)
    page.goto(f"{desk.address}/reminders?show=held&lang=zh")
    expect(rows).to_have_count(2)
    expect(page.locator(".chip.chosen")).to_contain_text("暂停")


def test_a_phone_shows_cards_and_a_desk_columns_whatever_is_chosen(desk: Office, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    desk.open(page, "/reminders?show=due")
    cells = page.locator(".ag-center-cols-container .ag-row").first.locator("[col-id]")
    page.locator(".chip", has_text="Raised").locator("a").click()
    expect(page.locator(".chip.chosen")).to_contain_text("Raised")
    expect(cells).to_have_count(1, timeout=PATIENCE_MS)
    expect(cells).to_have_attribute("col-id", "card")
    page.set_viewport_size({"width": 1400, "height": 900})
    expect(cells).to_have_count(7)
    expect(page.locator("[col-id=card]")).to_have_count(0)
