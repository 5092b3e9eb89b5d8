"""What the analytics queries answer equals the figures' own definitions over the same events."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import groupby, pairwise
from math import isclose
from typing import TypedDict

import psycopg
import pytest

from models.analytics.bins import place_bin
from models.analytics.flow import check_little, count_flow
from models.analytics.kpis import (
    LabourRow,
    OrderRow,
    find_touch,
    find_usual_age,
    list_carry_over,
    measure_order,
    rate_first_time_fix,
    rate_on_time,
)
from models.analytics.overview import FIGURES, Overview
from models.analytics.people import guess_attendance, measure_bays, measure_technicians
from models.analytics.selection import Selection
from models.analytics.spans import join
from models.domain.intervals import IntervalRow
from models.queries.analytics.bottleneck import read_intervals, read_jobs, read_labour
from models.queries.analytics.flow import read_cars_here, read_flow, read_usual_ages
from models.queries.analytics.orders import (
    MOST_ORDERS,
    OrderCondition,
    VisitCondition,
    list_orders,
    list_visits,
)
from models.queries.analytics.overview import Connection, prepare, read_names, read_overview
from models.queries.analytics.people import read_bays, read_technicians
from models.queries.analytics.stages import read_stage_bins, read_stage_heat, read_stage_trend
from tests.fixtures.history import FIRST_DAY, History
from tests.rig.asking import ask
from tests.rig.told_rows import read_all_intervals, read_all_labour

SECOND_WEEK = date(2026, 6, 8)
END = date(2026, 6, 15)


class Filters(TypedDict, total=False):
    job_types: tuple[str, ...]
    bays: tuple[str, ...]
    technicians: tuple[str, ...]


FILTERS: dict[str, Filters] = {
    "a week": {},
    "a job type": {"job_types": ("repair",)},
    "two bays": {"bays": ("B04", "B07")},
    "a technician": {"technicians": ("T003",)},
}


@dataclass(frozen=True, slots=True)
class Told:
    """The rows of the history's events, as the definitions want them."""

    history: History
    orders: Mapping[str, OrderRow]
    intervals: Mapping[str, Sequence[IntervalRow]]
    labour: Sequence[LabourRow]
    sold_hours: Mapping[tuple[str, str], float]

    def day_of(self, at: datetime) -> date:
        return at.astimezone(self.history.workshop.sites[0].zone).date()

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.history.workshop.sites[0].zone)

    def choose(self, selection: Selection) -> list[OrderRow]:
        """Return the orders closed in a selection, by plain loops."""
        return [
            order
            for order in self.orders.values()
            if order.closed_at
            and selection.since <= self.day_of(order.closed_at) < selection.until
            and (not selection.job_types or order.job_type in selection.job_types)
            and any(
                (not selection.bays or row.bay in selection.bays)
                and (not selection.technicians or row.technician in selection.technicians)
                for row in self.intervals[order.work_order]
            )
        ]


@pytest.fixture
def told(history: History, history_url: str) -> Told:
    with psycopg.connect(history_url) as connection:
        return Told(
            history,
            {order.work_order: order for order in _read_orders(connection)},
            read_all_intervals(connection),
            read_all_labour(connection),
            {
                (order, job): hours
                for order, job, hours in connection.execute(
                    "select work_order, job, sum(hours) from work_order_line group by 1, 2"
                )
            },
        )


def _read_orders(connection: psycopg.Connection) -> list[OrderRow]:
    rows = connection.execute(
        "select work_order, job_type, vin, opened_at, closed_at,"
        " (select max(entered_at) from stage_interval where stage = 'ready' and"
        "  stage_interval.work_order = work_order.work_order), first_promised_at, promised_at,"
        " coalesce((select sum(hours) from work_order_line as line"
        "  where line.work_order = work_order.work_order), 0),"
        " (select coalesce(array_agg(operation), '{}') from work_order_line as line"
        "  where line.work_order = work_order.work_order)"
        " from work_order where not cancelled"
    ).fetchall()
    return [replace(OrderRow(*row[:9]), operations=frozenset(row[9])) for row in rows]


def select(
    told: Told, since: date = SECOND_WEEK, until: date = END, filters: Filters | None = None
) -> Selection:
    return Selection((told.history.site,), since, until, **(filters or {}))


def read(told: Told, url: str, selection: Selection) -> Overview:
    bays = {site.key: len(site.bays) for site in told.history.workshop.sites}
    return ask(url, lambda connection: read_overview(connection, selection, bays, told.history.ends_at))


def reckon(told: Told, selection: Selection) -> dict[str, float | None]:
    """Reckon the figures of orders by the definitions of `models.analytics.kpis`."""
    [site] = told.history.workshop.sites
    stages = {stage.key: stage for stage in told.history.workshop.stages}
    chosen = told.choose(selection)
    labour: defaultdict[str, list[LabourRow]] = defaultdict(list)
    for row in told.labour:
        labour[row.work_order].append(row)
    figures = [
        measure_order(order, told.intervals[order.work_order], labour[order.work_order], stages, site.hours)
        for order in chosen
    ]
    cycle = sum(each.cycle_seconds for each in figures)
    touch = sum(each.touch_seconds for each in figures)
    comebacks = 1 - (rate_first_time_fix(list(told.orders.values())) or 0)
    assert comebacks > 0, "the history has cars that came back"
    return {
        "cycle": cycle / len(figures),
        "open_cycle": sum(each.open_cycle_seconds for each in figures) / len(figures),
        "touch": touch / len(figures),
        "wait": sum(sum(each.wait_seconds.values()) for each in figures) / len(figures),
        "flow_efficiency": touch / cycle,
        "throughput": len(figures) / selection.days,
        "on_time": rate_on_time(figures),
        "hours_per_order": sum(order.sold_hours for order in chosen) / len(chosen),
    }


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
def test_figures_of_orders_equal_their_definitions(told: Told, history_url: str, filters: Filters) -> None:
    selection = select(told, filters=filters)
    overview = read(told, history_url, selection)
    expected = reckon(told, selection)
    assert {name: FIGURES[name](overview.now) for name in expected} == pytest.approx(expected, rel=1e-9)
    before = reckon(told, select(told, FIRST_DAY, SECOND_WEEK, filters))
    assert {name: FIGURES[name](overview.before) for name in before} == pytest.approx(before, rel=1e-9)


def test_touch_and_waits_add_up_to_the_cycle_and_buckets_to_the_period(told: Told, history_url: str) -> None:
    overview = read(told, history_url, select(told))
    now = overview.now
    assert now.touch_seconds + sum(now.wait_seconds.values()) == pytest.approx(now.cycle_seconds)
    assert sum(sums.orders for sums in overview.trend.values()) == now.orders
    assert sum(sums.days for sums in overview.trend.values()) == now.days == 7
    assert [*overview.trend] == [SECOND_WEEK + timedelta(days=n) for n in range(7)]


def test_first_time_fix_counts_each_car_that_came_back(told: Told, history_url: str) -> None:
    # Of the whole history: who comes back within 30 days is in it or has not come yet.
    whole = select(told, FIRST_DAY, END)
    overview = read(told, history_url, whole)
    assert FIGURES["first_time_fix"](overview.now) == pytest.approx(
        rate_first_time_fix(list(told.orders.values()))
    )


def test_figures_of_people_and_bays_equal_their_definitions(told: Told, history_url: str) -> None:
    [site] = told.history.workshop.sites
    selection = select(told)
    begin, end = told.midnight(SECOND_WEEK), told.midnight(END)
    days = {
        str(day): (told.midnight(day), told.midnight(day + timedelta(days=1)))
        for day in (SECOND_WEEK + timedelta(days=n) for n in range(7))
    }
    labour = [row for row in told.labour if begin <= row.ended_at < end]
    people = measure_technicians(labour, {}, guess_attendance(labour, days))
    read_people = [each for _, each in ask(history_url, lambda each: read_technicians(each, selection))]
    assert [each.technician for each in read_people] == [each.technician for each in people]
    for found, expected in zip(read_people, people, strict=True):
        assert found.clocked_seconds == pytest.approx(expected.clocked_seconds)
        assert found.attended_seconds == pytest.approx(expected.attended_seconds)
    stages = {stage.key: stage for stage in told.history.workshop.stages}
    touched = _find_touched(told, stages)
    opening = list(site.hours.spans_between(begin, end))
    bays = measure_bays(
        [bay.key for bay in site.bays],
        [row for rows in told.intervals.values() for row in rows],
        touched,
        opening,
        end,
    )
    read_them = {
        each.bay: each
        for _, each in ask(history_url, lambda each: read_bays(each, selection, told.history.ends_at))
    }
    for expected_bay in bays:
        bay = read_them[expected_bay.bay]
        assert bay.utilisation == pytest.approx(expected_bay.utilisation)
        assert bay.idle_share == pytest.approx(expected_bay.idle_share)
    overview = read(told, history_url, selection)
    assert overview.now.bay_occupied_seconds == pytest.approx(sum(bay.occupied_seconds for bay in bays))
    assert overview.now.bay_open_seconds == pytest.approx(sum(bay.open_seconds for bay in bays))
    assert overview.now.attended_seconds == pytest.approx(sum(each.attended_seconds for each in people))


def _find_touched(told: Told, stages: Mapping[str, object]) -> dict[str, list[tuple[datetime, datetime]]]:
    worked: defaultdict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in told.labour:
        worked[row.work_order].append(row.span)
    kinds = {stage.key: stage.kind for stage in told.history.workshop.stages}
    assert set(kinds) == set(stages)
    return {
        order: join(
            span
            for row in rows
            for span in find_touch(row, told.history.ends_at, kinds[row.stage], join(worked[order]))
        )
        for order, rows in told.intervals.items()
    }


def test_hours_sold_go_to_those_who_clocked(told: Told, history_url: str) -> None:
    # Of the whole history, since jobs over midnight are shared among days.
    whole = ask(history_url, lambda each: read_technicians(each, select(told, FIRST_DAY, END)))
    people = measure_technicians(told.labour, told.sold_hours, {})
    assert {each.technician: each.sold_seconds for _, each in whole} == pytest.approx(
        {each.technician: each.sold_seconds for each in people}
    )


def test_little_and_carry_over_equal_their_definitions(told: Told, history_url: str) -> None:
    [site] = told.history.workshop.sites
    overview = read(told, history_url, select(told))
    little = check_little(list(told.orders.values()), told.midnight(SECOND_WEEK), told.midnight(END))
    assert overview.little is not None
    assert overview.little.work_in_progress == pytest.approx(little.work_in_progress)
    assert overview.little.cycle_hours == pytest.approx(little.cycle_hours)
    assert (overview.little.arrived, overview.little.departed) == (little.arrived, little.departed)
    carried = {}
    for day in (SECOND_WEEK + timedelta(days=n) for n in range(7)):
        closing = site.hours.spans_on(day)[-1][1]
        carried[day] = len(list_carry_over(told.orders.values(), closing))
    assert sum(carried.values()) > 0
    assert {day: sums.carried_over for day, sums in overview.trend.items()} == carried
    assert overview.now.carried_over == carried[END - timedelta(days=1)]


def _list_visits(told: Told) -> list[tuple[IntervalRow, float]]:
    visits = []
    for rows in told.intervals.values():
        for _, found in groupby(rows, key=lambda row: row.stage):
            stay = list(found)
            if (left_at := stay[-1].left_at) and stay[0].stage != "delivered":
                visits.append((stay[0], (left_at - stay[0].entered_at).total_seconds()))
    return visits


def test_bins_of_days_and_of_whole_months_count_the_same_visits(told: Told, history_url: str) -> None:
    of_month = ask(history_url, lambda each: read_stage_bins(each, select(told, FIRST_DAY, date(2026, 7, 1))))
    of_days = ask(history_url, lambda each: read_stage_bins(each, select(told, FIRST_DAY, date(2026, 6, 30))))
    expected = Counter((row.stage, place_bin(seconds)) for row, seconds in _list_visits(told))
    for bins in (of_month, of_days):
        counted: Counter[tuple[str, int]] = Counter()
        for each in bins:
            counted[each.stage, each.bin] += each.visits
        assert counted == expected


def test_the_visits_behind_a_bar_and_a_cell_are_as_many_as_they_count(told: Told, history_url: str) -> None:
    selection = select(told, filters={"bays": ("B04",)})
    bins = ask(history_url, lambda each: read_stage_bins(each, selection))
    [bar, *_] = sorted((each for each in bins if each.stage == "repairing"), key=lambda each: -each.visits)
    of_bin = sum(each.visits for each in bins if (each.stage, each.bin) == (bar.stage, bar.bin))
    length = VisitCondition("repairing", least=1.1**bar.bin, most_seconds=1.1 ** (bar.bin + 1))
    assert len(ask(history_url, lambda each: list_visits(each, selection, length))) == of_bin
    whole = select(told)
    heat = ask(history_url, lambda each: read_stage_heat(each, whole, "washing"))
    cell = max(heat, key=lambda each: each.visits)
    begun = VisitCondition("washing", hour=cell.hour, weekday=cell.weekday)
    visits = ask(history_url, lambda each: list_visits(each, whole, begun))
    assert len(visits) == visits[0].orders == cell.visits
    assert [visit.asked_seconds for visit in visits] == sorted(
        (visit.asked_seconds for visit in visits), reverse=True
    )


def test_of_many_visits_the_longest_are_listed_and_all_are_counted(told: Told, history_url: str) -> None:
    whole = select(told, FIRST_DAY, END)
    listed = ask(history_url, lambda each: list_visits(each, whole, VisitCondition("repairing")))
    lasted = sorted(
        (seconds for row, seconds in _list_visits(told) if row.stage == "repairing"), reverse=True
    )
    assert len(listed) == MOST_ORDERS < len(lasted) == listed[0].orders
    assert [visit.asked_seconds for visit in listed] == pytest.approx(lasted[:MOST_ORDERS])


@pytest.mark.parametrize("filters", [{}, {"bays": ("B04", "B07")}], ids=["all", "two bays"])
def test_a_trend_is_of_geometric_means(told: Told, history_url: str, filters: Filters) -> None:
    trend = ask(history_url, lambda each: read_stage_trend(each, select(told, filters=filters), "repairing"))
    assert len(trend) == 7
    assert sum(point.visits for point in trend) > 0
    if not filters:
        logs: defaultdict[date, float] = defaultdict(lambda: 1.0)
        counts: Counter[date] = Counter()
        for row, seconds in _list_visits(told):
            if row.stage == "repairing" and told.day_of(row.entered_at) >= SECOND_WEEK:
                counts[told.day_of(row.entered_at)] += 1
                logs[told.day_of(row.entered_at)] *= max(seconds, 1) ** 0.01
        for point in trend:
            assert counts[point.bucket] == point.visits
            assert isclose(logs[point.bucket] ** (100 / point.visits), point.mean_seconds, rel_tol=1e-6)


def test_orders_behind_a_figure_are_those_it_counts(told: Told, history_url: str) -> None:
    selection = select(told)
    now = read(told, history_url, selection).now
    late = ask(history_url, lambda each: list_orders(each, selection, OrderCondition(late=True)))
    assert len(late) == now.promised - now.on_time > 0
    assert all(order.on_time is False for order in late)
    waited = ask(history_url, lambda each: list_orders(each, selection, OrderCondition(cause="parts")))
    assert sum(order.asked_seconds for order in waited) == pytest.approx(now.wait_seconds["parts"])
    back = ask(history_url, lambda each: list_orders(each, selection, OrderCondition(came_back=True)))
    assert len(back) == now.came_back


def test_the_flow_counts_what_has_reached_each_stage(told: Told, history_url: str) -> None:
    flow = [stage.key for stage in told.history.workshop.stages]
    [site] = told.history.workshop.sites
    now = told.history.ends_at.astimezone(site.zone)
    hours, counts = ask(history_url, lambda each: read_flow(each, select(told), flow, now))
    begin = told.midnight(SECOND_WEEK)
    gone = {order.work_order for order in told.orders.values() if order.closed_at and order.closed_at < begin}
    rows = [
        row
        for order, rows in told.intervals.items()
        if order not in gone and order in told.orders
        for row in rows
    ]
    ends = [
        (hour + timedelta(hours=1)).replace(tzinfo=site.zone) - timedelta(milliseconds=1) for hour in hours
    ]
    expected = count_flow(rows, flow, ends)
    assert {stage: counts[stage][:-1] for stage in flow} == {stage: expected[stage][:-1] for stage in flow}
    for earlier, later in pairwise(flow):
        assert all(here >= behind for here, behind in zip(counts[earlier], counts[later], strict=True))


def test_usual_ages_and_cars_here_equal_their_definitions(told: Told, history_url: str) -> None:
    selection = select(told, FIRST_DAY, END)
    usual = ask(history_url, lambda each: read_usual_ages(each, selection))
    for job_type, seconds in usual.items():
        cycles = [
            (order.closed_at - order.opened_at).total_seconds()
            for order in told.orders.values()
            if order.closed_at and order.job_type == job_type
        ]
        assert seconds == pytest.approx(find_usual_age(cycles))
    cars = ask(history_url, lambda each: read_cars_here(each, selection))
    assert {car.work_order for car in cars} == {
        order.work_order for order in told.orders.values() if order.closed_at is None
    }


def test_events_of_a_period_are_read_whole(told: Told, history_url: str) -> None:
    begin, end = told.midnight(SECOND_WEEK), told.midnight(date(2026, 6, 10))
    site = told.history.site
    intervals = ask(history_url, lambda each: read_intervals(each, site, begin, end))
    expected = [
        row
        for rows in told.intervals.values()
        for row in rows
        if row.entered_at < end and (row.left_at is None or row.left_at > begin)
    ]
    assert sorted(intervals, key=repr) == sorted(expected, key=repr)
    labour = ask(history_url, lambda each: read_labour(each, site, begin, end))
    clocked = [row for row in told.labour if row.began_at < end and row.ended_at > begin]
    assert len(labour) == len(clocked)
    jobs = ask(history_url, lambda each: read_jobs(each, site, told.history.begins_at, told.history.ends_at))
    bays = defaultdict(set)
    for row in told.labour:
        bays[row.work_order, row.job].add(row.bay)
    in_one = {key for key, found in bays.items() if len(found) == 1}
    expected_seconds = sum(
        (row.ended_at - row.began_at).total_seconds()
        for row in told.labour
        if (row.work_order, row.job) in in_one
    )
    assert sum(job.seconds for job in jobs) == pytest.approx(expected_seconds)
    assert {job.crew for job in jobs} >= {1, 2}


def test_names_to_choose_from_are_those_that_were_there(told: Told, history_url: str) -> None:
    job_types, technicians = ask(history_url, lambda each: read_names(each, select(told)))
    assert set(job_types) <= {order.job_type for order in told.orders.values()}
    assert technicians == sorted(
        {row.technician for row in told.labour if SECOND_WEEK <= told.day_of(row.ended_at) < END}
    )


@pytest.mark.parametrize(("others", "seen"), [(0, True), (4, True), (5, False)])
def test_news_of_few_sites_show_at_once_and_of_many_when_they_are_settled(
    told: Told, history_url: str, others: int, seen: bool
) -> None:
    sites = (told.history.site, *(f"other-{number}" for number in range(others)))

    async def read_days(connection: Connection) -> list[tuple[date]]:
        await prepare(connection, Selection(sites, SECOND_WEEK, END))
        async with connection.transaction(force_rollback=True):
            noon = told.midnight(SECOND_WEEK) + timedelta(hours=12)
            await connection.execute(
                "insert into rollup_dirty (site, since, until) values (%s, %s, %s)", (sites[0], noon, noon)
            )
            return await (await connection.execute("select day from dirty_day")).fetchall()

    assert (SECOND_WEEK in {day for (day,) in ask(history_url, read_days)}) is seen


def test_a_site_of_others_and_a_day_without_anything_give_nothing(told: Told, history_url: str) -> None:
    for selection in (
        Selection(("elsewhere",), SECOND_WEEK, END),
        select(told, date(2020, 1, 1), date(2020, 1, 8)),
    ):
        now = read(told, history_url, selection).now
        assert (now.orders, now.cycle_seconds, now.clocked_seconds) == (0, 0, 0)
        assert all(FIGURES[name](now) is None for name in FIGURES if name not in {"throughput", "carry_over"})
        assert ask(history_url, partial(read_stage_bins, selection=selection)) == []
    assert told.history.ends_at.tzinfo is UTC
