"""Figures that the simulated and the real shop are compared by, with known answers; and ranges of runs."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from models.analytics.whatif import (
    CYCLE,
    ON_TIME,
    THROUGHPUT,
    WAIT,
    ShopOrder,
    ShopSpell,
    combine,
    find_range,
    measure_shop,
)

STAGES = load_workshop(DEFAULT_WORKSHOP_FILE).stages
HOUR = 3600.0


def _visit(order: str, came: float) -> list[ShopSpell]:
    """Let a car wait an hour for a bay and half an hour for parts, and be worked on for two."""
    steps = [("received", "bay", 1.0), ("repairing", None, 1.0), ("awaiting_parts", None, 0.5)]
    steps += [("repairing", None, 1.0), ("ready", None, inf)]
    spells, now = [], came
    for stage, reason, hours in steps:
        spells.append(ShopSpell(order, stage, reason, now * HOUR, (now + hours) * HOUR))
        now += hours
    return spells


def test_two_orders_have_the_figures_one_reckons_by_hand() -> None:
    orders = {"1": ShopOrder(0.0, 4 * HOUR), "2": ShopOrder(9 * HOUR, 12 * HOUR)}
    spells = [*_visit("1", 0), *_visit("2", 10), *_visit("cancelled", 0)]
    figures = measure_shop(orders, spells, STAGES, 0, 20 * HOUR, 2)
    assert figures == {CYCLE: 4.0, ON_TIME: 0.5, THROUGHPUT: 1.0, f"{WAIT}bay": 1.0, f"{WAIT}parts": 0.5}


def test_an_order_counts_on_the_day_it_is_ready() -> None:
    orders = {"1": ShopOrder(0.0, None)}
    assert measure_shop(orders, _visit("1", 0), STAGES, 0, 3.4 * HOUR, 1) is None
    figures = measure_shop(orders, _visit("1", 0), STAGES, 3.4 * HOUR, 9 * HOUR, 1)
    assert figures
    assert ON_TIME not in figures


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_a_range_is_ordered_and_within_what_was_played(values: list[float]) -> None:
    found = find_range(values)
    assert min(values) - 1e-6 <= found.low <= found.middle + 1e-6
    assert found.middle <= found.high + 1e-6 <= max(values) + 2e-6


def test_an_answer_compares_each_shop_with_itself() -> None:
    before = [{CYCLE: 4.0 + n, THROUGHPUT: 50.0, ON_TIME: 0.7} for n in range(5)]
    after = [{CYCLE: 3.5 + n, THROUGHPUT: 50.0, ON_TIME: 0.8} for n in range(5)]
    answer = combine({CYCLE: 5.0, THROUGHPUT: 50.0, ON_TIME: 0.9}, before, after, days=14)
    assert answer.runs == 5
    assert answer.model[CYCLE].middle == 6.0
    change = answer.changes[CYCLE]
    assert (change.low, change.middle, change.high) == pytest.approx((-0.5, -0.5, -0.5))
    assert answer.find_misfit(CYCLE) == pytest.approx(0.2)
    assert answer.find_misfit(ON_TIME) == pytest.approx(0.2)
    assert answer.find_misfit(f"{WAIT}bay") is None
    assert answer.misfit == pytest.approx(0.2)
