"""The what-if page: what may be asked, how far an answer is, and what it says of its own worth."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from dash.development.base_component import Component
from playwright.sync_api import Page, expect

from bayboard.parts.whatif import WhatIfDesk
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import Site, load_workshop
from dashboard.figures.analytics.whatif.view import Choice, draw_progress, draw_what_if, list_figures
from dashboard.figures.analytics.whatif.words import find_direction
from dashboard.pages.analytics.filter import Asked as Address
from dashboard.pages.analytics.filter import read_address
from dashboard.pages.analytics.question import Question
from dashboard.pages.analytics.whatif import read_change, show_what_if
from models.analytics.selection import Selection
from models.analytics.whatif import (
    CYCLE,
    ON_TIME,
    THROUGHPUT,
    WAIT,
    Answer,
    Asked,
    Change,
    Progress,
    Range,
    State,
    Thing,
)
from tests.fixtures.access import let_in
from tests.fixtures.history import DAYS, FIRST_DAY, History
from tests.fixtures.office import ServeDashboard
from tests.rig.asking import ask
from tests.rig.components import find, read_words
from tests.rig.patience import PATIENCE_MS

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
BAY = Change(Thing.BAY, "general")
ANSWER = Answer(
    real={CYCLE: 4.0, ON_TIME: 0.7, THROUGHPUT: 50.0, f"{WAIT}bay": 1.5},
    model={
        CYCLE: Range(3.6, 3.8, 4.2),
        ON_TIME: Range(0.7, 0.72, 0.75),
        THROUGHPUT: Range(48, 50, 52),
        f"{WAIT}parts": Range(0.1, 0.1, 0.1),
        f"{WAIT}bay": Range(1.2, 1.4, 1.6),
    },
    changes={
        CYCLE: Range(-0.5, -0.25, -0.1),
        ON_TIME: Range(-0.01, 0.02, 0.05),
        THROUGHPUT: Range(0.0, 0.02, 0.05),
        f"{WAIT}parts": Range(0.05, 0.1, 0.2),
        f"{WAIT}bay": Range(-0.6, -0.3, -0.2),
    },
    runs=16,
    days=14,
)


class FakeDesk:
    """A desk that has answered everything."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.asked: list[Asked] = []

    def list_skills(self, _site: Site) -> Sequence[str]:
        return ["mechanical"]

    def knows_part(self, part: str) -> bool:
        return part != "12 V battery 70 Ah"

    def ask(self, asked: Asked, _now: datetime) -> Progress:
        self.asked.append(asked)
        return self.progress

    def look(self, _asked: Asked) -> Progress | None:
        return self.progress

    def stop(self, asked: Asked) -> None:
        self.asked.remove(asked)


def _say_answer(answer: Answer, lang: str = "en") -> list[tuple[Any, str]]:
    drawn = draw_progress(Progress(State.DONE, 16, 16, answer), BAY, WORKSHOP, lang)
    return [(line.className, read_words(line, "")) for line in find(drawn, "Li")]


def test_an_answer_says_each_change_with_its_range_and_how_sure_it_is() -> None:
    assert _say_answer(ANSWER) == [
        ("agrees", "Cycle time until ready: −15 min (−30 min to −6 min)."),
        ("differs", "On time: no clear change (−1 points to +5 points)."),
        ("", "Orders ready a day: as before (+0 to +0)."),
        ("agrees", "Waiting for a bay: −18 min (−36 min to −12 min)."),
        ("marked", "Waiting for parts: +6 min (+3 min to +12 min)."),
    ]
    assert list_figures(ANSWER)[:3] == [CYCLE, ON_TIME, THROUGHPUT]


@pytest.mark.parametrize(
    ("cycle", "words"),
    [(3.8, "it is like this shop"), (3.3, "believe the direction"), (2.0, "it is not this shop")],
)
def test_an_answer_says_how_far_the_model_can_be_trusted(cycle: float, words: str) -> None:
    model = {**ANSWER.model, CYCLE: Range(cycle, cycle, cycle)}
    drawn = draw_progress(Progress(State.DONE, 16, 16, replace(ANSWER, model=model)), BAY, WORKSHOP, "en")
    assert words in read_words(drawn, "")
    assert "From 16 pairs of simulated shops over 14 days each" in read_words(drawn, "")
    [table] = find(drawn, "Table")
    assert "4 h" in read_words(table, "")


def test_a_change_of_unlike_directions_is_not_clear() -> None:
    assert find_direction(CYCLE, Range(-1, 0.5, 1)) is None
    assert find_direction(CYCLE, Range(-1, -0.5, -0.2)) == 1
    assert find_direction(THROUGHPUT, Range(-3, -2, -1)) == -1
    assert find_direction(CYCLE, Range(0, 0, 0)) == 0


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("state", [state for state in State if state is not State.DONE])
def test_every_state_has_words_and_only_what_runs_can_be_stopped(state: State, lang: str) -> None:
    drawn = draw_progress(Progress(state, 3, 16), BAY, WORKSHOP, lang)
    [stop] = find(drawn, "Button")
    assert stop.hidden == state.is_over
    assert len(find(drawn, "Progress")) == (0 if state.is_over else 1)


@pytest.mark.parametrize(
    ("search", "change"),
    [
        ("?more=bay:general", BAY),
        ("?more=part:Tyre+225%2F55+R17", Change(Thing.PART, "Tyre 225/55 R17")),
        ("?more=bay", None),
        ("?more=shop:x", None),
        ("", None),
    ],
)
def test_an_address_names_the_change(search: str, change: Change | None) -> None:
    assert read_change(read_address(search)) == change
    if change:
        link = Address().link("what-if", more=f"{change.what}:{change.key}")
        assert read_change(read_address(link.partition("?")[2])) == change


def test_the_choice_is_marked_and_each_leads_to_its_question() -> None:
    offered = {Thing.BAY: [Choice("general", None)], Thing.TECHNICIAN: [], Thing.PART: [Choice("Tyre", 0.25)]}
    page = draw_what_if(offered, BAY, None, [], WORKSHOP, "en", Address().link)
    links = find(page, "Link")
    assert [(link.children, link.href) for link in links] == [
        ("general", "/analytics/what-if?more=bay%3Ageneral"),
        ("Tyre (missing 25% of the time)", "/analytics/what-if?more=part%3ATyre"),
    ]
    marked = [span for span in find(page, "Span") if hasattr(span, "aria-current")]
    assert [read_words(span, "") for span in marked] == ["general"]
    assert "nothing to choose" in read_words(page, "")


def _show(url: str, history: History, desk: FakeDesk | None, query: str) -> list[Component]:
    selection = Selection((history.site,), FIRST_DAY, FIRST_DAY + timedelta(DAYS))
    question = Question(read_address(query), selection, history.workshop, history.ends_at, "en", desk)

    return ask(url, lambda connection: show_what_if(connection, question))


def test_the_page_asks_the_desk_what_the_address_names(history: History, history_url: str) -> None:
    desk = FakeDesk(Progress(State.PLAYING, 2, 16))
    page = _show(history_url, history, desk, "?more=bay:general")
    assert desk.asked == [Asked(history.site, FIRST_DAY, FIRST_DAY + timedelta(DAYS), BAY)]
    assert "2 of 16 pairs of shops played" in read_words(page, "")
    [tick] = find(page, "Interval")
    assert not tick.disabled
    parts = [read_words(link, "") for link in find(page, "Link") if "missing" in read_words(link, "")]
    assert parts
    assert not any("12 V battery" in part for part in parts)
    page = _show(history_url, history, None, "?more=bay:general")
    assert find(page, "Interval")[0].disabled


def test_a_manager_asks_and_is_answered(
    history_url: str, serve_dashboard: ServeDashboard, page: Page
) -> None:
    address = serve_dashboard(history_url)
    let_in(page, address)
    page.goto(f"{address}/analytics/what-if?span=custom&from=2026-06-01&to=2026-06-14")
    page.get_by_role("link", name="mechanical", exact=True).click(timeout=PATIENCE_MS)
    page.wait_for_url("**more=technician**")
    expect(page.locator("#what-if-answer h2").first).to_have_text("With one mechanical technician more")
    # A busy machine may have too little time for an answer, and says so.
    answer = page.locator("#what-if-answer").get_by_text("Can the model be trusted?")
    too_busy = page.locator("#what-if-answer").get_by_text("The server was too busy")
    expect(answer.or_(too_busy)).to_be_visible(timeout=2 * PATIENCE_MS)


def test_the_desk_is_one_that_the_dashboard_can_ask() -> None:
    desk = WhatIfDesk("postgresql://nowhere", WORKSHOP)
    assert "mechanical" in desk.list_skills(WORKSHOP.sites[0])
    assert desk.knows_part("Front brake pad set")
    assert not desk.knows_part("A part nobody needs")
