"""The waiting room's board as components: who is on it, in which words, and how far each car is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from dash import html
from dash.development.base_component import Component

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.figures.board.lounge import Lounge, draw_lounge
from dashboard.figures.board.visit import count_done, draw_steps, list_steps
from dashboard.figures.kit.markup import write_markup
from dashboard.figures.kit.part import Part
from dashboard.figures.kit.when import say_range
from models.analytics.estimate.ready import Basis, ReadyEstimate
from models.domain.board.public import PublicVisit

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
SITE = WORKSHOP.sites[0]
NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)
VISIT = PublicVisit(
    ticket="A07",
    plate="沪A·***45",
    customer_waiting=True,
    job_type="maintenance",
    stage="repairing",
    stage_entered_at=NOON,
    bay="B03",
    operation="Front brake pads",
    reason=None,
    promised_at=NOON + timedelta(hours=3),
)


def estimate(first_minutes: float, last_minutes: float) -> ReadyEstimate:
    first, last = (NOON + timedelta(minutes=minutes) for minutes in (first_minutes, last_minutes))
    return ReadyEstimate(first, last, None, Basis.HISTORY)


def draw(
    *visits: PublicVisit, lang: str = "en", expected: dict[str, ReadyEstimate] | None = None
) -> tuple[Part, Part]:
    waiting, ready, _ = draw_lounge(Lounge(visits, NOON, expected or {}), SITE, WORKSHOP, lang)
    return waiting, ready


def tickets(part: Part) -> list[str]:
    return [row[2][2][2] for row in part.tree[2:] if row[1].get("className") != "nobody"]


def assert_equal(part: Part, expected: Component) -> None:
    assert part.tree == Part(expected).tree


def test_row_of_a_car_in_work() -> None:
    waiting, _ = draw(VISIT, expected={"A07": estimate(62, 97)})
    step = [("Received", "done"), ("Inspecting", "done"), ("In repair", "now")]
    step += [(name, "todo") for name in ("Quality check", "Washing", "Ready for pickup")]
    row = html.Li(
        [
            html.Div(
                [
                    html.B("A07"),
                    html.Span(["沪A", html.I("·", className="dot"), "***45"], className="plate"),
                ],
                className="name",
            ),
            html.Div(
                [
                    html.Div(
                        [
                            html.I(className="icon kind-touch stage-repairing"),
                            html.B("In repair"),
                            html.Span("Front brake pads"),
                        ],
                        className="doing",
                    ),
                    html.Ol(
                        [html.Li(html.Span(name), className=mark) for name, mark in step], className="steps"
                    ),
                ],
                className="way",
            ),
            html.Div("13:00 – 13:40", className="expected"),
        ]
    )
    assert_equal(waiting, html.Ol([row], id="waiting", className="pages"))


def test_ready_car_is_named_and_marked_and_nothing_more() -> None:
    _, ready = draw(replace(VISIT, stage="ready", plate=None))
    name = html.Div([html.B("A07"), html.Span("", className="plate")], className="name")
    card = html.Li([name, html.I(className="icon kind-wait stage-ready")])
    assert_equal(ready, html.Ol([card], id="ready", className="pages"))


@pytest.mark.parametrize("waits", [True, False, None])
@pytest.mark.parametrize("stage", ["received", "ready", "delivered", None])
def test_who_waits_is_shown_and_every_ready_car(waits: bool | None, stage: str | None) -> None:
    waiting, ready = draw(replace(VISIT, customer_waiting=waits, stage=stage))
    is_ready = stage == "ready"
    assert tickets(ready) == (["A07"] if is_ready else [])
    assert tickets(waiting) == (["A07"] if waits and not is_ready else [])


def test_newest_ready_car_comes_first_and_those_in_work_keep_their_place() -> None:
    minutes = {"A01": 5, "A02": 9, "A03": 1}
    ready = [
        replace(VISIT, ticket=ticket, stage="ready", stage_entered_at=NOON + timedelta(minutes=minute))
        for ticket, minute in minutes.items()
    ]
    in_work = [replace(VISIT, ticket=ticket) for ticket in ("A04", "A05")]
    waiting_list, ready_list = draw(*ready, *in_work, expected={"A05": estimate(1, 2)})
    assert tickets(ready_list) == ["A02", "A01", "A03"]
    assert tickets(waiting_list) == ["A04", "A05"]


def test_empty_room_is_said_but_not_while_nothing_is_known() -> None:
    waiting, ready = draw()
    assert "Nobody is waiting" in str(waiting.tree)
    assert "No car is ready" in str(ready.tree)
    assert [part.tree[2:] for part in draw_lounge(None, SITE, WORKSHOP, "en")] == [[], [], []]


@pytest.mark.parametrize(
    ("hour", "visits", "said"),
    [
        (12, (), ""),
        (23, (VISIT,), ""),
        (23, (replace(VISIT, stage="ready"),), "We are closed. We open again: Sun 22 Nov, 08:00"),
        (7, (), "We are closed. We open again: 08:00"),
    ],
)
def test_closed_site_says_when_it_opens_unless_somebody_still_waits(
    hour: int, visits: tuple[PublicVisit, ...], said: str
) -> None:
    now = datetime(2026, 11, 21, hour, tzinfo=SITE.zone)
    night = draw_lounge(Lounge(visits, now), SITE, WORKSHOP, "en")[2]
    assert " ".join(words for _, _, *text in night.tree[2:] for words in text) == said


def test_without_an_estimate_the_promise_is_said_and_without_one_nothing() -> None:
    promised, silent = (str(draw(visit)[0].tree) for visit in (VISIT, replace(VISIT, promised_at=None)))
    assert "by 15:00" in promised
    assert "by 15:00" not in silent


@pytest.mark.parametrize(("operation", "said"), [("", "Service"), (None, "")])
def test_an_operation_that_may_not_be_shown_is_said_by_its_type_of_job(
    operation: str | None, said: str
) -> None:
    waiting, _ = draw(replace(VISIT, operation=operation))
    assert f"['b', {{}}, 'In repair'], ['span', {{}}, '{said}']" in str(waiting.tree)


@pytest.mark.parametrize(
    ("stage", "reason", "lang", "words"),
    [
        ("awaiting_parts", "parts", "en", ("Waiting for parts", "")),
        ("received", "bay", "en", ("Received", "waiting for a bay")),
        ("received", "bay", "zh", ("已接车", "等待工位")),
        ("repairing", "technician", "en", ("In repair", "waiting for a technician")),
        ("washing", None, "zh", ("洗车", "更换前刹车片")),
        ("invented", None, "en", ("Expected", "")),
        (None, None, "zh", ("待接车", "")),
    ],
)
def test_what_is_done_or_waited_for_is_said(
    stage: str | None, reason: str | None, lang: str, words: tuple[str, str]
) -> None:
    waiting, _ = draw(replace(VISIT, stage=stage, reason=reason), lang=lang)
    stage_words, doing = words
    assert f"['b', {{}}, '{stage_words}'], ['span', {{}}, '{doing}']" in str(waiting.tree)


def test_steps_are_the_first_stage_those_of_work_and_the_ready_one() -> None:
    assert [step.key for step in list_steps(WORKSHOP.stages)] == [
        "received", "inspecting", "repairing", "quality_check", "washing", "ready",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "done", "marks"),
    [
        (None, 0, "todo todo todo todo todo todo"),
        ("received", 0, "now todo todo todo todo todo"),
        ("awaiting_approval", 2, "done done next todo todo todo"),
        ("repairing", 2, "done done now todo todo todo"),
        ("ready", 5, "done done done done done now"),
        ("delivered", 6, "done done done done done done"),
        ("invented", 0, "todo todo todo todo todo todo"),
    ],
)
def test_progress_bar_shows_how_far_the_car_is(stage: str | None, done: int, marks: str) -> None:
    assert count_done(stage, WORKSHOP.stages) == done
    steps = Part(html.Div(draw_steps(stage, WORKSHOP.stages, "en"), id="x")).tree[2]
    assert [step[1]["className"] for step in steps[2:]] == marks.split()


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (61, 93, "13:00 – 13:35"),
        (60, 60, "13:00 – 13:05"),
        (-10, 14, "by 12:15"),
        (-30, -10, "by 12:05"),
        (60 * 11, 60 * 12 + 1, "23:00 – Sun 22 Nov, 00:05"),
        (60 * 24, 60 * 25, "Sun 22 Nov, 12:00 – 13:00"),
    ],
)
def test_expected_time_is_a_range_that_is_never_exact(first: float, last: float, said: str) -> None:
    start, end = (NOON + timedelta(minutes=minutes) for minutes in (first, last))
    assert say_range(start, end, SITE.zone, NOON, "en") == said


def test_markup_escapes_what_people_typed() -> None:
    drawn = html.Div(html.Img(alt='"<b>"'), title="a & b", className="x", hidden=True)
    assert write_markup(drawn) == (
        '<div class="x" hidden title="a &amp; b"><img alt="&quot;&lt;b&gt;&quot;"></div>'
    )
    assert write_markup(html.P("<script>&")) == "<p>&lt;script&gt;&amp;</p>"
