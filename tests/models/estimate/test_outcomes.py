"""How estimates turned out: sums with known answers, bands, verdicts, and nothing of the future in them."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.rows import class_row

from bayboard.parts.estimates import refresh_sites
from config.opening import OpeningHours
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from models.analytics.estimate.calibration import Judged, calibrate, judge_walking
from models.analytics.estimate.outcomes import (
    BINS,
    GOALS,
    Outcomes,
    Reached,
    Share,
    Verdict,
    count_share,
    list_reliability,
    list_risks,
)
from models.analytics.estimate.visits import PastInterval
from models.analytics.selection import Selection
from models.queries.estimate.calibration import read_learning, read_outcomes, read_reliability
from tests.fixtures.history import DAYS, FIRST_DAY, History

STAGES = load_workshop(DEFAULT_WORKSHOP_FILE).stages
UTC = ZoneInfo("UTC")
ALWAYS = OpeningHours([], UTC)
BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
LEARNED = [BEGIN + timedelta(days=12), BEGIN + timedelta(days=14)]
END = BEGIN + timedelta(days=16)


def test_wilsons_band_of_a_published_example() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263, and 0 of 20.
    share = count_share(81, 263)
    assert share
    assert (share.low, share.high) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    none = count_share(0, 20)
    assert none
    assert (none.low, none.high) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert count_share(0, 0) is None


@given(count=st.integers(1, 5000), share=st.floats(0, 1))
def test_a_share_lies_within_its_band_and_the_band_within_all_and_nothing(count: int, share: float) -> None:
    found = count_share(round(share * count), count)
    assert found
    assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize(
    ("hits", "count", "verdict"),
    [
        (500, 1000, Verdict.MET),
        (570, 1000, Verdict.UNSURE),
        (650, 1000, Verdict.MISSED),
        (6, 9, Verdict.UNSURE),
    ],
)
def test_a_goal_is_missed_only_where_there_is_enough_to_say_so(
    hits: int, count: int, verdict: Verdict
) -> None:
    share = count_share(hits, count)
    assert share
    assert share.judge(GOALS[50]) is verdict


def test_errors_are_set_beside_those_of_the_same_orders() -> None:
    sums = Outcomes("received", None, None, 10, 5, 8, 6000, 12000, 4, 1000, 4000)
    assert sums.mean_error_seconds == 600
    assert sums.median_gain == 0.5
    assert sums.mean_promise_error_seconds == 1000
    assert sums.promise_gain == 0.75
    nothing = Outcomes("received", None, None, 0, 0, 0, 0, 0, 0, 0, 0)
    assert (nothing.mean_error_seconds, nothing.median_gain, nothing.cover(50)) == (None, None, None)


def test_what_came_as_often_as_was_said_lies_on_the_diagonal() -> None:
    bins = [Reached("received", "reached", number, 10, 0.0, 0) for number in range(BINS)]
    points = list_reliability([*bins, Reached("repairing", "reached", 0, 99, 0.0, 0)], "received")
    assert [point.said for point in points] == pytest.approx([n / BINS for n in range(1, BINS)])
    assert [point.came.value for point in points] == pytest.approx([point.said for point in points])
    assert list_reliability([], "received") == []


def test_a_risk_is_set_beside_the_share_that_was_late() -> None:
    bins = [
        Reached("received", "risk", 3, 100, 17.0, 25),
        Reached("received", "risk", 0, 200, 4.0, 2),
        Reached("received", "risk", 9, 19, 9.0, 9),
    ]
    points = list_risks(bins, "received")
    assert [(point.said, point.came.value) for point in points] == [(0.02, 0.01), (0.17, 0.25)]


def _play(seed: int) -> list[PastInterval]:
    """Let 25 cars a day be received and repaired, each for as long as chance wills."""
    chance, rows = Random(seed), []
    for number in range(400):
        came = BEGIN + timedelta(minutes=number * 58)
        begun = came + timedelta(minutes=chance.lognormvariate(4, 0.6))
        ready = begun + timedelta(minutes=chance.lognormvariate(5, 0.4))
        order = f"RO-{number:03d}"
        rows += [
            PastInterval(order, "repair", "received", None, came, begun),
            PastInterval(order, "repair", "repairing", "B01", begun, ready),
            PastInterval(order, "repair", "ready", None, ready, None),
        ]
    return rows


def _judge(rows: list[PastInterval]) -> list[Judged]:
    promises = {
        row.work_order: row.entered_at + timedelta(hours=4) for row in rows if row.stage == "received"
    }
    return judge_walking(rows, promises, LEARNED, END, STAGES, ALWAYS)


@pytest.fixture(scope="module")
def walked() -> list[Judged]:
    return _judge(_play(1))


def test_each_order_is_judged_once_a_stage_by_what_was_learned_before(walked: list[Judged]) -> None:
    assert len(walked) > 100
    assert max(Counter((one.work_order, one.stage) for one in walked).values()) == 1
    assert min(one.ready_at for one in walked) > LEARNED[0]
    assert max(one.ready_at for one in walked) < END


@pytest.mark.parametrize("seed", range(2))
def test_whatever_comes_later_changes_nothing_that_was_judged_before(walked: list[Judged], seed: int) -> None:
    rows, chance = _play(1), Random(seed)
    later = [row for row in rows if row.entered_at > LEARNED[1]]
    lasted = [row.left_at - row.entered_at for row in later if row.left_at]
    chance.shuffle(lasted)
    told = iter(lasted)
    changed = [
        replace(row, job_type=chance.choice(["repair", "body"]), left_at=row.entered_at + next(told))
        if row.entered_at > LEARNED[1] and row.left_at
        else row
        for row in rows
    ]
    before = [one for one in walked if one.ready_at <= LEARNED[1]]
    assert before
    assert [one for one in _judge(changed) if one.ready_at <= LEARNED[1]] == before


def test_shares_that_were_reached_spread_evenly_and_agree_with_the_percentiles(walked: list[Judged]) -> None:
    for one in walked:
        # A car that is ready within the second of its P50 may fall on either side of it.
        if abs((one.ready_at - one.p50_at).total_seconds()) > 1:
            assert (one.ready_at <= one.p50_at) == (one.reached <= 0.5)
    quarters = Counter(min(3, int(one.reached * 4)) for one in walked)
    assert all(count > len(walked) * 0.15 for count in quarters.values())


def test_the_risk_is_the_share_of_the_past_beyond_the_promise(walked: list[Judged]) -> None:
    for one in walked:
        assert one.risk is not None
        assert one.promise_error_seconds is not None
        if abs(one.promise_error_seconds) > 1:
            assert (one.promise_error_seconds > 0) == (one.reached > 1 - one.risk) or one.reached in {0, 1}


def _share(hits: int, judged: list[Judged]) -> Share | None:
    return count_share(hits, len(judged))


def test_the_database_adds_up_what_python_does(history: History, history_url: str) -> None:
    refresh_sites(history_url, history.workshop, history.workshop.sites, history.ends_at)
    zones = {site.key: site.zone for site in history.workshop.sites}
    with psycopg.connect(history_url, row_factory=class_row(Judged)) as connection:
        columns = ", ".join(Judged.__slots__)
        judged = connection.execute(f"select {columns} from ready_estimate").fetchall()

    async def read() -> None:
        async with await psycopg.AsyncConnection.connect(history_url) as connection:
            whole = Selection((history.site,), FIRST_DAY, FIRST_DAY + timedelta(DAYS + 1))
            outcomes = await read_outcomes(connection, whole, zones)
            bins = await read_reliability(connection, whole, zones)
            [learning] = await read_learning(connection, (history.site, "elsewhere"))
            repairs = await read_outcomes(connection, replace(whole, job_types=("repair",)), zones)
            early = await read_outcomes(connection, replace(whole, until=FIRST_DAY + timedelta(2)), zones)
        assert [each.stage for each in outcomes["all"]] == ["received", "repairing"]
        for each in outcomes["all"]:
            mine = [one for one in judged if one.stage == each.stage]
            expected = calibrate(mine)
            assert expected
            assert (each.orders, each.promised) == (len(mine), len(mine))
            assert each.by_p50 / each.orders == expected.ready_before_p50
            assert each.by_p80 / each.orders == expected.ready_before_p80
            assert each.mean_error_seconds == pytest.approx(expected.error_seconds)
            assert each.mean_promise_error_seconds == pytest.approx(expected.promise_error_seconds)
            assert each.median_gain == pytest.approx(expected.median_gain)
            split = [part for part in outcomes["job"] if part.stage == each.stage]
            assert sum(part.orders for part in split) == each.orders
            points = list_reliability(bins, each.stage)
            assert points[BINS // 2 - 1].came == _share(sum(one.reached < 0.5 for one in mine), mine)
        assert {each.week for each in outcomes["week"]} <= {
            date(2026, 6, 1),
            date(2026, 6, 8),
            date(2026, 6, 15),
        }
        assert sum(each.orders for each in outcomes["week"]) == len(judged)
        assert {each.job_type for each in repairs["job"]} == {"repair"}
        assert early["all"] == []
        assert (learning.site, learning.until) == (history.site, history.ends_at)

    asyncio.run(read())


def test_points_of_a_reliability_diagram_only_rise() -> None:
    chance = Random(3)
    bins = [Reached("x", "reached", number, chance.randrange(50), 0.0, 0) for number in range(BINS)]
    values = [point.came.value for point in list_reliability(bins, "x")]
    assert all(low <= high for low, high in pairwise(values))
