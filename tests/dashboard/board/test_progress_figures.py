"""A customer's own page as components: what is said when, and that nothing is said of nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from dash import html

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.figures.board.progress import merge_visits, progress_page
from dashboard.figures.board.visit import draw_plate, draw_steps
from dashboard.figures.kit.markup import write_markup
from models.domain.board.public import Progress, ServiceDue, StageVisit

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
SITE = WORKSHOP.sites[0]
NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)
PROGRESS = Progress(
    site="s1",
    ticket="A07",
    plate="沪A·***45",
    make="Volkswagen",
    model="Passat",
    job_type="repair",
    stage="repairing",
    stage_entered_at=NOON,
    operation="Front brake pads",
    reason=None,
    opened_at=NOON,
    promised_at=None,
    closed_at=None,
    cancelled=False,
    ends_at=None,
)


def draw(progress: Progress, lang: str = "en") -> str:
    return write_markup(progress_page(progress, None, SITE, WORKSHOP, lang, NOON))


def test_car_of_which_only_the_stage_is_known_has_a_head_and_what_is_to_come() -> None:
    head = html.Section(
        [
            html.Div(
                [html.B("A07"), draw_plate("沪A·***45"), html.Span("Volkswagen Passat")], className="car"
            ),
            html.H1([html.I(className="icon kind-touch stage-repairing"), "In repair"]),
            html.P("Front brake pads", className="doing"),
            draw_steps("repairing", WORKSHOP.stages, "en"),
        ],
        className="head open",
    )
    to_come = [
        html.Li([html.Time(), html.Span(step), html.Span()], className="todo")
        for step in ("Quality check", "Washing", "Ready for pickup")
    ]
    visit = html.Section([html.H2("Your visit"), html.Ol(to_come, className="history")])
    assert draw(PROGRESS) == write_markup(html.Div([head, visit], id="progress"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stage": "ready"}, "Please come to the service desk."),
        ({"stage": "awaiting_approval"}, "We are waiting for your answer"),
        ({"reason": "approval"}, "We are waiting for your answer"),
        ({"closed_at": NOON, "cancelled": True}, "Order cancelled"),
        (
            {"stage": "delivered", "closed_at": NOON, "ends_at": NOON + timedelta(days=7)},
            "This page stays here until 28 November 2026.",
        ),
        ({"services": (ServiceDue("petrol", "oil", 50_000, None, None),)}, "at 50,000 km"),
    ],
)
def test_what_a_customer_should_know_or_do_is_said(changes: dict[str, object], said: str) -> None:
    assert said in draw(replace(PROGRESS, **changes))  # type: ignore[arg-type]  # fields by name
    assert said not in draw(PROGRESS)


def test_service_that_the_workshop_file_does_not_know_is_not_said() -> None:
    assert draw(replace(PROGRESS, services=(ServiceDue("gone", "oil", 50_000, None, None),))) == draw(
        PROGRESS
    )


def test_visit_of_a_stage_is_one_however_often_the_car_changed_its_bay() -> None:
    minute = [NOON + timedelta(minutes=minutes) for minutes in range(5)]
    stages = [
        StageVisit("received", minute[0], minute[1]),
        StageVisit("repairing", minute[1], minute[2]),
        StageVisit("repairing", minute[2], minute[3]),
        StageVisit("quality_check", minute[3], minute[4]),
        StageVisit("repairing", minute[4], None),
    ]
    assert merge_visits(stages) == [
        stages[0],
        StageVisit("repairing", minute[1], minute[3]),
        *stages[3:],
    ]
