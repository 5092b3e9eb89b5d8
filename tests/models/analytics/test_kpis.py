"""The figures of the trade equal those that an independent reckoning finds in the truth.

The other reckoning shares no code with `models.analytics`: it walks the truth's instants one by one.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.flow import age_cars, check_little, count_flow
from models.analytics.kpis import (
    OrderRow,
    count_sold_hours,
    find_touch,
    find_usual_age,
    list_carry_over,
    list_comebacks,
    measure_order,
    rate_first_time_fix,
    rate_on_time,
)
from models.analytics.people import guess_attendance, measure_bays, measure_technicians, reckon_load
from models.analytics.spans import add_up, cut, join
from simulators.truth.lines import LabourTruth, ReadyTruth, StageTruth
from tests.rig.told_history import FIRST_DAY, SITE, WORKSHOP, Told, tell_history

STAGES = {stage.key: stage for stage in WORKSHOP.stages}
TOUCH = {"inspecting", "repairing", "quality_check", "washing"}
DAYS = 4
HARMLESS = {"duplicate": 0.2, "disorder": 0.2}


@pytest.fixture(scope="module", params=[{}, HARMLESS], ids=["without faults", "with faults"])
def told(request: pytest.FixtureRequest) -> Told:
    rates: dict[str, float] = request.param
    return tell_history(seed=3, days=DAYS, rates=rates)


def _true_stages(told: Told) -> dict[str, list[StageTruth]]:
    found: defaultdict[str, list[StageTruth]] = defaultdict(list)
    for line in told.truth:
        if isinstance(line, StageTruth):
            found[line.work_order].append(line)
    return {order: sorted(lines, key=lambda line: line.entered_at) for order, lines in found.items()}


def _true_labour(told: Told) -> dict[str, list[LabourTruth]]:
    found: defaultdict[str, list[LabourTruth]] = defaultdict(list)
    for line in told.truth:
        if isinstance(line, LabourTruth) and line.ended_at:
            found[line.work_order].append(line)
    return found


def _true_touch(stages: list[StageTruth], labour: list[LabourTruth]) -> float:
    """Walk from instant to instant: is anybody at the car between this one and the next?"""
    total = 0.0
    for stage in stages:
        if stage.stage not in TOUCH or stage.left_at is None:
            continue
        inside = [one for one in labour if one.began_at < stage.left_at and _ended(one) > stage.entered_at]
        if not inside:
            # Nobody clocks on for a check or a wash; without hands, somebody is waited for.
            if stage.technician or stage.stage == "washing":
                total += (stage.left_at - stage.entered_at).total_seconds()
            continue
        edges = {
            stage.entered_at,
            stage.left_at,
            *(at for one in inside for at in (one.began_at, _ended(one))),
        }
        within = sorted(at for at in edges if stage.entered_at <= at <= stage.left_at)
        for begin, end in pairwise(within):
            if any(one.began_at <= begin and end <= _ended(one) for one in inside):
                total += (end - begin).total_seconds()
    return total


def _ended(labour: LabourTruth) -> datetime:
    assert labour.ended_at
    return labour.ended_at


def _closed(told: Told) -> list[OrderRow]:
    return [order for order in told.orders.values() if order.closed_at]


def test_cycle_touch_and_promise_equal_the_truth(told: Told) -> None:
    stages, labour = _true_stages(told), _true_labour(told)
    ready = {line.work_order: line.at for line in told.truth if isinstance(line, ReadyTruth)}
    assert len(_closed(told)) > 100
    for order in _closed(told):
        name = order.work_order
        figures = measure_order(order, told.intervals[name], told.labour.get(name, []), STAGES, SITE.hours)
        delivered = stages[name][-1].entered_at
        assert figures.cycle_seconds == pytest.approx(
            (delivered - stages[name][0].entered_at).total_seconds()
        )
        assert figures.touch_seconds == pytest.approx(_true_touch(stages[name], labour[name]), abs=0.01), name
        assert order.first_promised_at
        assert figures.on_time == (ready[name] <= order.first_promised_at)


def test_waiting_for_parts_equals_the_truth(told: Told) -> None:
    stages = _true_stages(told)
    for order in _closed(told):
        name = order.work_order
        figures = measure_order(order, told.intervals[name], told.labour.get(name, []), STAGES, SITE.hours)
        # Once the parts are here the car may wait on for a bay, in the same stage.
        waited = sum(
            (line.left_at - line.entered_at).total_seconds()
            for line in stages[name]
            if line.stage == "awaiting_parts" and line.left_at
        )
        assert figures.wait_seconds.get("parts", 0.0) <= waited + 0.01
        assert bool(figures.wait_seconds.get("parts")) == bool(waited)


def test_touch_and_waits_add_up_to_the_cycle(told: Told) -> None:
    for order in _closed(told):
        name = order.work_order
        figures = measure_order(order, told.intervals[name], told.labour.get(name, []), STAGES, SITE.hours)
        total = figures.touch_seconds + sum(figures.wait_seconds.values())
        assert total == pytest.approx(figures.cycle_seconds, abs=0.01)
        assert figures.open_cycle_seconds <= figures.cycle_seconds + 0.01
        assert figures.flow_efficiency is not None
        assert 0 < figures.flow_efficiency < 1


def test_shares_and_averages_equal_the_truth(told: Told) -> None:
    closed = _closed(told)
    figures = [
        measure_order(
            order, told.intervals[order.work_order], told.labour.get(order.work_order, []), STAGES, SITE.hours
        )
        for order in closed
    ]
    ready = {line.work_order: line.at for line in told.truth if isinstance(line, ReadyTruth)}
    kept = sum(ready[order.work_order] <= (order.first_promised_at or order.opened_at) for order in closed)
    assert rate_on_time(figures) == pytest.approx(kept / len(closed))
    hours = sum(hours for (name, _), hours in told.sold_hours.items() if told.orders[name].closed_at)
    assert count_sold_hours(closed) == pytest.approx(hours / len(closed))


def test_technicians_clock_what_the_truth_says_and_share_what_was_sold(told: Told) -> None:
    rows = [row for name in told.orders for row in told.labour.get(name, [])]
    labour = [
        line for lines in _true_labour(told).values() for line in lines if line.work_order in told.orders
    ]
    found = {one.technician: one for one in measure_technicians(rows, told.sold_hours, {})}
    for technician, figures in found.items():
        clocked = sum((_ended(o) - o.began_at).total_seconds() for o in labour if o.technician == technician)
        assert figures.clocked_seconds == pytest.approx(clocked, abs=0.01)
    worked_on = {(line.work_order, line.job) for line in labour}
    sold = sum(hours for job, hours in told.sold_hours.items() if job in worked_on)
    assert sum(one.sold_seconds for one in found.values()) == pytest.approx(sold * 3600)


def test_productivity_is_efficiency_times_utilisation(told: Told) -> None:
    rows = [row for name in told.orders for row in told.labour.get(name, [])]
    midnights = [
        datetime.combine(FIRST_DAY + timedelta(n), datetime.min.time(), SITE.zone) for n in range(DAYS + 1)
    ]
    days = {str(begin.date()): (begin, end) for begin, end in pairwise(midnights)}
    for one in measure_technicians(rows, told.sold_hours, guess_attendance(rows, days)):
        assert one.utilisation is not None
        assert one.efficiency is not None
        assert 0 < one.utilisation <= 1
        assert one.productivity == pytest.approx(one.efficiency * one.utilisation)


def test_bays_are_occupied_and_worked_in_as_the_truth_says(told: Told) -> None:
    begin = datetime.combine(FIRST_DAY, datetime.min.time(), SITE.zone)
    end = begin + timedelta(days=DAYS)
    opening = list(SITE.hours.spans_between(begin, end))
    intervals = [row for rows in told.intervals.values() for row in rows]
    touched = {
        name: join(
            span
            for row in rows
            for span in find_touch(
                row, end, STAGES[row.stage].kind, join(r.span for r in told.labour.get(name, []))
            )
        )
        for name, rows in told.intervals.items()
    }
    bays = [bay.key for bay in SITE.bays]
    found = measure_bays(bays, intervals, touched, opening, end)
    lines = [
        line for lines in _true_stages(told).values() for line in lines if line.work_order in told.orders
    ]
    for one in found:
        stays = [(line.entered_at, min(line.left_at or end, end)) for line in lines if line.bay == one.bay]
        # Two cars are never in one bay, so the stays can simply be added up.
        occupied = sum(
            max(0.0, (min(stop, closes) - max(start, opens)).total_seconds())
            for start, stop in stays
            for opens, closes in opening
        )
        assert one.occupied_seconds == pytest.approx(occupied, abs=0.01)
        assert 0 <= one.worked_seconds <= one.occupied_seconds <= one.open_seconds
    whole = sum(one.occupied_seconds for one in found)
    everything = [row for row in intervals if row.bay]
    assert whole == pytest.approx(
        sum(add_up(cut([(row.entered_at, row.left_at or end)], opening)) for row in everything), abs=0.1
    )


def test_littles_law_is_exact_where_everything_that_came_has_left(told: Told) -> None:
    closed = _closed(told)
    begin = datetime.combine(FIRST_DAY, datetime.min.time(), SITE.zone)
    found = check_little(closed, begin, begin + timedelta(days=DAYS + 1))
    assert found.arrived == found.departed == len(closed)
    assert found.work_in_progress == pytest.approx(found.expected)
    assert found.holds


def test_littles_law_fails_while_the_shop_fills() -> None:
    orders = [_order(str(n), opened=n, closed=n + 1 if n < 3 else None) for n in range(12)]
    found = check_little(orders, NOON, NOON + timedelta(hours=12))
    assert (found.arrived, found.departed, found.holds) == (12, 3, False)


def test_the_cumulative_flow_never_falls_and_its_lines_never_cross(told: Told) -> None:
    begin = datetime.combine(FIRST_DAY, datetime.min.time(), SITE.zone)
    instants = [begin + timedelta(hours=n) for n in range(24 * DAYS)]
    flow = [stage.key for stage in WORKSHOP.stages]
    counts = count_flow([row for rows in told.intervals.values() for row in rows], flow, instants)
    for line in counts.values():
        assert line == sorted(line)
    for earlier, later in pairwise(flow):
        assert all(one >= other for one, other in zip(counts[earlier], counts[later], strict=True))
    assert counts["delivered"][-1] == sum(
        order.closed_at is not None and order.closed_at <= instants[-1] for order in told.orders.values()
    )


NOON = datetime(2026, 6, 1, 12, tzinfo=SITE.zone)


def _order(
    name: str, opened: float = 0, closed: float | None = None, promised: float | None = None, **more: object
) -> OrderRow:
    def at(hours: float | None) -> datetime | None:
        return None if hours is None else NOON + timedelta(hours=hours)

    operations = more.get("operations", frozenset())
    assert isinstance(operations, frozenset)
    opened_at = NOON + timedelta(hours=opened)
    return OrderRow(
        name, "repair", "V1", opened_at, at(closed), at(closed), at(promised), at(promised), 1.0, operations
    )


def test_a_promise_that_was_moved_counts_as_missed() -> None:
    moved = OrderRow(
        "1", "repair", None, NOON, NOON + timedelta(hours=3), None, NOON + timedelta(hours=2),
        NOON + timedelta(hours=4), 1.0,
    )  # fmt: skip
    assert measure_order(moved, [], [], STAGES, SITE.hours).on_time is False


def test_carried_over_is_what_is_open_and_not_promised_for_later() -> None:
    orders = [
        _order("due", promised=1),
        _order("later", promised=20),
        _order("done", closed=1),
        _order("never"),
    ]
    assert [order.work_order for order in list_carry_over(orders, NOON + timedelta(hours=6))] == [
        "due",
        "never",
    ]


def test_only_the_same_operation_within_thirty_days_is_a_comeback() -> None:
    brakes, oil = frozenset({"brakes"}), frozenset({"oil"})
    first = _order("first", closed=2, operations=brakes)
    soon = _order("soon", opened=24 * 29, closed=24 * 29 + 1, operations=brakes)
    other = _order("other", opened=24 * 10, closed=24 * 10 + 1, operations=oil)
    late = _order("late", opened=24 * 90, closed=24 * 90 + 1, operations=brakes)
    assert list_comebacks([first, soon, other, late]) == {"first"}
    assert rate_first_time_fix([first, soon, other, late]) == pytest.approx(0.75)


def test_a_car_is_old_when_85_of_100_never_became_that_old() -> None:
    past: dict[str | None, list[float]] = {"repair": [float(n) * 3600 for n in range(1, 101)]}
    cars = age_cars([_order("old", opened=-86), _order("young", opened=-85)], past, NOON)
    assert [(car.work_order, car.is_old) for car in cars] == [("old", True), ("young", False)]


def test_load_is_planned_by_available_hours() -> None:
    assert (reckon_load(30, 40), reckon_load(1, 0)) == (0.75, None)


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=50))
def test_percentiles_are_ordered(seconds: list[int]) -> None:
    found = [find_usual_age(seconds, share) for share in (0.5, 0.8, 0.85)]
    known = [each for each in found if each is not None]
    assert len(known) == 3
    assert known == sorted(known)
    assert min(seconds) <= known[0]
    assert known[-1] <= max(seconds)


minutes = st.integers(0, 200).map(lambda n: NOON + timedelta(minutes=n))
some_spans = st.lists(st.tuples(minutes, minutes).map(lambda two: (min(two), max(two))), max_size=8)


@given(some_spans, some_spans)
def test_spans_are_sets_of_minutes(
    ours: list[tuple[datetime, datetime]], theirs: list[tuple[datetime, datetime]]
) -> None:
    def count(spans: list[tuple[datetime, datetime]]) -> set[int]:
        return {
            int((begin - NOON).total_seconds() // 60) + n
            for begin, end in spans
            for n in range(int((end - begin).total_seconds() // 60))
        }

    assert add_up(join(ours)) == len(count(ours)) * 60
    assert add_up(cut(join(ours), join(theirs))) == len(count(ours) & count(theirs)) * 60
