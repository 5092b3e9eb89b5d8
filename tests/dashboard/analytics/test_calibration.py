"""The calibration page: verdicts in words, charts of what was read, and what it says without history."""

from datetime import UTC, date, datetime, timedelta

import pytest
from dash.development.base_component import Component

from bayboard.parts.estimates import refresh_sites
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.figures.analytics.calibration.charts import draw_reliability, draw_week_coverage
from dashboard.figures.analytics.calibration.view import CalibrationRead, draw_calibration
from dashboard.pages.analytics.calibration import show_calibration
from dashboard.pages.analytics.filter import Asked
from dashboard.pages.analytics.question import Question
from models.analytics.estimate.outcomes import BINS, Learning, Outcomes, Reached
from models.analytics.selection import Selection
from tests.fixtures.history import DAYS, FIRST_DAY, History
from tests.rig.asking import ask
from tests.rig.components import find, read_words

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
UNTIL = datetime(2026, 11, 21, 22, tzinfo=UTC)
GOOD = Outcomes("received", None, None, 1000, 500, 800, 60_000_000, 100_000_000, 900, 50_000_000, 90_000_000)
BAD = Outcomes("repairing", None, None, 1000, 300, 650, 60_000_000, 50_000_000, 0, 0, 0)


def read_page(outcomes: list[Outcomes], learned: list[Learning]) -> CalibrationRead:
    weeks = [Outcomes("received", None, date(2026, 11, 16), 100, 40, 75, 360_000, 500_000, 0, 0, 0)]
    jobs = [Outcomes("received", "repair", None, 7, 4, 5, 25_200, 30_000, 0, 0, 0)]
    bins = [Reached("received", "reached", number, 10, 0.0, 0) for number in range(BINS)]
    sites = [site.key for site in WORKSHOP.sites]
    return CalibrationRead(
        outcomes, jobs, weeks, bins, learned, sites, ["received", "repairing"], "received", []
    )


def test_a_goal_that_is_met_and_one_that_is_missed_are_said_with_their_figures() -> None:
    learned = [Learning("s1", UNTIL, 5028)]
    page = draw_calibration(read_page([GOOD, BAD], learned), WORKSHOP, "en", Asked().link)
    good, bad, known = find(page, "Li")
    assert (good.className, bad.className) == ("agrees", "marked")
    assert read_words(good, "") == (
        "Goal met. On entering Received: 50% of 1,000 cars were ready before their P50 (47% to 53%), "
        "80% before their P80 (77% to 82%). Wrong by 16 h 40 min on average, 40% below the plain median's "
        "1 day 3 h (goal: 20% below). On the 900 orders with a promise, the advisor's was wrong by 1 day "
        "3 h. "
    )
    assert "20% above the plain median's" in read_words(bad, "")
    assert "promise" not in read_words(bad, "")
    assert "learned from 5,028 orders until 22 Nov 06:00" in read_words(known, "")


@pytest.mark.parametrize("learned", [[], [Learning("s1", UNTIL, 42)]])
def test_with_too_little_history_the_page_says_that_targets_are_used(learned: list[Learning]) -> None:
    page = draw_calibration(read_page([], learned), WORKSHOP, "en", Asked().link)
    [said] = find(page, "Li")
    assert "too little history so far" in read_words(said, "")
    assert "by the targets of the workshop file" in read_words(said, "")
    assert "No estimate has been judged" in read_words(page, "")
    assert find(page, "Graph") == []


def test_a_chart_of_reliability_lies_on_the_diagonal_where_all_is_well() -> None:
    bins = [Reached("received", "reached", number, 10, 0.0, 0) for number in range(BINS)]
    [graph] = find(draw_reliability(bins, "received", "en", label="x"), "Graph")
    drawn = graph.figure["data"][1]
    assert drawn["x"] == pytest.approx(drawn["y"])


def test_a_week_is_drawn_with_its_band_over_the_goals() -> None:
    weeks = [Outcomes("received", None, date(2026, 11, 16), 100, 40, 75, 0, 0, 0, 0, 0)]
    [graph] = find(draw_week_coverage(weeks, "en", label="x"), "Graph")
    half, most = graph.figure["data"]
    assert (half["y"], most["y"]) == ([0.4], [0.75])
    assert half["error_y"]["array"][0] == pytest.approx(0.498 - 0.4, abs=0.001)
    goals = [(shape["y0"], shape["y1"]) for shape in graph.figure["layout"]["shapes"]]
    assert goals == [(0.45, 0.55), (0.75, 0.85)]


def test_the_page_reads_what_a_site_has_learned(history: History, history_url: str) -> None:
    refresh_sites(history_url, history.workshop, history.workshop.sites, history.ends_at)

    def show(bays: tuple[str, ...], stage: str) -> list[Component]:
        selection = Selection((history.site,), FIRST_DAY, FIRST_DAY + timedelta(DAYS + 1), bays=bays)
        question = Question(Asked(stage=stage), selection, history.workshop, history.ends_at, "zh")
        return ask(history_url, lambda connection: show_calibration(connection, question))

    page = show(("B01",), "repairing")
    assert len(find(page, "Graph")) == 6
    assert [len(table.rowData) for table in find(page, "AgGrid")] == [10]
    words = read_words(page, "")
    assert "维修中：说的与做到的是否一致？" in words
    assert "上方所选的工位和技师在此不起作用" in words
    assert "已接车：逐周" in read_words(show((), "washing"), "")
