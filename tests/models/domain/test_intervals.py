"""The laws of stage intervals."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from models.domain.intervals import Scan, reckon_intervals

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
END = frozenset({"delivered"})
STAGES = ["received", "inspecting", "awaiting_parts", "repairing", "washing", "ready", "delivered"]


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def scan(minutes: float, stage: str, bay: str | None = None, technician: str | None = None) -> Scan:
    return Scan(at(minutes), "tablet", f"{minutes}-{stage}", stage, bay, technician)


scans = st.lists(
    st.builds(
        Scan,
        at=st.integers(0, 600).map(at),
        device=st.sampled_from(["a", "b"]),
        event_id=st.uuids().map(str),
        stage=st.sampled_from(STAGES),
        bay=st.sampled_from([None, "B01", "B02"]),
        technician=st.sampled_from([None, "T1"]),
    ),
    max_size=30,
)


@given(scans, st.randoms())
def test_shuffling_or_duplicating_scans_changes_no_interval(scans: list[Scan], chance: random.Random) -> None:
    disturbed = [*scans, *chance.choices(scans, k=len(scans))] if scans else []
    chance.shuffle(disturbed)
    assert reckon_intervals(disturbed, END) == reckon_intervals(scans, END)


@given(scans)
def test_intervals_never_overlap_and_come_in_order(scans: list[Scan]) -> None:
    for before, after in pairwise(reckon_intervals(scans, END)):
        assert before.left_at is not None
        assert before.entered_at <= before.left_at <= after.entered_at


@given(scans.filter(lambda scans: all(scan.stage not in END for scan in scans)))
def test_intervals_add_up_to_the_time_elapsed(scans: list[Scan]) -> None:
    intervals = reckon_intervals(scans, END)
    closed = [interval for interval in intervals if interval.left_at]
    assert sum(((interval.left_at or at(0)) - interval.entered_at for interval in closed), timedelta()) == (
        intervals[-1].entered_at - intervals[0].entered_at if intervals else timedelta()
    )


@given(scans)
def test_only_the_last_interval_may_last_and_an_end_stage_never_does(scans: list[Scan]) -> None:
    intervals = reckon_intervals(scans, END)
    assert all(interval.left_at is not None for interval in intervals[:-1])
    if intervals:
        assert (intervals[-1].left_at is None) == (intervals[-1].stage not in END)


def test_entering_a_stage_ends_the_one_before_it() -> None:
    received, repairing = reckon_intervals([scan(0, "received"), scan(10, "repairing", "B01")], END)
    assert (received.entered_at, received.left_at) == (at(0), at(10))
    assert (repairing.entered_at, repairing.left_at, repairing.bay) == (at(10), None, "B01")


def test_late_arrival_splits_the_interval_it_falls_into() -> None:
    early = [scan(0, "received"), scan(30, "ready")]
    assert [i.stage for i in reckon_intervals([*early, scan(10, "repairing")], END)] == [
        "received",
        "repairing",
        "ready",
    ]


def test_repeated_scan_opens_nothing_new_but_a_change_of_bay_or_hands_does() -> None:
    scans = [
        scan(0, "repairing", "B01", "T1"),
        scan(5, "repairing", "B01", "T1"),
        scan(9, "repairing", "B02", "T1"),
        scan(12, "repairing", "B02", "T2"),
    ]
    assert [(i.entered_at, i.bay, i.technician) for i in reckon_intervals(scans, END)] == [
        (at(0), "B01", "T1"),
        (at(9), "B02", "T1"),
        (at(12), "B02", "T2"),
    ]


def test_late_arrival_after_delivery_reopens_nothing_but_a_later_scan_does() -> None:
    delivered = [scan(0, "received"), scan(60, "delivered")]
    assert reckon_intervals([*delivered, scan(30, "washing")], END)[-1].left_at == at(60)
    assert reckon_intervals([*delivered, scan(90, "received")], END)[-1].left_at is None
