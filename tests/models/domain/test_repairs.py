"""The laws of repairs: what they put right, and what they leave alone."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from models.domain.intervals import Interval, Scan, reckon_intervals
from models.domain.repairs import (
    Limits,
    Rule,
    list_stays,
    mend_scans,
    reckon_repaired,
)
from simulators.facts import Fact, StageEntered
from simulators.shop import Shop
from tests.rig.whole_site import Site, repair_site

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
END = frozenset({"delivered"})
LIMITS = Limits(wrong_bay=timedelta(minutes=2), two_places=timedelta(minutes=5))
NO_LIMITS = Limits(wrong_bay=timedelta(), two_places=timedelta())


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def scan(
    minutes: float,
    stage: str,
    bay: str | None = None,
    technician: str | None = None,
    device: str = "tablet",
) -> Scan:
    return Scan(at(minutes), device, f"{minutes}-{stage}-{bay}", stage, bay, technician)


def by_bay(minutes: float, stage: str, bay: str, technician: str | None = None) -> Scan:
    """A scan by the scanner that is fixed to the bay."""
    return scan(minutes, stage, bay, technician, device=f"bay-{bay}")


def repair(site: Site, limits: Limits = LIMITS) -> dict[str, list[Interval]]:
    return repair_site(site, END, limits)


def tell(intervals: Sequence[Interval]) -> list[tuple[float, float | None, str, str | None, str | None]]:
    def minutes(moment: datetime) -> float:
        return (moment - START) / timedelta(minutes=1)

    return [
        (
            minutes(interval.entered_at),
            None if interval.left_at is None else minutes(interval.left_at),
            interval.stage,
            interval.bay,
            interval.rule,
        )
        for interval in intervals
    ]


def scans_within(minutes: st.SearchStrategy[int]) -> st.SearchStrategy[list[Scan]]:
    return st.lists(
        st.builds(
            Scan,
            at=minutes.map(at),
            device=st.sampled_from(["tablet", "bay-B01", "bay-B02"]),
            event_id=st.uuids().map(str),
            stage=st.sampled_from(["received", "repairing", "repairing", "washing", "delivered"]),
            bay=st.sampled_from([None, "B01", "B01", "B02"]),
            technician=st.sampled_from([None, "T1", "T2"]),
        ),
        max_size=12,
        unique_by=lambda scan: scan.at,
    )


crowded_scans = scans_within(st.integers(0, 40))
sites = st.dictionaries(st.sampled_from(["A", "B", "C", "D"]), scans_within(st.integers(0, 90)))


@given(sites, st.randoms())
def test_the_order_in_which_scans_arrive_or_repeat_changes_nothing(site: Site, chance: random.Random) -> None:
    def disturb(scans: Sequence[Scan]) -> list[Scan]:
        disturbed = [*scans, *chance.choices(scans, k=3)] if scans else []
        return chance.sample(disturbed, len(disturbed))

    orders = chance.sample(list(site), len(site))
    assert repair({order: disturb(site[order]) for order in orders}) == repair(site)


@given(sites)
def test_no_bay_holds_two_cars_after_repair(site: Site) -> None:
    held: defaultdict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for order, intervals in repair(site).items():
        for stay in list_stays(order, intervals):
            held[stay.bay].append((stay.entered_at, stay.left_at or at(9999)))
    for spells in held.values():
        assert all(left_at <= entered_at for (_, left_at), (entered_at, _) in pairwise(sorted(spells)))


@given(sites)
def test_repaired_intervals_never_overlap_and_leave_no_gap(site: Site) -> None:
    for intervals in repair(site).values():
        for before, after in pairwise(intervals):
            assert before.left_at is not None
            assert before.entered_at <= before.left_at
            if before.stage not in END:
                assert before.left_at == after.entered_at
        assert all(interval.left_at is not None for interval in intervals[:-1])


@given(sites)
def test_only_bays_change_and_only_where_a_rule_is_named(site: Site) -> None:
    for order, intervals in repair(site, NO_LIMITS).items():
        scanned = reckon_intervals(site[order], END)
        for interval in intervals:
            [said] = [
                said
                for said in scanned
                if said.stage == interval.stage
                and said.entered_at <= interval.entered_at
                and (said.left_at is None or interval.entered_at < said.left_at or said == interval)
            ]
            assert interval.rule in {None, Rule.BAY_OCCUPIED, Rule.BAY_TAKEN}
            assert interval.bay == (None if interval.rule else said.bay)


@given(crowded_scans)
def test_mending_twice_is_mending_once(scans: list[Scan]) -> None:
    mended = mend_scans(scans, LIMITS)
    assert mend_scans(mended, LIMITS) == mended


@given(crowded_scans)
def test_without_limits_only_repeats_are_left_out(scans: list[Scan]) -> None:
    assert reckon_repaired(scans, END, NO_LIMITS) == reckon_intervals(scans, END)


@given(crowded_scans)
def test_mending_keeps_when_a_visit_began_and_how_it_ended(scans: list[Scan]) -> None:
    intervals, scanned = reckon_repaired(scans, END, LIMITS), reckon_intervals(scans, END)
    assert len(intervals) <= len(scanned)
    if scanned:
        assert intervals[0].entered_at == scanned[0].entered_at
        assert (intervals[-1].stage, intervals[-1].bay) == (scanned[-1].stage, scanned[-1].bay)


def test_a_shop_without_faults_needs_no_repair() -> None:
    bays = load_workshop(DEFAULT_WORKSHOP_FILE).sites[0].bays
    site: defaultdict[str, list[Scan]] = defaultdict(list)
    facts: Sequence[Fact] = list(islice(Shop(bays, "1").play(), 6000))
    for n, fact in enumerate(facts):
        if isinstance(fact, StageEntered):
            site[str(fact.order)].append(
                Scan(
                    START + timedelta(seconds=fact.at_seconds),
                    f"bay-{fact.bay}" if fact.bay else "reception",
                    str(n),
                    fact.stage,
                    fact.bay,
                    fact.technician,
                    fact.operation,
                    fact.reason,
                )
            )
    assert len(site) > 100
    assert repair(site) == {order: reckon_intervals(scans, END) for order, scans in site.items()}


@pytest.mark.parametrize(
    "first",
    [scan(10, "repairing", "B01"), by_bay(10, "repairing", "B01", "T1")],
    ids=["device", "technician"],
)
def test_a_scan_into_the_wrong_bay_and_then_the_right_one_is_one_visit(first: Scan) -> None:
    right = scan(11, "repairing", "B02", "T1")
    assert tell(reckon_repaired([scan(0, "received"), first, right], END, LIMITS)) == [
        (0, 10, "received", None, None),
        (10, None, "repairing", "B02", Rule.WRONG_BAY),
    ]


@pytest.mark.parametrize(
    "second",
    [
        scan(12, "repairing", "B02", "T1"),
        scan(11, "quality_check", "B02", "T1"),
        by_bay(11, "repairing", "B02", "T2"),
        scan(11, "repairing", None, "T1"),
    ],
    ids=["later", "another stage", "other hands", "out of the bay"],
)
def test_a_move_that_is_no_slip_is_left_alone(second: Scan) -> None:
    scans = [scan(0, "received"), scan(10, "repairing", "B01", "T1"), second]
    assert reckon_repaired(scans, END, LIMITS) == reckon_intervals(scans, END)


def test_a_slip_into_another_bay_and_back_does_not_interrupt_the_visit() -> None:
    scans = [
        scan(0, "repairing", "B01", "T1"),
        scan(60, "repairing", "B02", "T1"),
        scan(61, "repairing", "B01", "T1"),
    ]
    assert tell(reckon_repaired(scans, END, LIMITS)) == [(0, None, "repairing", "B01", Rule.WRONG_BAY)]


def test_of_two_places_scanned_in_turn_the_one_that_lasts_is_kept() -> None:
    in_turn = [
        by_bay(0, "repairing", "B01", "T1"),
        by_bay(60, "repairing", "B02", "T2"),
        by_bay(63, "repairing", "B01", "T1"),
        by_bay(66, "repairing", "B02", "T2"),
    ]
    assert tell(reckon_repaired(in_turn, END, LIMITS)) == [
        (0, 60, "repairing", "B01", None),
        (60, None, "repairing", "B02", Rule.TWO_PLACES),
    ]
    back = [*in_turn, by_bay(68, "repairing", "B01", "T1")]
    assert tell(reckon_repaired(back, END, LIMITS)) == [(0, None, "repairing", "B01", Rule.TWO_PLACES)]


def test_a_car_that_was_not_scanned_out_leaves_when_the_next_comes_in() -> None:
    site = {
        "A": [scan(0, "repairing", "B01", "T1"), scan(90, "ready")],
        "B": [scan(60, "repairing", "B01", "T2")],
    }
    repaired = repair(site)
    assert tell(repaired["A"]) == [
        (0, 60, "repairing", "B01", None),
        (60, 90, "repairing", None, Rule.BAY_TAKEN),
        (90, None, "ready", None, None),
    ]
    assert [interval.technician for interval in repaired["A"]] == ["T1", "T1", None]
    assert tell(repaired["B"]) == [(60, None, "repairing", "B01", None)]


def test_a_car_nobody_ever_scanned_again_gives_its_bay_free() -> None:
    repaired = repair({"A": [scan(0, "repairing", "B01")], "B": [scan(9, "repairing", "B01")]})
    assert tell(repaired["A"]) == [
        (0, 9, "repairing", "B01", None),
        (9, None, "repairing", None, Rule.BAY_TAKEN),
    ]


def test_a_single_scan_into_a_bay_that_another_car_never_left_is_a_mistake() -> None:
    site = {
        "A": [scan(0, "repairing", "B01"), scan(60, "quality_check", "B01"), scan(80, "ready")],
        "B": [scan(10, "inspecting", "B02"), scan(30, "repairing", "B01"), scan(50, "quality_check", "B02")],
    }
    repaired = repair(site)
    assert repaired["A"] == reckon_intervals(site["A"], END)
    assert tell(repaired["B"]) == [
        (10, 30, "inspecting", "B02", None),
        (30, 50, "repairing", None, Rule.BAY_OCCUPIED),
        (50, None, "quality_check", "B02", None),
    ]


def test_a_single_scan_into_a_bay_that_another_car_left_for_a_while_is_believed() -> None:
    site = {
        "A": [scan(0, "inspecting", "B01"), scan(10, "awaiting_parts"), scan(60, "repairing", "B01")],
        "B": [scan(30, "inspecting", "B01"), scan(50, "ready")],
    }
    assert repair(site) == {order: reckon_intervals(scans, END) for order, scans in site.items()}


def test_a_car_that_was_scanned_twice_in_a_bay_was_there() -> None:
    site = {
        "A": [scan(0, "awaiting_parts", "B01"), scan(60, "repairing", "B01")],
        "B": [scan(20, "inspecting", "B01"), scan(30, "repairing", "B01"), scan(50, "ready")],
    }
    repaired = repair(site)
    assert tell(repaired["A"]) == [
        (0, 20, "awaiting_parts", "B01", None),
        (20, 60, "awaiting_parts", None, Rule.BAY_TAKEN),
        (60, None, "repairing", "B01", None),
    ]
    assert repaired["B"] == reckon_intervals(site["B"], END)


def test_a_slip_into_an_occupied_bay_drives_nobody_out() -> None:
    site = {
        "A": [scan(0, "repairing", "B01"), scan(90, "ready")],
        "B": [scan(30, "repairing", "B01", "T1"), scan(31, "repairing", "B02", "T1")],
    }
    assert repair(site)["A"] == reckon_intervals(site["A"], END)


def test_a_car_delivered_in_a_bay_drives_nobody_out() -> None:
    site = {"A": [scan(0, "repairing", "B01")], "B": [scan(30, "delivered", "B01")]}
    assert repair(site) == {order: reckon_intervals(scans, END) for order, scans in site.items()}


def test_cars_that_change_places_in_the_same_instant_share_no_bay() -> None:
    moves: list[Callable[[str], Scan]] = [
        lambda bay: scan(0, "inspecting", bay),
        lambda bay: scan(30, "repairing", {"B01": "B02", "B02": "B01"}[bay]),
    ]
    site = {order: [move(bay) for move in moves] for order, bay in (("A", "B01"), ("B", "B02"))}
    assert repair(site) == {order: reckon_intervals(scans, END) for order, scans in site.items()}
