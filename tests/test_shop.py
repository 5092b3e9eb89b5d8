import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise, takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simpy import Environment

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import Bay, load_workshop
from simulators.facts import Fact, LabourClocked, OrderOpened, Stage, StageEntered
from simulators.measure import Figures, Record, gather, measure
from simulators.opening import DAY, HOUR, AlwaysOpen, Hours, OpeningHours
from simulators.pool import Pool
from simulators.shop import Shop
from simulators.vehicles import Powertrain, make_car, reckon_check_digit

BAYS = load_workshop(DEFAULT_WORKSHOP_FILE).sites[0].bays
WORKDAY = 10 * HOUR

# What may follow what. Staying in a stage means that the car's place or reason changed.
LEGAL_STEPS = {
    Stage.RECEIVED: {Stage.RECEIVED, Stage.INSPECTING},
    Stage.INSPECTING: {
        Stage.INSPECTING,
        Stage.AWAITING_APPROVAL,
        Stage.AWAITING_PARTS,
        Stage.REPAIRING,
        Stage.WASHING,
        Stage.READY,
    },
    Stage.AWAITING_APPROVAL: {
        Stage.AWAITING_APPROVAL,
        Stage.AWAITING_PARTS,
        Stage.REPAIRING,
        Stage.WASHING,
        Stage.READY,
    },
    Stage.AWAITING_PARTS: {Stage.AWAITING_PARTS, Stage.REPAIRING},
    Stage.REPAIRING: {Stage.REPAIRING, Stage.QUALITY_CHECK},
    Stage.QUALITY_CHECK: {Stage.QUALITY_CHECK, Stage.REPAIRING, Stage.WASHING, Stage.READY},
    Stage.WASHING: {Stage.READY},
    Stage.READY: {Stage.DELIVERED},
}


def play(bays: Sequence[Bay], seed: str, seconds: float, hours: Hours | None = None) -> list[Fact]:
    return list(takewhile(lambda fact: fact.at_seconds < seconds, Shop(bays, seed, hours=hours).play()))


@cache
def play_eleven_days(seed: str) -> tuple[Fact, ...]:
    return tuple(play(BAYS, seed, 11 * WORKDAY))


def measure_days(record: Record, first: int, last: int) -> Figures:
    return measure(record, BAYS, 18, first * WORKDAY, last * WORKDAY)


def list_steps(facts: Iterable[Fact]) -> dict[int, list[StageEntered]]:
    steps: dict[int, list[StageEntered]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact, StageEntered):
            steps[fact.order].append(fact)
    return steps


def assert_believable(facts: Sequence[Fact]) -> None:
    """Assert what holds in any shop at any hour."""
    assert all(earlier.at_seconds <= later.at_seconds for earlier, later in pairwise(facts))
    for steps in list_steps(facts).values():
        assert steps[0].stage is Stage.RECEIVED
        for step, following in pairwise(steps):
            assert following.stage in LEGAL_STEPS[step.stage]
            assert following.at_seconds > step.at_seconds
    assert_one_at_a_time(
        (spell.bay, spell.entered, spell.left or float("inf")) for spell in gather(facts).spells if spell.bay
    )
    assert_one_at_a_time(gather(facts).labour)


def assert_one_at_a_time(spans: Iterable[tuple[str, float, float]]) -> None:
    by_key: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for key, start, end in spans:
        by_key[key].append((start, end))
    for taken in by_key.values():
        assert all(end <= start for (_, end), (start, _) in pairwise(sorted(taken)))


def test_same_seed_gives_the_same_facts_to_the_millisecond() -> None:
    assert play(BAYS, "7", WORKDAY) == play(BAYS, "7", WORKDAY)


def test_another_seed_gives_another_day() -> None:
    assert play(BAYS, "7", WORKDAY) != play(BAYS, "8", WORKDAY)


def test_every_car_takes_a_legal_way_and_no_bay_holds_two() -> None:
    assert_believable(play_eleven_days("1"))


def test_a_technician_clocks_off_one_car_before_clocking_on_the_next() -> None:
    on: dict[str, LabourClocked] = {}
    for fact in play_eleven_days("1"):
        if not isinstance(fact, LabourClocked):
            continue
        if fact.action == "on":
            assert fact.technician not in on
            on[fact.technician] = fact
        else:
            began = on.pop(fact.technician)
            assert (began.order, began.job, began.bay) == (fact.order, fact.job, fact.bay)


def test_every_car_leaves_the_shop() -> None:
    record = gather(play_eleven_days("1"))
    early = {order for order, opened in record.opened.items() if opened.at_seconds < 8 * WORKDAY}
    assert len(early) > 400
    assert early <= set(record.delivered)


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_the_shop_stays_as_busy_over_ten_days_as_a_good_workshop_is(seed: str) -> None:
    record = gather(play_eleven_days(seed))
    whole = measure_days(record, 1, 11)
    assert 54 <= whole.orders_per_day <= 66
    assert 0.60 <= whole.occupancy["all"] <= 0.85
    assert 0.65 <= whole.on_time <= 0.95
    assert whole.cycle_hours["maintenance"][0] < whole.cycle_hours["repair"][0] < whole.cycle_hours["body"][0]
    for day in range(1, 11):
        figures = measure_days(record, day, day + 1)
        assert 0.40 <= figures.occupancy["all"] <= 0.97
        assert 10 <= figures.in_shop <= 40


def test_cars_wait_in_every_queue_at_times() -> None:
    whole = measure_days(gather(play_eleven_days("1")), 1, 11)
    waiting = {Stage.RECEIVED, Stage.AWAITING_APPROVAL, Stage.AWAITING_PARTS, Stage.WASHING, Stage.READY}
    assert {stage for stage in waiting if whole.queues[stage] > 0.2} == waiting


def test_jobs_come_in_every_type_and_with_flat_rate_hours() -> None:
    opened = gather(play_eleven_days("1")).opened.values()
    assert {order.job_type for order in opened} == {"maintenance", "repair", "body", "warranty", "inspection"}
    for order in opened:
        assert order.promised_seconds > order.at_seconds
        assert [line.job for line in order.lines] == [f"J{n}" for n in range(1, len(order.lines) + 1)]
        assert all(0 < line.hours < 8 for line in order.lines)


@settings(max_examples=15, deadline=None)
@given(
    kinds=st.lists(
        st.sampled_from(["express", "general", "diagnostic", "body", "paint", "ev"]), min_size=1, max_size=5
    ),
    seed=st.integers(0, 99),
)
def test_any_bays_make_a_shop_that_goes_on(kinds: list[str], seed: int) -> None:
    bays = [Bay(key=f"B{n}", kind=kind) for n, kind in enumerate(kinds)]
    facts = play(bays, str(seed), 3 * WORKDAY)
    assert_believable(facts)
    record = gather(facts)
    early = {order for order, opened in record.opened.items() if opened.at_seconds < WORKDAY / 2}
    assert early <= set(record.delivered)


def test_with_opening_hours_nothing_is_begun_at_night() -> None:
    hours = OpeningHours(weekday_demand=(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0))
    facts = play(BAYS, "4", 14 * DAY, hours)
    assert_believable(facts)
    begun = [
        fact.at_seconds
        for fact in facts
        if isinstance(fact, OrderOpened)
        or (isinstance(fact, LabourClocked) and fact.action == "on")
        or (isinstance(fact, StageEntered) and fact.stage is Stage.DELIVERED)
    ]
    assert len(begun) > 2000
    assert all(hours.seconds_until_open(second) == 0 for second in begun)
    assert not [second for second in begun if second // DAY % 7 == 6]
    orders = [fact.at_seconds for fact in facts if isinstance(fact, OrderOpened)]
    assert sum(second % DAY < 13 * HOUR for second in orders) > len(orders) / 2
    assert len(orders) - len(gather(facts).delivered) < 40


@settings(deadline=None)
@given(st.floats(0, 90 * DAY), st.floats(0, 30 * HOUR), st.sampled_from([AlwaysOpen(), OpeningHours()]))
def test_open_seconds_are_the_seconds_outside_of_the_nights(at: float, seconds: float, hours: Hours) -> None:
    after = hours.add_open_seconds(at, seconds)
    assert after >= at + seconds - 1e-3
    halfway = hours.add_open_seconds(hours.add_open_seconds(at, seconds / 2), seconds / 2)
    assert after == pytest.approx(halfway, abs=1e-3)


@settings(deadline=None)
@given(st.floats(0, 90 * DAY), st.floats(2 * HOUR, 6 * HOUR), st.sampled_from([AlwaysOpen(), OpeningHours()]))
def test_a_pause_found_is_never_over(at: float, lunch: float, hours: Hours) -> None:
    start, end = hours.find_pause(at, lunch)
    assert start < end
    assert at <= end


def test_the_most_urgent_claim_gets_the_member_that_fits_best() -> None:
    env = Environment()
    pool = Pool(env, ["general", "express"], lambda _: True)
    ranks = {"express": 0, "general": 1}
    first = pool.claim(ranks.get, due=50)
    assert first.member == "express"
    second = pool.claim(ranks.get, due=90)
    relaxed, urgent = pool.claim(ranks.get, due=80), pool.claim(ranks.get, due=10)
    assert second.member == "general"
    assert pool.queue_length == 2
    pool.release("express")
    assert urgent.triggered
    assert not relaxed.triggered


def test_who_is_off_duty_is_not_called_until_the_pool_is_served_again() -> None:
    on_duty: set[str] = set()
    pool = Pool(Environment(), ["T001"], on_duty.__contains__)
    claim = pool.claim(lambda _: 0, due=0)
    assert not claim.triggered
    on_duty.add("T001")
    pool.serve()
    assert claim.triggered


def test_the_check_digit_of_a_published_example_is_right() -> None:
    assert reckon_check_digit("1M8GDM9AXKP042788") == "X"
    assert reckon_check_digit("11111111111111111") == "1"


def test_every_car_has_a_vin_and_a_plate_of_its_own_that_keep_to_the_rules() -> None:
    cars = [make_car("1/s1", number) for number in range(5000)]
    assert len({car.vin for car in cars}) == len({car.plate for car in cars}) == len(cars)
    for car in cars:
        assert re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", car.vin)
        assert car.vin[8] == reckon_check_digit(car.vin)
        green = {Powertrain.PETROL: "", Powertrain.PLUG_IN: "F", Powertrain.ELECTRIC: "D"}
        assert re.fullmatch(rf"[沪苏浙皖][A-HJ-N]{green[car.model.powertrain]}\d{{5}}", car.plate)
        assert re.fullmatch(r"100\d{8}", car.owner.phone)


def test_an_odometer_never_runs_backwards() -> None:
    start = datetime(2026, 10, 1, tzinfo=UTC)
    for number in range(50):
        car = make_car("1/s1", number)
        shown = [car.reckon_km(start + timedelta(hours=5 * n)) for n in range(200)]
        assert shown == sorted(shown)
        assert shown[-1] > shown[0]
