"""Bottlenecks by the day: their parts add up to those of the period, and the page says what they are."""

from datetime import timedelta

import pytest

from dashboard.figures.analytics.bottleneck import draw_bottlenecks, draw_evidence
from dashboard.pages.analytics.filter import Asked
from models.analytics.bottleneck.days import Bottlenecks, find_bottlenecks
from models.analytics.bottleneck.periods import Kind, measure_queues
from models.analytics.open_clock import OpenClock
from models.domain.intervals import IntervalRow
from models.queries.analytics.bottleneck import read_intervals, read_labour
from tests.fixtures.history import History
from tests.rig.asking import ask
from tests.rig.components import plain, read_words


@pytest.fixture
def found(history: History, history_url: str) -> tuple[Bottlenecks, list[IntervalRow]]:
    [site] = history.workshop.sites
    begin = history.begins_at + timedelta(days=7)
    span = site.key, begin, history.ends_at
    intervals = ask(history_url, lambda each: read_intervals(each, *span))
    labour = ask(history_url, lambda each: read_labour(each, *span))
    stages = history.workshop.stages
    return find_bottlenecks(intervals, labour, stages, site.hours, site.zone, *span[1:]), intervals


def test_waiting_of_the_days_adds_up_to_that_of_the_period(
    found: tuple[Bottlenecks, list[IntervalRow]], history: History
) -> None:
    bottlenecks, intervals = found
    [site] = history.workshop.sites
    begin = history.begins_at + timedelta(days=7)
    clock = OpenClock(site.hours, begin - timedelta(days=31), 60)
    whole = measure_queues(intervals, history.workshop.stages, clock, begin, history.ends_at)
    assert {queue.stage: queue.waiting_seconds for queue in bottlenecks.queues} == pytest.approx(
        {queue.stage: queue.waiting_seconds for queue in whole}, abs=1
    )
    assert [queue.stage for queue in bottlenecks.queues] == [queue.stage for queue in whole]
    assert len(bottlenecks.days) == 7


def test_shares_of_a_kind_are_at_most_all_of_the_time(found: tuple[Bottlenecks, list[IntervalRow]]) -> None:
    bottlenecks, _ = found
    assert set(bottlenecks.shares) == set(Kind)
    for shares in bottlenecks.shares.values():
        assert 0 < sum(share.sole + share.shifting for share in shares) <= 1 + 1e-9
    for day in bottlenecks.days:
        assert all(share.sole + share.shifting <= 1 + 1e-9 for share in day.active.values())


def test_the_page_says_what_both_methods_find(
    found: tuple[Bottlenecks, list[IntervalRow]], history: History
) -> None:
    bottlenecks, _ = found
    [site] = history.workshop.sites
    words = read_words(draw_evidence(bottlenecks, site.zone, history.workshop, "en"))
    longest = bottlenecks.shares[Kind.BAY][0].key
    assert f"{longest}: the longest active for" in words
    assert "car-hours of waiting" in words
    assert ("Both methods name the same stage" in words) is bool(bottlenecks.agrees)
    drawn = draw_bottlenecks(bottlenecks, site.zone, "", history.workshop, "zh", Asked().link)
    assert f"/analytics/orders?bay={longest}" in str(plain(drawn))


def test_a_shop_where_nothing_waits_has_no_bottleneck(history: History) -> None:
    [site] = history.workshop.sites
    span = history.begins_at, history.begins_at + timedelta(days=1)
    nothing = find_bottlenecks([], [], history.workshop.stages, site.hours, site.zone, *span)
    assert nothing.agrees is None
    assert nothing.days == []
    words = read_words(draw_evidence(nothing, site.zone, history.workshop, "en"))
    assert words.endswith("there was no bottleneck.")
