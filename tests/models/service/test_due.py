"""When service is due: by distance or time, whichever is first; and plans that make no sense are refused."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import WorkshopError, load_workshop
from models.domain.service.due import Due, DueState, Hold, Mileage, NoticeRules, add_months, reckon_due
from models.domain.service.mileage import Rate
from models.domain.service.plan import Done, Item, Plan, choose_plan, find_done
from reminders.quiet import find_leaving_time
from reminders.service.plans import make_plans

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
TODAY = NOW.date()
OIL = Item("oil", 5_000, 3, 10_000, 12, jobs=frozenset({"oil service"}))
LEGAL = Item("inspection", None, 24, None, 24, anchor="in_service", jobs=frozenset({"type:inspection"}))
WARRANTY = Item("warranty", 100_000, 36, None, None, anchor="in_service")


def _drive(km: float, km_per_day: float = 50.0, first_km: float = 0.0, first_on: date = TODAY) -> Mileage:
    rate = Rate(km_per_day, km_per_day * 0.8, km_per_day * 1.2, "readings")
    return Mileage(first_km, first_on, km, NOW, rate)


def _reckon(
    item: Item,
    mileage: Mileage | None,
    done: Done | None = None,
    in_service_on: date | None = None,
    now: datetime = NOW,
    holds: tuple[Hold, ...] = (),
) -> Due:
    due = reckon_due(
        item, mileage, done, in_service_on=in_service_on, now=now, rules=NoticeRules(), holds=holds
    )
    assert due is not None
    return due


def _done(days_ago: int, km: float | None) -> Done:
    return Done(TODAY - timedelta(days=days_ago), km, "s1/RO-1")


def test_distance_is_first_for_who_drives_much_and_time_for_who_drives_little() -> None:
    much = _reckon(OIL, _drive(20_000, 100.0), _done(30, 17_000))
    assert (much.due_km, much.projected_on) == (27_000, TODAY + timedelta(days=70))
    little = _reckon(OIL, _drive(20_000, 5.0), _done(30, 19_850))
    assert little.projected_on == little.due_on == add_months(TODAY - timedelta(days=30), 12)


def test_the_first_service_comes_sooner() -> None:
    due = _reckon(OIL, _drive(3_000, 100.0), in_service_on=TODAY - timedelta(days=30))
    assert (due.cycle, due.due_km, due.projected_on) == ("first", 5_000, TODAY + timedelta(days=20))


def test_what_was_due_before_a_car_was_seen_is_taken_as_done_elsewhere() -> None:
    seen = _drive(63_000, 50.0, first_km=62_000, first_on=TODAY - timedelta(days=20))
    due = _reckon(OIL, seen, in_service_on=date(2021, 1, 10))
    assert (due.cycle, due.due_km, due.due_on) == ("assumed", 65_000, date(2027, 4, 10))


@pytest.mark.parametrize(
    ("km", "state"),
    [
        (20_000, DueState.NOT_YET),
        (25_600, DueState.SOON),
        (27_010, DueState.DUE),
        (28_000, DueState.OVERDUE),
    ],
)
def test_the_state_says_how_near_it_is(km: float, state: DueState) -> None:
    assert _reckon(OIL, _drive(km), _done(30, 17_000)).state is state


def test_people_are_told_thirty_days_before_or_five_hundred_kilometres_whichever_is_first() -> None:
    quick = _reckon(OIL, _drive(20_000, 100.0), _done(30, 17_000))
    assert quick.projected_on is not None
    assert quick.first_notice_on == quick.projected_on - timedelta(days=30)
    assert quick.second_notice_on == quick.projected_on - timedelta(days=7)
    by_km = _reckon(Item("major", 30_000, None, 30_000, None), _drive(29_000, 5.0))
    assert by_km.projected_on is not None
    assert by_km.first_notice_on == by_km.projected_on - timedelta(days=100)


def test_what_is_long_over_is_shown_but_nobody_is_told() -> None:
    due = _reckon(OIL, _drive(40_000), _done(500, 17_000))
    assert (due.state, due.first_notice_on) == (DueState.OVERDUE, None)


def test_a_legal_date_comes_again_when_it_was_kept_here_or_went_by() -> None:
    first_day = date(2023, 1, 10)
    assert _reckon(LEGAL, None, in_service_on=first_day).due_on == date(2027, 1, 10)
    done = Done(date(2026, 12, 1), None, "s1/RO-2")
    later = datetime(2026, 12, 20, tzinfo=UTC)
    assert _reckon(LEGAL, None, done, first_day, later).due_on == date(2029, 1, 10)
    missed = datetime(2027, 4, 1, tzinfo=UTC)
    assert _reckon(LEGAL, None, None, first_day, missed).due_on == date(2029, 1, 10)


def test_the_end_of_a_warranty_comes_once() -> None:
    assert _reckon(WARRANTY, _drive(99_000), in_service_on=date(2024, 1, 1)).state is DueState.SOON
    assert _reckon(WARRANTY, _drive(140_000), in_service_on=date(2019, 1, 1)).state is DueState.DONE


def test_a_hold_counts_for_its_cycle_and_until_its_time() -> None:
    done = _done(30, 17_000)
    near = _drive(26_000)
    for hold, held in (
        (Hold("s1/RO-1", NOW + timedelta(days=3)), True),
        (Hold("s1/RO-1", None), True),
        (Hold("s1/RO-1", NOW - timedelta(days=3)), False),
        (Hold("s1/RO-0", None), False),
    ):
        due = _reckon(OIL, near, done, holds=(hold,))
        assert (due.state is DueState.SUPPRESSED, due.first_notice_on is None) == (held, held)


@given(st.floats(0, 200_000), st.floats(1, 500), st.integers(0, 700), st.floats(0, 200_000))
def test_the_projected_day_is_in_its_range_and_never_after_the_limit_of_time(
    km: float, km_per_day: float, days_ago: int, done_km: float
) -> None:
    due = _reckon(OIL, _drive(km, km_per_day), _done(days_ago, done_km))
    assert due.projected_from is not None
    assert due.projected_on is not None
    assert due.projected_to is not None
    assert due.due_on is not None
    assert due.projected_from <= due.projected_on <= due.projected_to <= due.due_on


@given(st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.integers(0, 300))
def test_months_are_added_like_people_do(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day


def test_the_narrowest_plan_is_chosen_and_the_newest_job_counts() -> None:
    wide = Plan("petrol", 38, (OIL,), powertrains=frozenset({"petrol"}))
    make = Plan("buick", 38, (OIL,), makes=frozenset({"buick"}), powertrains=frozenset({"petrol"}))
    model = Plan("gl8", 38, (OIL,), models=frozenset({"gl8"}))
    plans = (make, model, wide)
    chosen = [choose_plan(plans, *car) for car in (("Buick", "GL8", "petrol"), ("Buick", "X", "petrol"))]
    assert chosen == [model, make]
    assert choose_plan(plans, "Audi", "A6L", "petrol") is wide
    assert choose_plan(plans, "Audi", "A6L", None) is None
    done = {"oil service": _done(10, 1.0), "wash": _done(1, 2.0)}
    assert find_done(OIL, done) == done["oil service"]


def test_every_error_of_a_plan_is_refused_with_its_line(tmp_path: Path) -> None:
    text = DEFAULT_WORKSHOP_FILE.read_text()
    lines = text.splitlines()
    first = lines.index('key = "oil"')
    wrong = {
        first + 3: "first_km = -5",
        first + 5: "every_kilometres = 10000",
    }
    for number, line in wrong.items():
        lines[number] = line
    file = tmp_path / "workshop.toml"
    file.write_text("\n".join(lines))
    with pytest.raises(WorkshopError) as refused:
        load_workshop(file)
    for number in wrong:
        assert f"{file}:{number + 1}: plan.0.item.0." in str(refused.value)


@pytest.mark.parametrize(
    ("plan", "complaint"),
    [
        ('[[plan]]\nkey = "x"\n[[plan.item]]\nkey = "y"\nen = "Y"\nzh = "Y"\n', "y never comes due"),
        (
            '[[plan]]\nkey = "x"\n[[plan.item]]\nkey = "y"\nen = "Y"\nzh = "Y"\nevery_km = 5000\n',
            "name in done_by the jobs that do it",
        ),
        (
            """[[plan]]
key = "x"
make = "BUICK"
powertrain = "petrol"
item = [{ key = "y", en = "Y", zh = "Y", first_km = 5000 }]
""",
            "x fits vehicles of buick, and neither is narrower",
        ),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(tmp_path: Path, plan: str, complaint: str) -> None:
    text = DEFAULT_WORKSHOP_FILE.read_text()
    file = tmp_path / "workshop.toml"
    file.write_text(f"{text}\n{plan}")
    with pytest.raises(WorkshopError, match=complaint) as refused:
        load_workshop(file)
    assert int(str(refused.value).split(":")[1]) > len(text.splitlines())


def test_messages_leave_between_the_hours_of_an_open_day() -> None:
    plans = make_plans(load_workshop(DEFAULT_WORKSHOP_FILE))
    site = plans.sites["s1"]
    # New Year's Eve in the evening: New Year's Day is a holiday.
    leaves_at = find_leaving_time(site, datetime(2026, 12, 31, 12, 0, tzinfo=UTC))
    assert leaves_at == datetime(2027, 1, 2, 9, 0, tzinfo=site.zone)
