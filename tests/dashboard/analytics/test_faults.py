"""Faults, parts and answers are those of the events, counted in the plainest way; and the page says so."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from statistics import fmean, median
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, expect

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.figures.analytics.faults.answers import draw_answers
from dashboard.figures.analytics.faults.codes import draw_codes, name_band
from dashboard.figures.analytics.faults.parts import draw_leads, draw_missing, draw_use
from dashboard.pages.analytics.filter import Asked, read_address
from models.analytics.faults import NO_BAND, Answer, CodeCount, FaultsRead, LeadTime, MissingPart, PartUse
from models.analytics.selection import Selection
from models.queries.analytics.faults.period import FaultCondition, list_faulty_orders, read_faults
from tests.fixtures.access import let_in
from tests.fixtures.history import FIRST_DAY, History
from tests.fixtures.office import ServeDashboard
from tests.rig.asking import ask
from tests.rig.components import read_words
from tests.rig.patience import PATIENCE_MS

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
[SITE] = WORKSHOP.sites
END = FIRST_DAY + timedelta(days=14)
LINK = Asked().link


@dataclass(frozen=True, slots=True)
class Visit:
    """A closed order of the history, with everything the reckoning by hand needs."""

    order: str
    vin: str
    job: str
    opened_at: datetime
    closed_at: datetime
    model: str


def select(history: History, **more: Any) -> Selection:
    return Selection((history.site,), FIRST_DAY, END, **more)


def read(history: History, url: str, **more: Any) -> FaultsRead:
    return ask(url, lambda connection: read_faults(connection, select(history, **more), history.ends_at))


@pytest.fixture
def closed(history_url: str) -> list[Visit]:
    with psycopg.connect(history_url) as connection:
        rows = connection.execute(
            "select work_order, vin, job_type, opened_at, closed_at, make || ' ' || model"
            " from work_order join vehicle using (vin) where closed_at is not null and not cancelled"
        ).fetchall()
    return [Visit(*row) for row in rows]


def find_codes(url: str, visits: list[Visit]) -> dict[str, set[str]]:
    """Return the codes of each order by plain loops over what tools said."""
    with psycopg.connect(url) as connection:
        said = connection.execute("select vin, at, code from trouble_code").fetchall()
    found: defaultdict[str, set[str]] = defaultdict(set)
    for vin, at, code in said:
        for visit in visits:
            if visit.vin == vin and visit.opened_at <= at <= visit.closed_at:
                found[visit.order].add(code)
    return found


def test_codes_are_counted_once_a_visit_by_model(
    history: History, history_url: str, closed: list[Visit]
) -> None:
    found = find_codes(history_url, closed)
    totals = Counter(code for codes in found.values() for code in codes)
    by_model = Counter((code, visit.model) for visit in closed for code in found.get(visit.order, ()))
    counted = read(history, history_url)
    assert counted.visits == len(closed)
    told = {
        each.code: each.visits
        for each in counted.codes
        if each.code and each.model is None and each.band is None
    }
    assert sorted(told.values(), reverse=True) == [visits for _, visits in totals.most_common(10)]
    assert told == {code: totals[code] for code in told}
    split = {
        (each.code, each.model): each.visits for each in counted.codes if each.code and each.model is not None
    }
    assert split == {pair: visits for pair, visits in by_model.items() if pair[0] in told}
    models = {
        each.model: each.visits for each in counted.codes if each.code is None and each.model is not None
    }
    assert models == Counter(visit.model for visit in closed)


def test_a_tool_whose_clock_is_wrong_by_hours_finds_the_same_codes_on_the_same_visits(
    history: History, history_url: str
) -> None:
    right = read(history, history_url)
    with psycopg.connect(history_url) as connection:
        for table in ("diagnostic_report", "trouble_code"):
            connection.execute(f"update {table} set at = at - interval '20 hours'")
    wrong = read(history, history_url)
    assert (wrong.codes, wrong.answers) == (right.codes, right.answers)
    code = next(each.code for each in right.codes if each.code)
    of_code = FaultCondition(code=code)
    orders = ask(history_url, lambda connection: list_faulty_orders(connection, select(history), of_code))
    whole = [each for each in right.codes if each.code == code and each.model is None and each.band is None]
    assert [len(orders)] == [each.visits for each in whole]


def test_mileage_is_reckoned_between_the_first_and_the_last_that_is_believed(
    history: History, history_url: str, closed: list[Visit]
) -> None:
    driven, alone, *_ = closed
    halfway = driven.opened_at
    with psycopg.connect(history_url, autocommit=True) as connection:
        connection.execute(
            "insert into vehicle_service (vin, site, first_km, first_at, km, km_at) values"
            " (%s, %s, 10000, %s, 50000, %s), (%s, %s, 160000, %s, 160000, %s)",
            (
                driven.vin,
                history.site,
                halfway - timedelta(days=100),
                halfway + timedelta(days=100),
                alone.vin,
                history.site,
                halfway,
                halfway,
            ),
        )
    bands = {
        each.band: each.visits
        for each in read(history, history_url).codes
        if each.code is None and each.band is not None
    }
    same = Counter(visit.vin for visit in closed)
    assert bands == {
        1: same[driven.vin],
        4: same[alone.vin],
        NO_BAND: len(closed) - same[driven.vin] - same[alone.vin],
    }


def test_parts_add_up_to_what_the_orders_needed(
    history: History, history_url: str, closed: list[Visit]
) -> None:
    orders = {visit.order: visit for visit in closed}
    used: Counter[str] = Counter()
    by_job: Counter[tuple[str, str]] = Counter()
    with psycopg.connect(history_url) as connection:
        for order, part, quantity in connection.execute(
            "select work_order, part, quantity from work_order_part"
        ):
            if order in orders:
                used[part] += quantity
                by_job[part, orders[order].job] += quantity
    uses = read(history, history_url).parts
    totals = {use.part: use.quantity for use in uses if use.month is None and use.job_type is None}
    assert sorted(totals.values()) == sorted(quantity for _, quantity in used.most_common(15))
    assert all(used[part] == quantity for part, quantity in totals.items())
    jobs = {(use.part, use.job_type): use.quantity for use in uses if use.job_type is not None}
    assert jobs == {pair: quantity for pair, quantity in by_job.items() if pair[0] in totals}
    months = {use.part: use.quantity for use in uses if use.month == date(2026, 6, 1)}
    assert months == totals


def test_lead_times_are_from_ordered_to_here(history: History, history_url: str, closed: list[Visit]) -> None:
    orders = {visit.order for visit in closed}
    first: dict[tuple[str, str, str], datetime] = {}
    with psycopg.connect(history_url) as connection:
        for order, at, parts in connection.execute(
            "select work_order, corrected_at, change -> 'parts' from work_order_change"
            " where change ? 'parts' order by corrected_at"
        ):
            for part in parts if order in orders else ():
                status = "arrived" if part["status"] == "fitted" else part["status"]
                first.setdefault((order, part["part"], status), at)
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for (order, part, status), at in first.items():
        if status == "ordered" and (here := first.get((order, part, "arrived"))):
            seconds[part].append((here - at).total_seconds())
    leads = read(history, history_url).leads
    assert len(leads) > 3
    assert {lead.part: lead.median_seconds for lead in leads} == pytest.approx(
        {part: median(times) for part, times in seconds.items()}
    )


def test_answers_are_what_plain_loops_find(history: History, history_url: str, closed: list[Visit]) -> None:
    touch = {stage.key for stage in WORKSHOP.stages if stage.kind == "touch"}
    intervals: defaultdict[str, list[tuple[str, str | None, datetime, datetime | None]]] = defaultdict(list)
    with psycopg.connect(history_url) as connection:
        for order, *interval in connection.execute(
            "select work_order, stage, reason, entered_at, left_at from stage_interval order by position"
        ):
            intervals[order].append(tuple(interval))
        said = connection.execute("select distinct vin, at from trouble_code").fetchall()
        words = connection.execute(
            "select work_order, corrected_at, change -> 'parts' from work_order_change where change ? 'parts'"
        ).fetchall()
    took: defaultdict[str, list[float]] = defaultdict(list)
    for visit in closed:
        begun = sorted(entered for stage, _, entered, _ in intervals[visit.order] if stage in touch)
        reported = [at for vin, at in said if vin == visit.vin and visit.opened_at <= at <= visit.closed_at]
        of_order = [
            (at, {part["status"] for part in parts}) for order, at, parts in words if order == visit.order
        ]
        arrived = [at for at, statuses in of_order if "arrived" in statuses]
        moments = [("arrival", visit.opened_at), *(("code", at) for at in reported)]
        if arrived and any("ordered" in statuses for _, statuses in of_order):
            moments.append(("part", max(arrived)))
        for what, at in moments:
            if following := [entered for entered in begun if entered >= at]:
                took[what].append(max(1.0, (following[0] - at).total_seconds()))
        took["approval"] += [
            max(1.0, (left - entered).total_seconds())
            for stage, reason, entered, left in intervals[visit.order]
            if left and (reason or ("approval" if stage == "awaiting_approval" else stage)) == "approval"
        ]
    answers = {each.what: each for each in read(history, history_url).answers if each.job_type is None}
    assert set(answers) == {"arrival", "code", "approval", "part"}
    for what, answer in answers.items():
        assert answer.times == len(took[what]), what
        assert answer.mean_seconds == pytest.approx(fmean(took[what])), what
        assert answer.spread.percentiles[0.5] == pytest.approx(median(took[what])), what


def test_filters_choose_orders_and_a_code_leads_to_its_own(
    history: History, history_url: str, closed: list[Visit]
) -> None:
    found = find_codes(history_url, closed)
    repairs = [visit for visit in closed if visit.job == "repair"]
    assert read(history, history_url, job_types=("repair",)).visits == len(repairs)
    bay = read(history, history_url, bays=("B04",)).visits
    assert 0 < bay < len(closed)
    code, _ = Counter(code for codes in found.values() for code in codes).most_common(1)[0]
    mine = {visit.order for visit in closed if code in found.get(visit.order, ())}
    listed = ask(
        history_url, lambda connection: list_faulty_orders(connection, select(history), FaultCondition(code))
    )
    assert {order.work_order for order in listed} == mine
    assert listed[0].orders == len(mine)
    model = next(visit.model for visit in closed if visit.order in mine)
    listed = ask(
        history_url,
        lambda connection: list_faulty_orders(connection, select(history), FaultCondition(code, model)),
    )
    assert {order.work_order for order in listed} == {
        visit.order for visit in closed if visit.order in mine and visit.model == model
    }


JUNE = datetime(2026, 6, 9, tzinfo=UTC)
READ = FaultsRead(
    codes=[
        CodeCount(None, None, None, 200),
        CodeCount(None, "VW Passat", None, 50),
        CodeCount(None, "", None, 150),
        CodeCount(None, None, 0, 40),
        CodeCount(None, None, NO_BAND, 160),
        CodeCount("C0035", None, None, 10),
        CodeCount("C0035", "VW Passat", None, 5),
        CodeCount("C0035", "", None, 5),
        CodeCount("C0035", None, 0, 10),
        CodeCount("P0301", None, None, 20),
        CodeCount("P0301", "", None, 20),
    ],
    parts=[
        PartUse("BP-1", "Brake pads", None, None, 6, 3),
        PartUse("BP-1", "Brake pads", date(2026, 6, 1), None, 6, 3),
        PartUse("BP-1", "Brake pads", None, "repair", 6, 3),
    ],
    missing=[MissingPart("BP-1", "Brake pads", 2, 2, JUNE, JUNE, 1)],
    leads=[LeadTime("BP-1", "Brake pads", 4, 7200, 10800)],
    answers=[Answer("arrival", None, 9, 900, [60, 120, 600, 700, 800, 900, 1000])],
    days=14,
    answer_days=14,
)  # fmt: skip


def test_the_most_frequent_code_comes_first_with_its_share_and_where_it_is_found() -> None:
    table, models, bands = draw_codes(READ, "", "en", LINK)
    rows = table.children[-1].rowData
    assert [(row["work_order"], row["share_words"]) for row in rows] == [("P0301", "10%"), ("C0035", "5.0%")]
    assert rows[1]["words_words"] == "Wheel speed sensor, front left"
    assert rows[1]["model_words"] == "VW Passat (5)"
    heat = models.children[-1].children.figure["data"][0]
    assert (heat["x"], heat["y"]) == (["unnamed", "VW Passat"], ["C0035", "P0301"])
    assert heat["z"] == [[5 / 150, 5 / 50], [20 / 150, 0.0]]
    assert heat["customdata"][0][1] == "/analytics/faults?code=C0035&model=VW+Passat"
    assert bands.children[-1].children.figure["data"][0]["x"] == ["0–20,000 km", "unknown"]


def test_mileage_that_nobody_knows_is_said_and_not_drawn() -> None:
    codes = [each for each in READ.codes if each.band is None] + [CodeCount(None, None, NO_BAND, 200)]
    *_, bands = draw_codes(replace(READ, codes=codes), "", "zh", LINK)
    assert "提醒引擎" in read_words(bands)
    assert name_band(4, "en") == "from 150,000 km"


def test_parts_say_how_many_how_long_and_who_waits() -> None:
    table, months, jobs = draw_use(READ, "en", LINK)
    [row] = table.children[-1].rowData
    assert (row["quantity"], row["lead_words"], row["waiting"], row["waiting_level"]) == (6, "2 h", 2, "warn")
    assert row["href"] == "/analytics/faults?part=BP-1"
    assert months.children[-1].children.figure["data"][0]["y"] == [6]
    assert jobs.children[-1].children.figure["data"][0]["name"] == "Repair"
    median_hours, most_hours = draw_leads(READ, "en", LINK).children[-1].children.figure["data"]
    assert (median_hours["x"], most_hours["x"]) == ([2.0], [3.0])
    now = datetime(2026, 6, 10, tzinfo=UTC)
    [waiting] = draw_missing(READ.missing, SITE.key, WORKSHOP, now, "en").children[-1].rowData
    assert (waiting["eta_level"], waiting["late_words"]) == ("warn", "1")
    assert "No open order waits" in read_words(draw_missing([], SITE.key, WORKSHOP, now, "en"))


def test_answers_are_a_box_each_and_a_row_for_each_job_type() -> None:
    panel = draw_answers(READ.answers, 14, "en", LINK)
    [row] = panel.children[-1].rowData
    assert (row["what_words"], row["job_words"], row["p50_words"]) == (
        "Car came → work begins",
        "all",
        "10 min",
    )


def test_the_address_keeps_the_code_that_was_asked_for() -> None:
    address = LINK("faults", code="P0301", model="VW Passat")
    asked = read_address(address.partition("?")[2])
    assert dict(asked.behind) == {"code": "P0301", "model": "VW Passat"}
    assert asked.link("faults") == "/analytics/faults"


def test_a_manager_goes_from_a_code_to_its_orders_and_on_to_one(
    history_url: str, serve_dashboard: ServeDashboard, page: Page
) -> None:
    address = serve_dashboard(history_url)
    let_in(page, address)
    page.goto(f"{address}/analytics/faults?span=custom&from=2026-06-01&to=2026-06-14&lang=zh")
    charts = page.locator("#analytics.with-data .js-plotly-plot .main-svg:first-child")
    expect(charts).to_have_count(5, timeout=PATIENCE_MS)
    first = page.locator(".ag-row[row-index='0'] a").first
    code = first.inner_text()
    first.click()
    page.wait_for_url(f"**/analytics/faults?**code={code}**")
    expect(page.locator("#analytics .panel .note")).to_contain_text(code, timeout=PATIENCE_MS)
    page.locator(".ag-row[row-index='0'] a").first.click()
    expect(page.locator("#order .codes")).to_contain_text(code, timeout=PATIENCE_MS)
