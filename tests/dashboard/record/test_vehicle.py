"""A vehicle's file holds what is known of it, to whom it may be told; and a part of its plate finds it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, expect

import config
from config.settings import DEFAULT_WORKSHOP_FILE
from config.texts import read_catalogue
from config.workshop import load_workshop
from dashboard.access.identity import Role
from dashboard.figures.kit.number import say_whole
from dashboard.figures.record.mileage import draw_mileage
from dashboard.figures.record.search import draw_hits
from dashboard.figures.record.service import draw_due
from dashboard.figures.record.vehicle import draw_codes, draw_visits
from models.analytics.record.vehicle import (
    DayMileage,
    DueItem,
    FoundCode,
    MileageCorrection,
    RefusedReading,
    StageSpan,
    VehicleHead,
    VehicleRecord,
    VehicleVisit,
    drive_really,
)
from models.queries.record.vehicle import MOST_VISITS, find_vehicles, read_vehicle
from tests.fixtures.access import let_in
from tests.fixtures.history import History
from tests.fixtures.office import Office
from tests.fixtures.visit import NOON, PRIVATE, Visits
from tests.rig.asking import ask
from tests.rig.components import read_words
from tests.rig.patience import PATIENCE_MS

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
[SITE] = WORKSHOP.sites
VIN = PRIVATE["vin"]
DAY = timedelta(days=1)


def read(visits: Visits, sites: tuple[str, ...] | None = None, vin: str = VIN) -> VehicleRecord | None:
    return ask(visits.database_url, lambda connection: read_vehicle(connection, vin, sites))


def find(visits: Visits, typed: str, sites: tuple[str, ...] | None = None) -> list[str]:
    hits = ask(visits.database_url, lambda connection: find_vehicles(connection, typed, sites))
    return [hit.vin for hit in hits]


def add_vehicle(visits: Visits, vin: str, plate: str) -> None:
    visits.connection.execute(
        "insert into vehicle (vin, plate, make, model, as_of) values (%s, %s, 'Volkswagen', 'Passat', %s)",
        (vin, plate, NOON),
    )
    visits.connection.execute("insert into site_vehicle select 's1', * from vehicle on conflict do nothing")


def add_reading(visits: Visits, km: float, days: float, reason: str | None = None, site: str = "s1") -> None:
    at = NOON + days * DAY
    visits.connection.execute(
        "insert into odometer_reading (site, device, event_id, at, received_at, corrected_at, vin, km, value,"
        " unit, trusted, reason) values (%s, 'box', %s, %s, %s, %s, %s, %s, %s, 'km', %s, %s)",
        (site, f"{days}", at, at, at, VIN, km, km, reason is None, reason),
    )


def find_chart(component: Any) -> dict[str, Any]:
    figure: dict[str, Any] = component.children[2].children.figure
    return figure


def test_every_visit_of_the_history_stands_in_its_vehicles_file(history: History, history_url: str) -> None:
    with psycopg.connect(history_url) as connection:
        rows = connection.execute(
            "select vin, array_agg(work_order order by opened_at desc), count(*) from work_order"
            " where vin is not null group by vin order by count(*) desc, vin limit 25"
        ).fetchall()
        seconds: dict[str, float] = dict(
            connection.execute(
                "select work_order, sum(extract(epoch from left_at - entered_at))::float8 from stage_interval"
                " group by 1"
            ).fetchall()
        )

    async def read_all(connection: psycopg.AsyncConnection[Any]) -> None:
        for vin, orders, _ in rows:
            record = await read_vehicle(connection, vin, (history.site,))
            assert record is not None
            assert [visit.work_order for visit in record.visits] == orders
            for visit in record.visits:
                spans = [span for span in visit.spans if span.left_at]
                told = sum((span.left_at - span.entered_at).total_seconds() for span in spans if span.left_at)
                assert told == pytest.approx(seconds[visit.work_order])

    assert rows[0][2] > 1, "some vehicle came twice"
    ask(history_url, read_all)


def test_who_sees_one_site_sees_the_visits_there_and_nothing_of_others(visits: Visits) -> None:
    add_vehicle(visits, VIN, "沪A12345")
    visits.open("RO-1")
    visits.open("RO-2", site="s2", opened_at=NOON - DAY, customer_name="李梅")
    visits.find_code("P0301", 5)
    add_reading(visits, 40_000, -1)
    add_reading(visits, 40_100, 0, site="s2")
    everything, mine, theirs = read(visits), read(visits, ("s1",)), read(visits, ("s2",))
    assert everything
    assert mine
    assert theirs
    assert [visit.work_order for visit in everything.visits] == ["RO-1", "RO-2"]
    assert [visit.work_order for visit in mine.visits] == ["RO-1"]
    assert [visit.customer_name for visit in theirs.visits] == ["李梅"]
    assert ([found.code for found in mine.codes], theirs.codes) == (["P0301"], [])
    assert [len(record.mileage) for record in (everything, mine, theirs)] == [2, 1, 1]
    assert read(visits, ("s3",)) is None, "never there: for them there is no such vehicle"
    assert read(visits, vin="LSV") is None


def test_a_vehicle_known_by_its_readings_alone_is_for_those_who_see_every_site(visits: Visits) -> None:
    visits.connection.execute("insert into vehicle_service (vin) values (%s)", (VIN,))
    assert read(visits)
    assert read(visits, ("s1",)) is None


def test_a_long_history_is_read_up_to_its_newest_part(visits: Visits) -> None:
    visits.open("RO-1")
    visits.connection.execute(
        "insert into work_order (site, work_order, registered, vin, cancelled, opened_at, updated_at)"
        " select 's1', 'RO-X' || n, true, %s, false, %s - n * interval '1 day', %s"
        " from generate_series(1, 250) as n",
        (VIN, NOON, NOON),
    )
    record = read(visits)
    assert record
    assert len(record.visits) == MOST_VISITS
    assert record.visits[0].work_order == "RO-1"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("12345", {VIN}),
        ("沪a12345", {VIN}),
        ("沪A·123", {VIN}),
        ("a 12", {VIN}),
        ("沪Ａ１２３", {VIN}),
        (VIN, {VIN}),
        ("2183294", {VIN}),
        ("D1234", {"LNEW"}),
        ("123", {VIN, "LNEW"}),
        ("12", set()),
        ("%%%", set()),
        ("___", set()),
        ("99999", set()),
    ],
)
def test_a_part_of_the_plate_or_the_vin_finds_it_however_it_is_separated(
    visits: Visits, typed: str, found: set[str]
) -> None:
    visits.open()
    add_vehicle(visits, VIN, "沪A·12345")
    add_vehicle(visits, "LNEW", "沪A·D1234 6")
    assert set(find(visits, typed)) == found
    assert set(find(visits, typed, ("s1",))) == found & {VIN}
    assert find(visits, typed, ("s2",)) == []


@pytest.mark.parametrize("spelling", [VIN.lower(), f" {VIN}\r", f"*{VIN}*"])
def test_a_vehicle_is_found_by_every_spelling_of_its_number(visits: Visits, spelling: str) -> None:
    visits.open()
    add_vehicle(visits, VIN, "沪A·12345")
    record = ask(visits.database_url, lambda connection: read_vehicle(connection, spelling, None))
    assert record
    assert record.head.vin == VIN


def test_what_was_shown_is_moved_by_the_last_correction() -> None:
    days = [DayMileage(date(2026, 11, day), km) for day, km in ((1, 900.0), (3, 20.0), (9, 140.0))]
    swap = MileageCorrection(datetime(2026, 11, 2, tzinfo=UTC), 910.0, 0.0, "Li")
    later = MileageCorrection(datetime(2026, 11, 5, tzinfo=UTC), 1000.0, 100.0, "Li")
    assert [each.km for each in drive_really(days, [later, swap])] == [900.0, 930.0, 1040.0]
    assert swap.is_swap


@pytest.mark.parametrize("shown_km", [910.0, 15.0])
def test_on_the_day_of_a_new_cluster_it_has_driven_what_was_said(shown_km: float) -> None:
    swap = MileageCorrection(datetime(2026, 11, 2, 12, tzinfo=UTC), 910.0, 0.0, "Li")
    [day] = drive_really([DayMileage(date(2026, 11, 2), shown_km)], [swap])
    assert day.km == 910.0


HEAD = VehicleHead(
    VIN, "沪A12345", "Volkswagen", "Passat", 2022, "petrol", None, 45_000, NOON, 38, 30, 45, "readings", 7, 2
)
VISIT = VehicleVisit(
    "s1", "RO-1", "repair", None, None, None, None, NOON, None, cancelled=False, stage="repairing",
    operations=["Brakes"],
    spans=[StageSpan("received", NOON, NOON + DAY / 24), StageSpan("repairing", NOON + DAY / 24, None)],
)  # fmt: skip


def test_a_visits_bars_are_its_stages_and_lead_to_its_order() -> None:
    panel = draw_visits(VehicleRecord(HEAD, [VISIT]), WORKSHOP, NOON + DAY / 8, "en")
    bars = find_chart(panel)["data"]
    assert [(bar["name"], bar["x"], bar["customdata"]) for bar in bars] == [
        ("Received", [1.0], ["/orders/s1/RO-1"]),
        ("In repair", [2.0], ["/orders/s1/RO-1"]),
    ]


def test_refused_readings_stand_in_the_chart_with_their_reason() -> None:
    record = VehicleRecord(
        HEAD,
        mileage=[DayMileage(NOON.date(), 45_000)],
        refused=[RefusedReading(NOON, 4_500, "box", "digit_too_few: 4500 km fits 45000")],
        corrections=[MileageCorrection(NOON, 45_000, 0, "Li")],
    )
    panel = draw_mileage(record, SITE.zone, "en")
    believed, refused, corrected = find_chart(panel)["data"]
    assert believed["y"] == [45_000]
    axis = find_chart(panel)["layout"]["xaxis"]
    assert axis["autorangeoptions"]["include"] == [NOON.date() - 3 * DAY, NOON.date() + 3 * DAY]
    assert refused["hovertext"] == ["a digit too few (4500 km fits 45000)"]
    assert corrected["marker"]["symbol"] == "diamond"
    assert "7 readings are believed, 2 refused" in read_words(panel)
    assert "里程倒退" in read_words(
        draw_mileage(
            replace(record, refused=[RefusedReading(NOON, 1, "b", "runs_backwards: 1")]), SITE.zone, "zh"
        )
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "km", [429_496_729.5, 1e10, 3.4028234663852886e38, float("inf"), float("-inf"), float("nan"), -5.0]
)
def test_a_refused_reading_beyond_the_axis_stands_at_its_edge(km: float, lang: str) -> None:
    years_ago = RefusedReading(NOON - 7168 * DAY, 45_100, "box", "runs_backwards: 45100 km")
    record = VehicleRecord(
        HEAD,
        mileage=[DayMileage(NOON.date(), 45_210), DayMileage((NOON - 9 * DAY).date(), 45_000)],
        refused=[RefusedReading(NOON, km, "box", "no_value: never"), years_ago],
    )
    figure = find_chart(draw_mileage(record, SITE.zone, lang))
    least, most = figure["layout"]["yaxis"]["range"]
    assert 44_000 < least < 45_000
    assert 45_210 < most < 46_000
    _, within, beyond = figure["data"]
    assert beyond["y"] in ([least], [most])
    assert say_whole(km, lang) in beyond["customdata"][0]
    assert within["x"][0] > NOON.replace(tzinfo=None) - 60 * DAY, "a date years off makes no dot of the line"
    assert within["customdata"][0].startswith("2007")


def test_codes_are_said_in_words_with_how_often_and_when_last() -> None:
    codes = [FoundCode("s1", date(2026, 11, day), "P0301", "confirmed") for day in (20, 3)]
    words = read_words(draw_codes([*codes, FoundCode("s1", date(2026, 11, 1), "P1ABC", "pending")], "en"))
    assert "P0301|" in words
    assert "2 × · last 20 Nov 2026" in words
    assert "P1ABC|Engine or gearbox: code P1ABC|1 ×" in words


def test_an_item_that_is_overdue_stands_out_and_leads_to_who_did_it_last() -> None:
    nothing: dict[str, Any] = dict.fromkeys(DueItem.__slots__)
    item = DueItem(
        **(
            nothing
            | {"item": "oil", "plan": "petrol", "state": "overdue", "due_km": 50_000, "done_by": "s1/RO-7"}
        )
    )
    panel = draw_due([item, replace(item, item="gone", state="not_yet", done_by=None)], WORKSHOP, "en")
    assert "Oil and filter service|overdue|50,000 km" in read_words(panel)
    assert "gone|not yet" in read_words(panel)
    assert "level-over" in str(panel)
    assert "/orders/s1/RO-7" in str(panel)


def test_nothing_found_says_what_else_to_try() -> None:
    assert "three signs" in read_words(draw_hits([], "X1", 20, WORKSHOP, "en"))


def test_a_foreman_finds_a_vehicle_by_keyboard_and_walks_on_to_its_order(office: Office, page: Page) -> None:
    visits = Visits(office.connection, office.database_url)
    visits.open()
    add_vehicle(visits, VIN, "沪A·12345")
    visits.open("RO-2", vin="LOTHER", plate="沪B·12399", site="s2")
    add_vehicle(visits, "LOTHER", "沪B·12399")
    let_in(page, office.address, "s1", role=Role.FOREMAN)
    page.goto(f"{office.address}/vehicles?find=zzz")
    expect(page.locator(".empty h2")).to_have_text("No vehicle “zzz”", timeout=PATIENCE_MS)
    page.locator("input[name=find]").fill("123")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/vehicles/{VIN}", timeout=PATIENCE_MS)
    expect(page.locator("#vehicle.with-data h1")).to_have_text("沪A·12345", timeout=PATIENCE_MS)
    expect(page.locator("#vehicle .nothing")).to_have_count(6)
    page.locator(".ag-row a").first.click()
    expect(page.locator("#order h1")).to_have_text("沪A12345", timeout=PATIENCE_MS)


def test_every_message_that_can_be_told_has_a_name() -> None:
    folder = Path(config.__file__).parent / "messages" / "en"
    templates = {path.name.partition(".")[0] for path in folder.glob("*.toml")}
    named = {key.partition(".")[2] for key in read_catalogue("zh") if key.startswith("vehicle_about.")}
    assert templates == named


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_vehicles_file_opens_whatever_is_stored_of_its_odometer(
    office: Office, page: Page, lang: str
) -> None:
    visits = Visits(office.connection, office.database_url)
    visits.open()
    add_vehicle(visits, VIN, "沪A12345")
    for number, shown in enumerate([45_000.0, 45_100.0, float("inf"), 45_210.0]):
        add_reading(visits, shown, number - 20)
    for number, km in enumerate([3.4028234663852886e38, float("inf"), float("nan"), 1e10, 429_496_729.5, 0]):
        add_reading(visits, km, number - 12, reason="out_of_range: no odometer shows that")
    visits.connection.execute(
        "insert into vehicle_service (vin, site, km, km_at, km_per_day, rate_from)"
        " values (%s, 's1', 'Infinity', %s, 'NaN', 'model')",
        (VIN, NOON),
    )
    let_in(page, office.address, "s1", role=Role.FOREMAN)
    page.goto(f"{office.address}/vehicles/{VIN}?lang={lang}")
    expect(page.locator("#vehicle.with-data h1")).to_have_text("沪A12345", timeout=PATIENCE_MS)
    expect(page.locator("#vehicle .findings li")).to_have_count(6)
    expect(page.locator("#vehicle .js-plotly-plot .points path").first).to_be_attached(timeout=PATIENCE_MS)
