"""What is known of a work order, whatever order it was said in."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.domain.intervals import Scan, reckon_intervals
from models.domain.work_order import Change, fold_changes, judge_standing

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
END = frozenset({"delivered"})


def change(minutes: int, what: str = "updated", **said: Any) -> Change:
    return Change(START + timedelta(minutes=minutes), "dms", str(minutes), {"change": what, **said})


changes = st.lists(
    st.builds(
        change,
        st.integers(0, 100),
        st.sampled_from(["opened", "updated", "cancelled"]),
        advisor=st.none() | st.sampled_from(["Li", "Wang"]),
        vehicle=st.dictionaries(st.sampled_from(["plate", "vin"]), st.sampled_from(["A", "B", None])),
    ),
    max_size=8,
    unique_by=lambda change: change.at,
)


@given(changes, st.randoms())
def test_the_order_in_which_changes_arrive_does_not_matter(
    changes: list[Change], chance: random.Random
) -> None:
    shuffled = list(changes)
    chance.shuffle(shuffled)
    assert fold_changes(shuffled) == fold_changes(changes)


def test_absent_fields_stay_and_lists_replace() -> None:
    facts = fold_changes(
        [
            change(
                0, "opened", vehicle={"plate": "沪A12345", "vin": "V1"}, parts=[{"part": "a"}, {"part": "b"}]
            ),
            change(5, vehicle={"plate": "沪B00001"}, parts=[{"part": "c"}], advisor="Li"),
        ]
    )
    assert facts.vehicle == {"plate": "沪B00001", "vin": "V1"}
    assert facts.order == {"parts": [{"part": "c"}], "advisor": "Li"}
    assert facts.registered


def test_the_first_promise_is_kept_beside_the_moved_one() -> None:
    promise, moved = "2026-11-21T15:00:00+08:00", "2026-11-21T17:00:00+08:00"
    facts = fold_changes([change(9, promised_at=moved), change(0, "opened", promised_at=promise)])
    assert facts.first_promised_at == datetime.fromisoformat(promise)
    assert facts.promised_at == datetime.fromisoformat(moved)


def test_a_work_order_nobody_announced_is_not_registered() -> None:
    assert not fold_changes([]).registered


def test_an_order_is_open_until_delivered_or_cancelled() -> None:
    intervals = reckon_intervals([Scan(START, "d", "1", "received")], END)
    assert judge_standing(fold_changes([]), intervals, END).closed_at is None
    later = START + timedelta(hours=1)
    delivered = reckon_intervals([Scan(START, "d", "1", "received"), Scan(later, "d", "2", "delivered")], END)
    assert judge_standing(fold_changes([]), delivered, END).closed_at == later
    cancelled = fold_changes([change(0, "opened"), change(5, "cancelled")])
    assert judge_standing(cancelled, intervals, END).closed_at == START + timedelta(minutes=5)
    reopened = fold_changes([change(0, "opened"), change(5, "cancelled"), change(6)])
    assert judge_standing(reopened, intervals, END).closed_at is None


def test_time_in_stage_counts_from_the_visits_first_interval() -> None:
    def scan(minutes: int, stage: str, reason: str | None = None) -> Scan:
        return Scan(START + timedelta(minutes=minutes), "d", str(minutes), stage, reason=reason)

    scans = [
        scan(0, "awaiting_parts"),
        scan(5, "repairing"),
        scan(10, "awaiting_parts"),
        scan(20, "awaiting_parts", "parts"),
    ]
    standing = judge_standing(fold_changes([]), reckon_intervals(scans, END), END)
    assert standing.stage_entered_at == START + timedelta(minutes=10)
    assert standing.current
    assert standing.current.entered_at == START + timedelta(minutes=20)
