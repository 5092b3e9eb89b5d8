"""One car whose data nobody expected: it is shown, the others are judged, and no board stops over it."""

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from config.kit.complaints import Complaints
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.access.identity import Role, User, Visit, current_visit
from dashboard.access.origin import Origin
from dashboard.access.trail import Looks
from dashboard.boards.learned import Learned
from dashboard.database import Connection, database_opener
from dashboard.figures.board.look import Look
from dashboard.figures.board.wall import draw_wall
from dashboard.figures.kit.memory import Memory
from dashboard.office.app import OfficeApp
from dashboard.pages.record.order import OrderPage
from models.analytics.board.alarms import AlarmKind
from models.analytics.board.moment import Moment, judge_moment
from models.analytics.board.sparing import Complain, let_fail
from models.analytics.estimate.model import Past, SiteModel
from models.analytics.open_clock import OpenClock
from models.contract.payloads import JobLine, PartLine, Vehicle, WorkOrderChange, encode, read_message
from models.contract.topics import Kind
from models.domain.board.wall import CarOnBoard, SiteSnapshot
from models.domain.intervals import IntervalRow
from models.domain.notice.visit import OpenVisit
from reminders.notices.facts import make_rule_facts
from tests.fixtures.visit import Visits
from tests.rig.cars import CAR, TWO
from tests.rig.components import read_words

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
SITE = WORKSHOP.sites[0]
PASSAT = replace(
    CAR, stage_entered_at=TWO - timedelta(hours=5), promised_at=TWO + timedelta(hours=3), came_at=None
)


def past_of(stage: str, visits: int = 40) -> Past:
    hours = tuple(float(number) for number in range(1, visits + 1))
    return Past(None, stage, False, 3600.0, (1.0,) * 5, 60.0, hours, hours)


def model_of(*pasts: Past) -> SiteModel:
    return SiteModel(TWO, TWO, 1000, pasts, (("", "repairing", 3600.0),), ())


MODEL = model_of(*(past_of(stage.key) for stage in WORKSHOP.stages))
# A model that learned a stage from no visit at all, as none of ours does: no car there can be judged.
BROKEN_MODEL = model_of(past_of("repairing"), past_of("washing", visits=0))
FOREVER = st.datetimes(timezones=st.just(UTC))
WILD = st.builds(
    replace,
    st.just(PASSAT),
    work_order=st.sampled_from(["a", "b", "c"]),
    stage=st.sampled_from([None, "polishing", *(stage.key for stage in WORKSHOP.stages)]),
    stage_entered_at=st.none() | FOREVER,
    promised_at=st.none() | FOREVER,
    came_at=st.none() | FOREVER,
    parts_due_at=st.none() | FOREVER,
    sold_hours=st.none() | st.floats(min_value=0, allow_nan=False),
    bay=st.sampled_from([None, "B01", "elsewhere"]),
    reason=st.sampled_from([None, "parts", "bay"]),
    again=st.booleans(),
)
STAYS = st.builds(
    IntervalRow,
    work_order=st.just("a"),
    stage=st.sampled_from([stage.key for stage in WORKSHOP.stages]),
    bay=st.sampled_from([None, "B01"]),
    technician=st.none(),
    reason=st.none(),
    entered_at=FOREVER,
    left_at=st.none() | FOREVER,
)


def judge(*cars: CarOnBoard, model: SiteModel = MODEL, complain: Complain = let_fail) -> Moment:
    return judge_moment(SiteSnapshot("s1", TWO, cars), SITE, WORKSHOP, model, complain)


@settings(deadline=None)
@given(
    cars=st.lists(WILD, max_size=3), stays=st.lists(STAYS, max_size=3), model=st.sampled_from([None, MODEL])
)
def test_no_data_of_cars_stop_the_judging_or_the_drawing_of_a_wall(
    cars: list[CarOnBoard], stays: list[IntervalRow], model: SiteModel | None
) -> None:
    snapshot = SiteSnapshot("s1", TWO, tuple(cars), tuple(stays))
    moment = judge_moment(snapshot, SITE, WORKSHOP, model)
    before_ready = {stage.key for stage in WORKSHOP.stages[:-2]}
    assert set(moment.estimates) == {car.work_order for car in cars if car.stage in before_ready}
    drawn = str([part.tree for part in draw_wall(moment, SITE, WORKSHOP, Memory(), Look("en"))])
    assert drawn.count("沪A") >= sum(car.bay == "elsewhere" for car in cars[:2])


@given(st.lists(st.floats(min_value=0, allow_nan=False), min_size=2, max_size=2))
def test_the_open_clock_answers_for_any_length_and_never_runs_back(lengths: list[float]) -> None:
    clock = OpenClock(SITE.hours, TWO)
    sooner, later = (clock.instant_after(length) for length in sorted(lengths))
    assert TWO <= sooner <= later


def test_a_car_that_cannot_be_judged_takes_nothing_from_the_others() -> None:
    complaints: list[tuple[str, str, type[Exception]]] = []
    other = replace(PASSAT, work_order="RO-2", bay="B02", stage="washing")
    healthy = judge(PASSAT, other)
    moment = judge(
        PASSAT,
        other,
        model=BROKEN_MODEL,
        complain=lambda car, judgement, error: complaints.append((car, judgement, type(error))),
    )
    assert complaints == [("RO-2", "estimate", IndexError)]
    assert moment.estimates == {"RO-1": healthy.estimates["RO-1"]}
    late = [alarm.key for alarm in moment.alarms if alarm.kind is AlarmKind.STAGE]
    assert sorted(late) == ["RO-1", "RO-2"]
    drawn = {part.id: str(part.tree) for part in draw_wall(moment, SITE, WORKSHOP, Memory(), Look("en"))}
    assert "RO-2" in drawn["bay-B02"]


class Mislearned(Learned):
    """What sites have learned, by which cars in one stage cannot be judged."""

    async def find(self, _connection: Connection, _site: str, _now: datetime) -> SiteModel | None:
        return BROKEN_MODEL


def show_order(visits: Visits, work_order: str) -> tuple[str, str]:
    """Return the state of an order's page and what it shows of the car as of now."""
    opened = database_opener(visits.database_url)
    page = OrderPage(
        OfficeApp(__name__, server=FastAPI()),
        *(WORKSHOP, opened, Mislearned(), lambda: TWO, Origin(), Looks(opened, lambda: TWO)),
    )

    def show() -> tuple[str, str]:
        current_visit.set(Visit(User(Role.FOREMAN, (SITE.key,)), "en"))
        shown = asyncio.run(page._show(None, f"/orders/{SITE.key}/{work_order}", None))
        return shown["state"], read_words(shown["live"][0])

    return copy_context().run(show)


def test_a_car_that_cannot_be_judged_takes_no_orders_page_away(visits: Visits) -> None:
    visits.open("RO-1", stage_entered_at=TWO - timedelta(hours=1))
    visits.open("RO-2", stage="washing", stage_entered_at=TWO - timedelta(hours=1))
    with capture_logs() as logged:
        shown = {order: show_order(visits, order) for order in ("RO-1", "RO-2")}
    assert [state for state, _ in shown.values()] == ["record with-data"] * 2
    assert ["Expected ready|–" in words for _, words in shown.values()] == [False, True]
    assert {(line["place"], line["car"]) for line in logged} == {("order", "RO-2")}


def test_a_car_that_cannot_be_judged_silences_no_rule_about_the_others() -> None:
    facts = make_rule_facts(WORKSHOP)
    assert facts.asks_for_risk(SITE.key)
    cars = [
        OpenVisit(SITE.key, order, stage=stage, stage_entered_at=TWO - timedelta(hours=1))
        for order, stage in (("RO-1", "repairing"), ("RO-2", "washing"))
    ]
    with capture_logs() as logged:
        assert set(facts.expect(SITE.key, cars, BROKEN_MODEL, TWO)) == {"RO-1"}
    assert [(line["place"], line["car"]) for line in logged] == [("rules", "RO-2")]


def test_a_complaint_is_logged_once_with_its_car_and_anew_for_another_failure() -> None:
    hear = Complaints("wall").hear
    with capture_logs() as logged:
        for error in (IndexError("1"), IndexError("2"), ValueError("3")):
            hear("RO-2", "estimate", error)
    assert [(line["car"], line["judgement"], str(line["exc_info"])) for line in logged] == [
        ("RO-2", "estimate", "1"),
        ("RO-2", "estimate", "3"),
    ]


def change_plan(**plan: object) -> WorkOrderChange:
    return WorkOrderChange(id="1", at=TWO, work_order="RO-1", change="opened", **plan)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda at: change_plan(promised_at=at), "promised_at"),
        (lambda at: change_plan(parts=(PartLine(part="p"), PartLine(part="q", eta=at))), "parts[1].eta"),
    ],
)
def test_plans_that_no_calendar_could_hold_are_left_out(
    make: Callable[[datetime], WorkOrderChange], field: str
) -> None:
    good = make(datetime(2199, 12, 31, tzinfo=UTC))
    assert read_message(Kind.WORK_ORDER, encode(good)) == (good, [])
    for year in (1999, 2200, 9999):
        change, [note] = read_message(Kind.WORK_ORDER, encode(make(datetime(year, 6, 1, tzinfo=UTC))))
        assert (note.field, str(note.reason)[:4]) == (field, str(year))
        assert str(year) not in encode(change).decode()


@pytest.mark.parametrize("year", [1, 1885, 2200, 9999])
def test_a_first_day_that_no_car_had_is_left_out(year: int) -> None:
    change = change_plan(vehicle=Vehicle(vin="V1", in_service_on=date(year, 6, 1)))
    read, [note] = read_message(Kind.WORK_ORDER, encode(change))
    assert read == change_plan(vehicle=Vehicle(vin="V1"))
    assert (note.field, str(note.reason).partition(" is ")[2]) == (
        "vehicle.in_service_on",
        "not from 1886 to 2200",
    )


def test_hours_that_no_job_has_are_left_out() -> None:
    read, [note] = read_message(Kind.WORK_ORDER, encode(change_plan(lines=(JobLine(job="j", hours=1e308),))))
    assert read == change_plan(lines=(JobLine(job="j"),))
    assert (note.field, note.reason) == ("lines[0].hours", "1e+308 is not from 0 to 10000")
