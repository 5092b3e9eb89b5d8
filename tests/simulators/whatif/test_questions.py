"""What-if questions: the shop is fitted to its history, and one thing more changes only that."""

from datetime import date, datetime, timedelta
from itertools import takewhile
from statistics import median

import pytest

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from models.analytics.whatif import CYCLE, ON_TIME, THROUGHPUT, WAIT, Change, Thing
from simulators.chance import open_stream
from simulators.character import open_calendar
from simulators.facts import Fact
from simulators.jobs import MIX, Skill
from simulators.opening import DAY, HOUR, OpeningHours
from simulators.pace import Calendar
from simulators.parameters import Parameters
from simulators.scenario import SCENARIOS
from simulators.site import simulate_history
from simulators.staff import hire_technicians
from simulators.whatif.figures import measure_facts
from simulators.whatif.fitting import FittedShop, WhatIfError, fit_shop
from simulators.whatif.past import gather_jobs, gather_parts, gather_past
from simulators.whatif.questions import apply_change, ask_what_if, list_skills, play_shop

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
SITE, STAGES = WORKSHOP.sites[0], WORKSHOP.stages
DAYS = 28
FIRST_DAY = date(2026, 6, 1)
BEGIN = datetime.combine(FIRST_DAY, datetime.min.time(), SITE.zone)
SCENARIO = "short-of-parts"


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    site = simulate_history(SITE, 1, first_day=FIRST_DAY, days=DAYS, scenario=SCENARIO)
    return list(takewhile(lambda fact: fact.at_seconds < DAYS * DAY, site.facts))


@pytest.fixture(scope="module")
def fitted(facts: list[Fact]) -> FittedShop:
    past = gather_past(facts, Calendar(FIRST_DAY, SITE.zone))
    end = BEGIN + timedelta(days=DAYS)
    return fit_shop(SITE, past.intervals, gather_jobs(facts), gather_parts(facts), BEGIN, end)


def test_the_fit_finds_the_parameters_that_made_the_history(fitted: FittedShop) -> None:
    true, found = SCENARIOS[SCENARIO], fitted.parameters
    total = sum(found.mix.values())
    assert found.orders_per_bay_hour == pytest.approx(true.orders_per_bay_hour, rel=0.15)
    assert found.work_share == pytest.approx(true.work_share, rel=0.05)
    assert found.wash_share == pytest.approx(true.wash_share, abs=0.05)
    assert found.quality_failure_share == pytest.approx(true.quality_failure_share, abs=0.02)
    assert found.short_check.median_minutes == pytest.approx(true.short_check.median_minutes, rel=0.15)
    assert found.part_from_town.median_minutes == pytest.approx(true.part_from_town.median_minutes, rel=0.3)
    assert found.part_missing_shares["Front brake pad set"] == pytest.approx(
        true.part_missing_share, abs=0.15
    )
    assert found.part_missing_shares["Oil filter and 5 l engine oil"] == 0
    for job_type, share in MIX.items():
        assert found.mix[job_type] / total == pytest.approx(share / 100, abs=0.04)


def test_the_fit_finds_the_busy_morning_and_the_opening_hours(fitted: FittedShop) -> None:
    hours = fitted.hours
    assert isinstance(hours, OpeningHours)
    assert (hours.opens, hours.closes) == (8 * HOUR, 18 * HOUR)
    assert hours.appointment_hours[0] > 1.2
    assert hours.appointment_hours[-1] < 0.8
    assert sum(hours.appointment_hours) == pytest.approx(10)


def test_a_part_in_stock_is_never_missing_and_shortens_the_stay(fitted: FittedShop) -> None:
    everything = fitted
    for part in fitted.parameters.part_missing_shares:
        everything, _ = apply_change(everything, [], Change(Thing.PART, part))
    assert set(everything.parameters.part_missing_shares.values()) == {0.0}
    with_parts = play_shop(everything, None, STAGES, 1, 6)
    without = play_shop(fitted, None, STAGES, 1, 6)
    assert with_parts.get(f"{WAIT}parts", 0.0) < without[f"{WAIT}parts"]
    assert with_parts[CYCLE] < without[CYCLE]


def test_a_bay_more_brings_no_customers_and_no_hands(fitted: FittedShop) -> None:
    crew = hire_technicians(fitted.bays, open_stream("crew"), 0.1, 10 * HOUR)
    changed, same_crew = apply_change(fitted, crew, Change(Thing.BAY, "general"))
    before, after = fitted.parameters, changed.parameters
    assert same_crew == crew
    assert len(changed.bays) == len(fitted.bays) + 1
    assert after.orders_per_bay_hour * len(changed.bays) == pytest.approx(before.orders_per_bay_hour * 12)
    assert len(changed.bays) / after.bays_per_wash_lane == pytest.approx(12 / before.bays_per_wash_lane)


def test_a_technician_more_has_the_skill_and_the_usual_speed(fitted: FittedShop) -> None:
    crew = hire_technicians(fitted.bays, open_stream("crew"), 0.1, 10 * HOUR)
    same, more = apply_change(fitted, crew, Change(Thing.TECHNICIAN, "mechanical"))
    assert same == fitted
    assert more[:-1] == crew
    assert (more[-1].skills[0], more[-1].speed) == ("mechanical", 1.0)


def test_no_change_changes_nothing(fitted: FittedShop) -> None:
    answer = ask_what_if(fitted, Change(Thing.PART, "a part nobody needs"), STAGES, {}, (1, 2), 3)
    assert {(each.low, each.middle, each.high) for each in answer.changes.values()} == {(0, 0, 0)}
    assert answer.runs == 2
    assert answer.model[THROUGHPUT].middle > 30
    assert 0 < answer.model[ON_TIME].middle < 1


def test_a_crowded_shop_gains_from_a_bay() -> None:
    crowded = FittedShop(tuple(SITE.bays), Parameters(orders_per_bay_hour=0.65), OpeningHours())
    answer = ask_what_if(crowded, Change(Thing.BAY, "general"), STAGES, {}, (1, 2), 6)
    gained = answer.changes
    assert gained[THROUGHPUT].middle > 0
    assert gained[f"{WAIT}bay"].high < 0
    assert gained[CYCLE].low <= gained[CYCLE].middle <= gained[CYCLE].high


def test_the_fitted_shop_is_like_the_one_that_it_was_fitted_to(fitted: FittedShop, facts: list[Fact]) -> None:
    hours = open_calendar(SITE, "1/s1", FIRST_DAY, DAYS, average=True)
    truth = measure_facts(facts, hours, STAGES, 7, DAYS - 7)
    assert truth
    played = [play_shop(fitted, None, STAGES, seed, 14) for seed in range(3)]
    for figure, within in ((CYCLE, 0.25), (THROUGHPUT, 0.1), (ON_TIME, 0.15)):
        assert median(each[figure] for each in played) == pytest.approx(truth[figure], rel=within)


def test_a_shop_has_somebody_of_every_skill_its_bays_need() -> None:
    assert set(list_skills(SITE.bays)) == set(Skill)


@pytest.mark.parametrize("change", [Change(Thing.BAY, "submarine"), Change(Thing.TECHNICIAN, "magic")])
def test_what_the_site_does_not_have_there_cannot_be_more_of(fitted: FittedShop, change: Change) -> None:
    with pytest.raises(WhatIfError, match=change.key):
        apply_change(fitted, [], change)


def test_without_history_there_is_no_shop_to_ask() -> None:
    with pytest.raises(WhatIfError, match="too little history"):
        fit_shop(SITE, [], [], [], BEGIN, BEGIN + timedelta(days=1))
