"""What-if questions: the shop is fitted to its history, and one thing more changes only that."""

from datetime import date, datetime, timedelta
from itertools import takewhile

import pytest

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from simulators.chance import open_stream
from simulators.fitting import FittedShop, WhatIfError, fit_shop
from simulators.jobs import MIX
from simulators.opening import DAY, HOUR, OpeningHours
from simulators.parameters import Parameters
from simulators.past import gather_jobs, gather_parts, gather_past
from simulators.scenario import SCENARIOS
from simulators.site import simulate_history
from simulators.staff import hire_technicians
from simulators.whatif import Change, apply_change, ask_what_if

SITE = load_workshop(DEFAULT_WORKSHOP_FILE).sites[0]
DAYS = 28
FIRST_DAY = date(2026, 6, 1)
BEGIN = datetime.combine(FIRST_DAY, datetime.min.time(), SITE.zone)
SCENARIO = "short-of-parts"


@pytest.fixture(scope="module")
def fitted() -> FittedShop:
    site = simulate_history(SITE, 1, first_day=FIRST_DAY, days=DAYS, scenario=SCENARIO)
    facts = list(takewhile(lambda fact: fact.at_seconds < DAYS * DAY, site.facts))
    past = gather_past(facts, site.timing)
    end = BEGIN + timedelta(days=DAYS)
    return fit_shop(SITE, past.intervals, gather_jobs(facts), gather_parts(facts), BEGIN, end)


def test_the_fit_finds_the_parameters_that_made_the_history(fitted: FittedShop) -> None:
    true, found = SCENARIOS[SCENARIO], fitted.parameters
    total = sum(found.mix.values())
    assert found.orders_per_bay_hour == pytest.approx(true.orders_per_bay_hour, rel=0.15)
    assert found.work_share == pytest.approx(true.work_share, rel=0.12)
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
        everything, _ = apply_change(everything, [], Change("part", part))
    assert set(everything.parameters.part_missing_shares.values()) == {0.0}
    answer = ask_what_if(fitted, Change("part", "Front brake pad set"), seeds=(1,), days=4)
    assert answer.unchanged.orders_per_day > 30
    assert 0 < answer.unchanged.on_time < 1


def test_a_bay_more_brings_no_customers_and_no_hands(fitted: FittedShop) -> None:
    crew = hire_technicians(fitted.bays, open_stream("crew"), 0.1, 10 * HOUR)
    changed, same_crew = apply_change(fitted, crew, Change("bay", "general"))
    before, after = fitted.parameters, changed.parameters
    assert same_crew == crew
    assert len(changed.bays) == len(fitted.bays) + 1
    assert after.orders_per_bay_hour * len(changed.bays) == pytest.approx(before.orders_per_bay_hour * 12)
    assert len(changed.bays) / after.bays_per_wash_lane == pytest.approx(12 / before.bays_per_wash_lane)


def test_a_technician_more_has_the_skill_and_the_usual_speed(fitted: FittedShop) -> None:
    crew = hire_technicians(fitted.bays, open_stream("crew"), 0.1, 10 * HOUR)
    same, more = apply_change(fitted, crew, Change("technician", "mechanical"))
    assert same == fitted
    assert more[:-1] == crew
    assert (more[-1].skills[0], more[-1].speed) == ("mechanical", 1.0)


def test_no_change_changes_nothing(fitted: FittedShop) -> None:
    answer = ask_what_if(fitted, Change("part", "a part nobody needs"), seeds=(1,), days=3)
    assert answer.cycle_hours.low == answer.cycle_hours.high == 0
    assert answer.on_time.middle == answer.orders_per_day.middle == 0


def test_a_crowded_shop_gains_from_a_bay() -> None:
    crowded = FittedShop(tuple(SITE.bays), Parameters(orders_per_bay_hour=0.65), OpeningHours())
    answer = ask_what_if(crowded, Change("bay", "general"), seeds=(1, 2), days=6)
    assert answer.orders_per_day.middle > 0
    assert answer.cycle_hours.low <= answer.cycle_hours.middle <= answer.cycle_hours.high


@pytest.mark.parametrize("change", [Change("bay", "submarine"), Change("technician", "magic")])
def test_what_the_site_does_not_have_there_cannot_be_more_of(fitted: FittedShop, change: Change) -> None:
    with pytest.raises(WhatIfError, match=change.key):
        apply_change(fitted, [], change)


def test_without_history_there_is_no_shop_to_ask() -> None:
    with pytest.raises(WhatIfError, match="too little history"):
        fit_shop(SITE, [], [], [], BEGIN, BEGIN + timedelta(days=1))
