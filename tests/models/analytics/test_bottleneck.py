"""What holds a site back: both methods on days drawn by hand, and their laws."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.opening import Opening, OpeningHours
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from models.analytics.bottleneck.periods import (
    Kind,
    Period,
    bottleneck_now,
    find_periods,
    find_queue,
    measure_queues,
    share_bottlenecks,
)
from models.analytics.kpis import LabourRow
from models.analytics.open_clock import OpenClock
from models.domain.intervals import IntervalRow

STAGES = load_workshop(DEFAULT_WORKSHOP_FILE).stages
EIGHT = datetime(2026, 11, 20, 8, tzinfo=UTC)
CLOCK = OpenClock(OpeningHours([], ZoneInfo("UTC")), EIGHT)


def _at(minutes: float) -> datetime:
    return EIGHT + timedelta(minutes=minutes)


def _row(
    order: str,
    stage: str,
    entered: float,
    left: float | None,
    bay: str | None = None,
    reason: str | None = None,
) -> IntervalRow:
    return IntervalRow(order, stage, bay, None, reason, _at(entered), None if left is None else _at(left))


def test_the_bay_that_has_been_occupied_longest_is_the_bottleneck() -> None:
    rows = [
        _row("1", "repairing", 0, 60, "B01"),
        _row("2", "repairing", 63, None, "B01"),  # changing cars is no break
        _row("3", "repairing", 10, 50, "B02"),
        _row("4", "repairing", 80, None, "B02"),
        *(_row(f"w{n}", "received", 70 + n, None) for n in range(4)),
    ]
    labour = [LabourRow("4", "J1", "T1", "B02", _at(80), _at(120))]
    found = bottleneck_now(rows, labour, STAGES, CLOCK, _at(120))
    bay, technician = (
        next(a for a in found.active if a.kind is kind) for kind in (Kind.BAY, Kind.TECHNICIAN)
    )
    assert (bay.key, bay.since, bay.active_seconds) == ("B01", EIGHT, 120 * 60)
    assert (technician.key, technician.since) == ("T1", _at(80))
    [queue] = found.queues
    assert (queue.stage, queue.cars, queue.waiting_seconds) == ("inspecting", 4, (50 + 49 + 48 + 47) * 60)
    assert found.agrees


def test_methods_that_name_different_stages_disagree() -> None:
    rows = [
        _row("1", "received", 0, None),
        *(_row(f"{n}", "quality_check", 60, None, "B01", "technician") for n in (2, 3)),
    ]
    found = bottleneck_now(rows, [], STAGES, CLOCK, _at(200))
    assert next(a.key for a in found.active if a.kind is Kind.STAGE) == "inspecting"
    assert found.queues[0].stage == "quality_check"
    assert found.agrees is False


def test_an_empty_shop_has_no_bottleneck() -> None:
    found = bottleneck_now([], [], STAGES, CLOCK, _at(60))
    assert (found.active, found.queues, found.agrees) == ((), (), None)


@pytest.mark.parametrize(
    ("stage", "reason", "waits_for"),
    [
        ("received", None, "inspecting"),
        ("received", "bay", "inspecting"),
        ("awaiting_parts", "parts", "awaiting_parts"),
        ("awaiting_parts", "bay", "repairing"),
        ("awaiting_approval", "approval", "awaiting_approval"),
        ("repairing", None, None),
        ("quality_check", "technician", "quality_check"),
        ("ready", None, None),
        ("delivered", None, None),
    ],
)
def test_a_car_waits_for_what_comes_next(stage: str, reason: str | None, waits_for: str | None) -> None:
    assert find_queue(_row("1", stage, 0, None, reason=reason), STAGES) == waits_for


def test_the_longest_period_wins_and_overlap_with_its_successor_is_shifting() -> None:
    periods = [Period("A", 0, 60), Period("B", 50, 90), Period("C", 20, 30)]
    shares = share_bottlenecks(periods, 0, 100)
    assert [(s.key, round(s.sole, 6), round(s.shifting, 6)) for s in shares] == [
        ("A", 0.5, 0.1),
        ("B", 0.3, 0.0),
    ]


def test_a_night_in_a_bay_is_no_activity() -> None:
    hours = OpeningHours([Opening(days=["fri", "sat"], opens=time(8), closes=time(18))], ZoneInfo("UTC"))
    rows = [_row("1", "repairing", 9 * 60, None, "B01")]
    found = bottleneck_now(rows, [], STAGES, OpenClock(hours, EIGHT), _at(25 * 60))
    assert [(a.key, a.active_seconds) for a in found.active] == [("B01", 2 * 3600)]


def test_waiting_is_counted_within_the_period_asked_for() -> None:
    rows = [_row("1", "awaiting_parts", 0, None, reason="parts")]
    [queue] = measure_queues(rows, STAGES, CLOCK, _at(30), _at(90))
    assert queue.waiting_seconds == 60 * 60


spans = st.tuples(st.integers(0, 500), st.integers(1, 100)).map(lambda two: (_at(two[0]), _at(sum(two))))


@given(st.dictionaries(st.sampled_from("ABC"), st.lists(spans, min_size=1, max_size=6), min_size=1))
def test_shares_add_up_to_the_time_in_which_anything_was_active(
    activity: dict[str, list[tuple[datetime, datetime]]],
) -> None:
    periods = find_periods(activity, CLOCK)
    shares = share_bottlenecks(periods, 0, 600 * 60)
    covered = {minute for p in periods for minute in range(int(p.begin // 60), int(p.end // 60))}
    assert sum(s.sole + s.shifting for s in shares) == pytest.approx(len(covered) / 600)
    assert all(s.sole >= 0 and s.shifting >= 0 for s in shares)
