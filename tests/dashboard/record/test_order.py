"""One order's page says what the events say, whatever state the order is in, and only to those it is for."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from dash.development.base_component import Component
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, expect
from starlette.exceptions import HTTPException

from config.settings import DEFAULT_WORKSHOP_FILE
from config.texts import text
from config.workshop import load_workshop
from dashboard.access.identity import Role, User
from dashboard.figures.record.events import draw_codes, draw_parts, draw_scans
from dashboard.figures.record.order import draw_figures, draw_head
from dashboard.figures.record.timeline import draw_timeline
from dashboard.pages.record.address import read_record_address
from dashboard.pages.record.order import ORDER_ADDRESS
from models.analytics.record.order import (
    ClockRow,
    CodeRow,
    Labour,
    OrderHead,
    OrderRecord,
    PartStory,
    PartsWord,
    ScanRow,
    StageBar,
    follow_parts,
    measure_record,
    pair_labour,
)
from models.queries.record.order import read_order
from tests.fixtures.access import let_in
from tests.fixtures.history import History
from tests.fixtures.office import Office, ServeDashboard
from tests.fixtures.visit import NOON, Visits
from tests.rig.asking import ask
from tests.rig.components import read_words
from tests.rig.patience import PATIENCE_MS
from tests.rig.scan_tables import find_in_tables

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
[SITE] = WORKSHOP.sites


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def head(**more: Any) -> OrderHead:
    said: dict[str, Any] = dict.fromkeys(OrderHead.__slots__)
    said |= {"site": "s1", "work_order": "RO-1", "registered": True, "cancelled": False, "opened_at": at(0)}
    return OrderHead(**(said | more))


def bar(
    stage: str, begins: float, ends: float | None, rule: str | None = None, bay: str | None = "B03"
) -> StageBar:
    return StageBar(stage, bay, "T012", None, None, at(begins), None if ends is None else at(ends), rule)


def scan(minutes: float, stage: str, bay: str | None = None, late: float = 0, offset: float = 0) -> ScanRow:
    moment = at(minutes)
    return ScanRow(
        moment - timedelta(minutes=offset), moment, moment + timedelta(minutes=late),
        "bay-B03", f"{minutes}", stage, bay, None, None, None,
    )  # fmt: skip


def find_chart(component: Component) -> dict[str, Any]:
    figure: dict[str, Any] = component.children.figure
    return figure


OPEN = OrderRecord(
    head(
        plate="沪A12345", job_type="repair", stage="repairing", first_promised_at=at(120), promised_at=at(180)
    ),
    at(0),
    [bar("received", 0, 30, bay=None), bar("inspecting", 30, 50, "wrong_bay"), bar("repairing", 50, None)],
    [
        scan(0, "received"),
        scan(30, "inspecting", "B03"),
        scan(50, "repairing", "B03"),
        scan(52, "repairing", "B03", late=9),
    ],
    [Labour("1", "T012", "B03", at(55), None)],
    [PartStory("BP-1", "Brake pads", 2, at(90), at(50), None, None)],
    [CodeRow(at(40), "C0035", "confirmed", "tool"), CodeRow(at(41), "C0035", "pending", "tool")],
)


def test_every_closed_orders_figures_are_those_of_the_rollups(history: History, history_url: str) -> None:
    with psycopg.connect(history_url) as connection:
        rows = connection.execute(
            "select work_order, cycle_seconds, open_cycle_seconds, touch_seconds, wait_seconds, on_time,"
            " (select count(*) from stage_scan where stage_scan.work_order = figures.work_order)"
            " from order_figures as figures order by work_order"
        ).fetchall()
    assert len(rows) > 100

    async def read_all(connection: psycopg.AsyncConnection[Any]) -> None:
        for order, cycle, open_cycle, touch, waits, on_time, scans in rows[::3]:
            record = await read_order(connection, history.site, order, history.ends_at)
            assert record is not None
            figures = measure_record(record, WORKSHOP.stages, SITE.hours, history.ends_at)
            assert figures is not None
            said = (figures.cycle_seconds, figures.open_cycle_seconds, figures.touch_seconds)
            assert said == pytest.approx((cycle, open_cycle, touch), abs=0.01), order
            assert figures.wait_seconds == pytest.approx(waits, abs=0.01), order
            assert figures.on_time is on_time
            assert len(record.scans) == scans

    ask(history_url, read_all)


def test_parts_and_codes_of_a_visit_are_found_and_nobody_elses(history: History, history_url: str) -> None:
    with psycopg.connect(history_url) as connection:
        parts: dict[str, int] = dict(
            connection.execute("select work_order, count(*) from work_order_part group by 1").fetchall()
        )
        [(codes,)] = connection.execute(
            "select count(distinct (device, event_id, at, code)) from trouble_code"
        )
        vins = connection.execute(
            "select work_order from work_order where vin in (select vin from trouble_code)"
        ).fetchall()

    async def read_all(connection: psycopg.AsyncConnection[Any]) -> int:
        found: set[tuple[datetime, str]] = set()
        for (order,) in vins:
            record = await read_order(connection, history.site, order, history.ends_at)
            assert record is not None
            assert len(record.parts) == parts.get(order, 0)
            found |= {(row.at, row.code) for row in record.codes}
        return len(found)

    assert ask(history_url, read_all) == codes


def test_an_open_order_is_measured_up_to_now() -> None:
    early, late = (measure_record(OPEN, WORKSHOP.stages, SITE.hours, at(minutes)) for minutes in (60, 75))
    assert early
    assert late
    assert late.cycle_seconds - early.cycle_seconds == 15 * 60
    assert late.touch_seconds - early.touch_seconds == 15 * 60, "somebody is clocked on"
    assert early.on_time is None, "a promise is neither kept nor broken yet"
    assert early.touch_seconds + sum(early.wait_seconds.values()) == pytest.approx(early.cycle_seconds)


def test_an_order_that_never_began_says_so() -> None:
    record = OrderRecord(head(opened_at=None))
    assert measure_record(record, WORKSHOP.stages, SITE.hours, NOON) is None
    assert "has not begun" in read_words(draw_figures(record, None, WORKSHOP, "en"))
    drawn = draw_timeline(record, None, WORKSHOP, SITE.hours, SITE.zone, NOON, "en")
    assert read_words(drawn) == text("en", "analytics.no_data")


@given(st.lists(st.sampled_from(["on", "off"]), max_size=8))
def test_labour_never_overlaps_itself_whatever_was_clocked(actions: list[str]) -> None:
    rows = [ClockRow(at(10 * n), "1", "T1", None, action) for n, action in enumerate(actions)]
    found = pair_labour(rows, is_open=True, now=at(1000 - 400))
    assert all(one.ended_at and one.ended_at <= other.began_at for one, other in pairwise(found))
    assert sum(each.ended_at is None for each in found) == (actions[-1:] == ["on"])


def test_whoever_forgot_to_clock_off_is_not_at_work_the_day_after() -> None:
    rows = [ClockRow(at(0), "1", "T1", None, "on")]
    assert pair_labour(rows, is_open=True, now=at(16 * 60 + 1)) == []
    assert pair_labour(rows, is_open=False, now=at(1)) == []


def test_a_part_is_followed_from_its_order_to_the_car() -> None:
    part = {"part": "BP-1", "description": "Brake pads", "quantity": 2}
    words = [
        PartsWord(at(90), [{**part, "status": "fitted"}]),
        PartsWord(
            at(0),
            [{**part, "status": "ordered", "eta": at(60).isoformat()}, {"part": "X", "status": "ordered"}],
        ),
        PartsWord(at(30), [{**part, "status": "ordered"}]),
        PartsWord(at(70), [{**part, "status": "arrived"}]),
    ]
    assert follow_parts(words) == [PartStory("BP-1", "Brake pads", 2, at(60), at(0), at(70), at(90))]


def test_inferred_stages_are_hatched_and_closed_hours_grey() -> None:
    timeline = draw_timeline(OPEN, None, WORKSHOP, SITE.hours, SITE.zone, at(60 * 24), "en")
    by_name = {trace["name"]: trace for trace in find_chart(timeline)["data"]}
    assert by_name["working, inferred"]["y"] == ["Inspecting"]
    assert by_name["working, inferred"]["marker"]["pattern"]["shape"] == "/"
    assert "pattern" not in by_name["working"]["marker"]
    assert by_name["working"]["x"] == [(24 * 60 - 50) * 60_000], "an open stage lasts until now"
    assert list(by_name["Scans"]["y"]) == ["Received", "Inspecting", "In repair", "In repair"]
    layout = find_chart(timeline)["layout"]
    shaded = [shape for shape in layout["shapes"] if shape["type"] == "rect"]
    assert [(shape["x0"].hour, shape["x1"].hour) for shape in shaded] == [(18, 8)], "one night"
    assert [note["text"] for note in layout["annotations"]] == ["first promise", "promise, moved", "now"]


def test_scans_say_what_was_made_of_them() -> None:
    record = OrderRecord(
        OPEN.head, at(20), OPEN.stages, [*OPEN.scans, scan(60, "repairing", "B04", offset=3)]
    )
    rows = draw_scans(record, WORKSHOP, SITE.zone, "en").children[-1].rowData
    assert [row["note_words"] for row in rows] == [
        "before the order was announced",
        "first scanned in the wrong bay",
        "",
        "said nothing new · came 9 min late",
        "",
    ]
    assert [row["corrected_level"] for row in rows] == ["none"] * 4 + ["warn"]


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({"stage": "repairing", "bay": "B03"}, "In repair · B03"),
        ({"stage": "delivered", "closed_at": at(99)}, "Delivered"),
        ({"cancelled": True, "closed_at": at(9)}, "Cancelled"),
        ({"registered": False}, "Not scanned yet|unregistered"),
    ],
)
def test_the_head_says_where_the_order_stands(more: dict[str, Any], state: str) -> None:
    record = OrderRecord(head(plate="沪A12345", **more))
    words = read_words(draw_head(record, None, WORKSHOP, SITE.zone, at(60), "en"))
    assert words.startswith(f"沪A12345|{state}|Work order|RO-1")


def test_a_late_part_and_a_codes_gravest_status_stand_out() -> None:
    [row] = draw_parts(OPEN.parts, SITE.zone, at(100), "en").children[-1].rowData
    assert (row["status_words"], row["eta_level"]) == ("Ordered", "warn")
    assert "C0035|Wheel speed sensor, front left" in read_words(draw_codes(OPEN, SITE.zone, "en"))
    assert read_words(draw_codes(OPEN, SITE.zone, "en")).count("C0035") == 1


def test_an_unregistered_order_has_a_page_and_an_unknown_one_has_none(visits: Visits) -> None:
    visits.open(registered=False, vin=None, plate=None, opened_at=None)
    record = ask(visits.database_url, lambda connection: read_order(connection, "s1", "RO-1", at(10)))
    assert record is not None
    assert not record.head.registered
    assert ask(visits.database_url, lambda connection: read_order(connection, "s1", "RO-2", NOON)) is None
    assert ask(visits.database_url, lambda connection: read_order(connection, "s2", "RO-1", NOON)) is None


def test_a_foreman_opens_an_order_and_is_told_where_there_is_none(office: Office, page: Page) -> None:
    visits = Visits(office.connection, office.database_url)
    visits.open(opened_at=datetime.now(UTC) - timedelta(hours=1), first_promised_at=None)
    visits.add(
        "stage_interval",
        position=0,
        stage="repairing",
        bay="B03",
        entered_at=datetime.now(UTC),
        inferred=False,
    )
    let_in(page, office.address, "s1", role=Role.FOREMAN)
    page.goto(f"{office.address}/orders/s1/RO-1?lang=zh")
    expect(page.locator("h1")).to_have_text("沪A12345", timeout=PATIENCE_MS)
    expect(page.locator("#order .js-plotly-plot .main-svg:first-child")).to_have_count(1, timeout=PATIENCE_MS)
    expect(page.locator("#order .state")).to_have_text("维修中")
    page.goto(f"{office.address}/orders/s1/RO-9?lang=en")
    expect(page.locator("#order.without-data .empty")).to_contain_text("Nothing was heard of RO-9")


def test_a_foreman_gives_a_customer_a_link_and_ends_it(office: Office, page: Page) -> None:
    visits = Visits(office.connection, office.database_url)
    visits.open(opened_at=datetime.now(UTC) - timedelta(hours=1))
    let_in(page, office.address, "s1", role=Role.FOREMAN)
    page.goto(f"{office.address}/orders/s1/ro-1?lang=en")
    page.get_by_role("button", name="Link for the customer").click(timeout=PATIENCE_MS)
    expect(page.locator("#order-link-code")).to_be_visible(timeout=PATIENCE_MS)
    link = page.locator("#order-link-address").input_value()
    assert re.fullmatch(re.escape(office.address) + r"/progress/[\w-]{32}", link)
    with httpx.Client() as customer:
        assert customer.get(link).status_code == 200
        page.get_by_role("button", name="Close").first.click()
        page.get_by_role("button", name="End all links").first.click()
        page.locator("#order-revoke").click()
        expect(page.locator("#order-link-said")).to_have_text("Links ended: 1.", timeout=PATIENCE_MS)
        assert customer.get(link).status_code != 200


@pytest.mark.parametrize(
    "path", ["/orders/s2/RO-1", "/vehicles/LSV", "/orders/s1", "/devices", "/orders/s1/"]
)
def test_the_callback_refuses_what_the_door_would(path: str) -> None:
    foreman = User(Role.FOREMAN, ("s1",))
    assert read_record_address("/orders/s1/RO%201", ORDER_ADDRESS, foreman) == ["s1", "RO 1"]
    with pytest.raises(HTTPException, match="403"):
        read_record_address(path, ORDER_ADDRESS, foreman)


@pytest.fixture
def erasing(visits: Visits, serve_dashboard: ServeDashboard, tmp_path: Path) -> str:
    """The address of a dashboard that knows where the list of erasures is, with a customer of two orders."""
    visits.open("RO-1")
    visits.open("RO-2", vin="LSVAU2A37N2183295")
    other = {"customer_ref": "C9", "customer_name": "李四光", "customer_phone": "13911112222"}
    visits.open("RO-3", vin=None, plate="沪B77777", **other)
    return serve_dashboard(visits.database_url, BAYBOARD_ERASURES_FILE=str(tmp_path / "erasures"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_manager_gives_a_customer_out_and_erases_the_person(
    erasing: str, visits: Visits, page: Page, lang: str
) -> None:
    let_in(page, erasing, "s1")
    page.goto(f"{erasing}/orders/s1/RO-1?lang={lang}")
    page.wait_for_selector("#order.with-data", timeout=PATIENCE_MS)
    with page.expect_download(timeout=PATIENCE_MS) as download:
        page.locator("#customer-export").click()
    assert "王建华" in download.value.path().read_text(encoding="utf-8")
    page.locator("#customer-ask").click()
    expect(page.locator("#customer-means")).to_contain_text("2", timeout=PATIENCE_MS)
    expect(page.locator("#customer-erase")).to_be_visible()
    page.locator("#customer-erase").click()
    said = text(lang, "order_customer.erased", orders=2)
    expect(page.locator("#customer-said")).to_have_text(said, timeout=PATIENCE_MS)
    assert find_in_tables(visits.connection, "王建华", "13812345678", "沪A12345") == []
    assert find_in_tables(visits.connection, "李四光")
    assert visits.connection.execute("select what, about from audit order by id").fetchall()[-2:] == [
        ("customer_exported", "s1"), ("customer_erased", "s1"),
    ]  # fmt: skip


def test_a_foreman_neither_gives_a_customer_out_nor_erases(erasing: str, page: Page) -> None:
    let_in(page, erasing, "s1", role=Role.FOREMAN)
    page.goto(f"{erasing}/orders/s1/RO-1")
    page.wait_for_selector("#order.with-data", timeout=PATIENCE_MS)
    expect(page.locator("#customer-ask")).to_have_count(0)
