"""Rollups: what they say equals what is reckoned by hand, settled or not, whatever comes when."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from math import floor
from typing import Literal, LiteralString
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayboard.backfill.story import Plan
from bayboard.backfill.write import write_history
from bayboard.parts.ingest import make_rules
from config.settings import DEFAULT_WORKSHOP_FILE
from config.store import StoreRules
from config.workshop import find_ready_stage, load_workshop
from ingest.message import ReceivedMessage
from ingest.steps.batch import sort_messages
from ingest.store.write import prepare_connection, write_batch
from models.analytics.bins import LARGEST_ERROR, find_percentile, place_bin
from models.analytics.kpis import LabourRow, OrderRow, measure_order
from models.contract.payloads import (
    JobLine,
    LabourScan,
    Message,
    Odometer,
    OdometerReading,
    StageScan,
    Vehicle,
    WorkOrderChange,
    encode,
)
from models.contract.topics import Kind, Source, Topic
from models.database.engine import connect_database
from models.domain.intervals import IntervalRow
from models.migrations.run import migrate
from models.prune import prune_store
from models.rollups.marks import mark_site
from models.rollups.mileage import aggregate_history
from models.rollups.settle import Settled, refresh_rollups
from models.rollups.views import ROLLUPS
from tests.rig.told_rows import read_all_intervals, read_all_labour

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
# Some orders here are older than what a message may be when it comes.
RULES = replace(make_rules(WORKSHOP), oldest_event=timedelta(days=36500))
[SITE] = WORKSHOP.sites
STAGES = {stage.key: stage for stage in WORKSHOP.stages}
# With cars that wait for parts over night.
PLAN = Plan(SITE, 3, "short-of-parts", average=True, first_day=date(2026, 6, 5), days=3)
NOW = datetime(2026, 6, 30, tzinfo=UTC)
NOON = datetime(2026, 6, 2, 4, tzinfo=UTC)

Rows = list[tuple[object, ...]]
Told = dict[str, tuple[date, bool | None]]
Measured = dict[tuple[str, str], float]


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        prepare_connection(connection)
        yield connection


def settle(connection: psycopg.Connection, now: datetime = NOW) -> Settled:
    # As `bayboard ingest` does, which is not the owner of the tables.
    connection.execute("set role bayboard_ingest")
    try:
        return refresh_rollups(connection, WORKSHOP, now)
    finally:
        connection.execute("reset role")


def read(connection: psycopg.Connection, query: LiteralString) -> Rows:
    return sorted(connection.execute(query).fetchall(), key=str)


def read_all(connection: psycopg.Connection) -> dict[str, Rows]:
    """Read every rollup, rounded, months summed, since settled and live rows of them are merged by adding."""
    queries: dict[str, LiteralString] = {
        "stage_time": "select site, day, hour, job_type, stage, bay, technician, bin, visits,"
        " round(seconds::numeric, 3) from stage_time",
        "stage_time_month": "select site, month, job_type, stage, bin, sum(visits),"
        " round(sum(seconds)::numeric, 3) from stage_time_month"
        " group by 1, 2, 3, 4, 5 having sum(visits) <> 0",
        "stage_day": "select site, day, job_type, stage, entered, visits, round(seconds::numeric, 3),"
        " round(log_seconds::numeric, 6), round(log_seconds_squared::numeric, 6) from stage_day",
        "order_figures": "select site, work_order, day, round(touch_seconds::numeric, 3), on_time,"
        " round(open_cycle_seconds::numeric, 3), round(sold_hours::numeric, 6), came_back,"
        " round(clocked_seconds::numeric, 3) from order_figures",
        "order_day": "select site, day, job_type, orders, promised, on_time, came_back,"
        " round(cycle_seconds::numeric, 3), round(touch_seconds::numeric, 3) from order_day",
        "wait_day": "select site, day, job_type, cause, orders, round(seconds::numeric, 3) from wait_day",
        "bay_hour": "select site, day, hour, bay, round(occupied_seconds::numeric, 3),"
        " round(worked_seconds::numeric, 3), round(open_worked_seconds::numeric, 3) from bay_hour",
        "bay_day": "select site, day, bay, round(occupied_seconds::numeric, 3) from bay_day",
        "technician_day": "select site, day, technician, job_type, round(clocked_seconds::numeric, 3),"
        " round(sold_hours::numeric, 6) from technician_day",
        "labour_day": "select site, day, job_type, round(clocked_seconds::numeric, 3),"
        " round(sold_hours::numeric, 6), round(attended_seconds::numeric, 3) from labour_day",
    }
    return {rollup: read(connection, query) for rollup, query in queries.items()}


# What is reckoned by hand: plain loops over the rows of events, with the figures' own definitions.


def find_visits(intervals: Mapping[str, Sequence[IntervalRow]]) -> Iterator[list[IntervalRow]]:
    for of_order in intervals.values():
        for _, visit in groupby(of_order, key=lambda interval: interval.stage):
            yield list(visit)


def local(at: datetime) -> datetime:
    return at.astimezone(SITE.zone)


def count_bins(intervals: Mapping[str, Sequence[IntervalRow]], types: Mapping[str, str]) -> Counter[object]:
    """Count finished visits by day, hour, job type, stage and bin."""
    counted: Counter[object] = Counter()
    for visit in find_visits(intervals):
        first, last = visit[0], visit[-1]
        if last.left_at and STAGES[first.stage].kind != "end":
            seconds = (last.left_at - first.entered_at).total_seconds()
            began = local(first.entered_at)
            counted[began.date(), began.hour, types[first.work_order], first.stage, place_bin(seconds)] += 1
    return counted


def occupy_bays(intervals: Mapping[str, Sequence[IntervalRow]]) -> dict[object, float]:
    """Add up how long bays are occupied by day and hour, minute by minute where an hour is shared."""
    occupied: defaultdict[object, float] = defaultdict(float)
    for interval in (interval for of_order in intervals.values() for interval in of_order):
        at, left_at = interval.entered_at, interval.left_at
        while interval.bay and left_at and at < left_at:
            hour = local(at).replace(minute=0, second=0, microsecond=0)
            until = min(left_at, hour + timedelta(hours=1))
            occupied[hour.date(), hour.hour, interval.bay] += (until - at).total_seconds()
            at = until
    return occupied


def measure_orders(connection: psycopg.Connection) -> tuple[Told, Measured]:
    """Say of each closed order its day and whether it was on time; and its figures."""
    intervals = read_all_intervals(connection)
    labour: defaultdict[str, list[LabourRow]] = defaultdict(list)
    for worked in read_all_labour(connection):
        labour[worked.work_order].append(worked)
    sold: dict[str, float] = dict(
        connection.execute("select work_order, sum(hours) from work_order_line group by 1").fetchall()
    )
    told: Told = {}
    measured: Measured = {}
    for order, job_type, vin, opened_at, closed_at, first_promised_at in connection.execute(
        "select work_order, job_type, vin, opened_at, closed_at, first_promised_at"
        " from work_order where closed_at is not null and not cancelled"
    ):
        of_order = intervals[order]
        ready = [visit[0].entered_at for visit in find_visits({order: of_order}) if visit[0].stage == "ready"]
        row = OrderRow(
            order, job_type, vin, opened_at, closed_at, ready[-1], first_promised_at, None, sold[order]
        )
        figures = measure_order(row, of_order, labour[order], STAGES, SITE.hours)
        told[order] = local(closed_at).date(), figures.on_time
        measured |= {(order, cause): seconds for cause, seconds in figures.wait_seconds.items()}
        measured[order, "=cycle"] = figures.cycle_seconds
        measured[order, "=opened"] = figures.open_cycle_seconds
        measured[order, "=touch"] = figures.touch_seconds
        measured[order, "=sold"] = sold[order]
    return told, measured


def read_orders(connection: psycopg.Connection) -> tuple[Told, Measured]:
    told: Told = {}
    measured: Measured = {}
    for order, day, on_time, cycle, opened, touch, sold, waits in connection.execute(
        "select work_order, day, on_time, cycle_seconds, open_cycle_seconds, touch_seconds, sold_hours,"
        " wait_seconds from order_figures"
    ):
        told[order] = day, on_time
        measured |= {(order, cause): seconds for cause, seconds in waits.items()}
        measured |= {(order, "=cycle"): cycle, (order, "=opened"): opened}
        measured |= {(order, "=touch"): touch, (order, "=sold"): sold}
    return told, measured


def compare_by_hand(connection: psycopg.Connection) -> None:
    """Compare what the rollups say now with what is reckoned by hand."""
    intervals = read_all_intervals(connection)
    types: dict[str, str] = dict(connection.execute("select work_order, job_type from work_order").fetchall())
    stage_time = {
        tuple(key): visits
        for *key, visits in connection.execute(
            "select day, hour, job_type, stage, bin, sum(visits) from stage_time group by 1, 2, 3, 4, 5"
        )
    }
    assert stage_time == count_bins(intervals, types)
    assert stage_time
    (told, measured), (expected_told, expected) = read_orders(connection), measure_orders(connection)
    assert told == expected_told
    assert measured == pytest.approx(expected, abs=1e-3)
    occupied = {
        (day, hour, bay): seconds
        for day, hour, bay, seconds in connection.execute(
            "select day, hour, bay, occupied_seconds from bay_hour"
        )
    }
    assert occupied == pytest.approx(occupy_bays(intervals))
    clocked: defaultdict[object, float] = defaultdict(float)
    present: defaultdict[date, dict[str, tuple[datetime, datetime]]] = defaultdict(dict)
    for row in read_all_labour(connection):
        day = local(row.ended_at).date()
        clocked[day, row.technician] += (row.ended_at - row.began_at).total_seconds()
        began, ended = present[day].get(row.technician, row.span)
        present[day][row.technician] = (min(began, row.began_at), max(ended, row.ended_at))
    assert {
        (day, technician): seconds
        for day, technician, seconds in connection.execute(
            "select day, technician, sum(clocked_seconds) from technician_day group by 1, 2"
        )
    } == pytest.approx(clocked)
    attended: dict[date, float] = dict(
        connection.execute("select day, sum(attended_seconds) from labour_day group by day").fetchall()
    )
    assert attended == pytest.approx(
        {
            day: sum((ended - began).total_seconds() for began, ended in spans.values())
            for day, spans in present.items()
        }
    )


@pytest.mark.every_database
def test_rollups_equal_what_is_reckoned_by_hand_before_and_after_they_are_settled(
    connection: psycopg.Connection, database_url: str
) -> None:
    # Stages and opening hours are copied when something is settled; until then there is nothing to compare.
    write(connection, scan(-600, "RO-0", "received"))
    settle(connection)
    connection.execute("delete from stage_interval; delete from work_order; delete from stage_scan")
    write_history(database_url, PLAN, RULES, None, lambda _: True)
    compare_by_hand(connection)
    live = read_all(connection)
    assert settle(connection).days >= PLAN.days
    assert connection.execute("select count(*) from rollup_dirty").fetchone() == (0,)
    compare_by_hand(connection)
    assert read_all(connection) == live


def test_sums_over_bays_days_and_causes_equal_the_whole(
    connection: psycopg.Connection, database_url: str
) -> None:
    write_history(database_url, PLAN, RULES, None, lambda _: True)
    settle(connection)
    assert read(connection, "select site, stage, sum(visits) from stage_time group by 1, 2") == read(
        connection, "select site, stage, sum(visits) from stage_time_month group by 1, 2"
    )
    assert read(connection, "select day, stage, sum(visits) from stage_time group by 1, 2") == read(
        connection, "select day, stage, sum(visits) from stage_day where visits > 0 group by 1, 2"
    )
    by_hour: dict[str, float] = dict(
        connection.execute("select bay, sum(occupied_seconds) from bay_hour group by 1").fetchall()
    )
    by_day = connection.execute("select bay, sum(occupied_seconds) from bay_day group by 1").fetchall()
    assert by_hour == pytest.approx(dict(by_day))
    unlike = connection.execute(
        "select work_order from order_figures where abs(cycle_seconds - touch_seconds - coalesce("
        " (select sum(value::double precision) from jsonb_each_text(wait_seconds)), 0)) > 0.01"
    )
    assert unlike.fetchall() == []
    too_much = connection.execute(
        "select bay from bay_hour where occupied_seconds > 3600.001"
        " or worked_seconds > occupied_seconds + 0.001 or open_occupied_seconds > occupied_seconds + 0.001"
    )
    assert too_much.fetchall() == []
    assert connection.execute(
        "select count(*) from bay_hour where worked_seconds < occupied_seconds"
    ).fetchone()


durations = st.lists(st.floats(1, 1e6), min_size=1, max_size=60)


@given(durations, durations, st.floats(0, 1), st.floats(0, 1))
def test_percentiles_of_merged_bins_are_within_the_stated_error_and_in_order(
    here: list[float], there: list[float], share: float, other: float
) -> None:
    merged = Counter(map(place_bin, here)) + Counter(map(place_bin, there))
    known = sorted([*here, *there])
    exact = known[min(floor(share * len(known)), len(known) - 1)]
    assert find_percentile(merged, share) == pytest.approx(exact, rel=LARGEST_ERROR + 1e-9)
    low, high = (find_percentile(merged, each) for each in sorted([share, other]))
    assert low is not None
    assert high is not None
    assert low <= high


def test_nothing_has_no_percentile() -> None:
    assert find_percentile({}, 0.5) is None
    assert find_percentile({3: 0}, 0.5) is None


# Small days made by hand.


def write(connection: psycopg.Connection, *messages: ReceivedMessage) -> None:
    write_batch(connection, sort_messages(messages, RULES), RULES)


def send(source: Source, kind: Kind, message: Message, site: str) -> ReceivedMessage:
    topic = Topic(site, source, "tablet", kind)
    return ReceivedMessage(str(topic), encode(message), NOW, packet_id=1, connection=1)


def scan(minutes: float, order: str, stage: str, bay: str | None = None, site: str = "s1") -> ReceivedMessage:
    at = NOON + timedelta(minutes=minutes)
    said = StageScan(id=f"{minutes}-{order}", at=at, work_order=order, stage=stage, bay=bay)
    return send(Source.SCANNER, Kind.STAGE, said, site)


def clock(minutes: float, order: str, action: Literal["on", "off"]) -> ReceivedMessage:
    said = LabourScan(
        id=f"{minutes}-{order}-{action}",
        at=NOON + timedelta(minutes=minutes),
        work_order=order,
        job="1",
        technician="T1",
        action=action,
    )
    return send(Source.SCANNER, Kind.LABOUR, said, "s1")


def visit(order: str, minutes: float = 0, site: str = "s1") -> list[ReceivedMessage]:
    steps = (
        (0, "received", None),
        (10, "repairing", "B01"),
        (70, "ready", None),
        (90, "delivered", None),
    )
    return [scan(minutes + after, order, stage, bay, site) for after, stage, bay in steps]


@pytest.mark.every_database
def test_a_scan_that_comes_three_weeks_late_shows_at_once_and_stays(connection: psycopg.Connection) -> None:
    write(connection, *visit("RO-1"))
    settle(connection)
    write(connection, *visit("RO-2", 60 * 24 * 20))
    later = NOON + timedelta(days=21)
    settle(connection, later)
    washing: LiteralString = "select stage, bay, visits, seconds from stage_time where day = '2026-06-02'"
    assert ("repairing", "B01", 1, 3600.0) in read(connection, washing)
    write(connection, scan(40, "RO-1", "washing"))
    for _ in ("live", "settled"):
        assert {("repairing", "B01", 1, 1800.0), ("washing", None, 1, 1800.0)} <= set(
            read(connection, washing)
        )
        assert read(connection, "select sum(visits) from stage_time_month") == [(7,)]
        assert read(connection, "select sum(occupied_seconds) from bay_day where day = '2026-06-02'") == [
            (1800.0,)
        ]
        settle(connection, later)
    assert read(connection, "select sum(visits) from stage_time_month_settled") == [(7,)]


def test_clocking_that_comes_late_narrows_touch_and_counts_for_the_technician(
    connection: psycopg.Connection,
) -> None:
    write(connection, *visit("RO-1"))
    settle(connection)
    assert read(connection, "select touch_seconds from order_figures") == [(3600.0,)]
    write(connection, clock(20, "RO-1", "on"), clock(50, "RO-1", "off"))
    for _ in ("live", "settled"):
        assert read(connection, "select touch_seconds, clocked_seconds from order_figures") == [
            (1800.0, 1800.0)
        ]
        assert read(connection, "select worked_seconds, occupied_seconds from bay_day") == [(1800.0, 3600.0)]
        assert read(connection, "select technician, clocked_seconds from technician_day") == [("T1", 1800.0)]
        settle(connection)


def test_another_job_type_moves_what_was_settled(connection: psycopg.Connection) -> None:
    write(connection, *visit("RO-1"))
    settle(connection)
    said = WorkOrderChange(id="1", at=NOON, work_order="RO-1", change="updated", job_type="body")
    write(connection, send(Source.DMS, Kind.WORK_ORDER, said, "s1"))
    for _ in ("live", "settled"):
        assert read(connection, "select distinct job_type from stage_time") == [("body",)]
        assert read(
            connection,
            "select job_type, sum(visits) from stage_time_month group by 1 having sum(visits) <> 0",
        ) == [("body", 3)]
        settle(connection)


def sell(order: str, minutes: float, operation: str) -> ReceivedMessage:
    said = WorkOrderChange(
        id=order,
        at=NOON + timedelta(minutes=minutes),
        work_order=order,
        change="opened",
        vehicle=Vehicle(vin="LSVAB2BR0E1000001"),
        lines=(JobLine(job="1", operation=operation, hours=1.0),),
    )
    return send(Source.DMS, Kind.WORK_ORDER, said, "s1")


def test_a_car_that_comes_back_changes_the_day_it_was_first_delivered(connection: psycopg.Connection) -> None:
    week = 7 * 24 * 60
    write(connection, sell("RO-1", 0, "Brakes"), *visit("RO-1"))
    write(connection, sell("RO-2", week, "Oil service"), *visit("RO-2", week))
    settle(connection)
    first_day: LiteralString = "select orders, came_back from order_day where day = '2026-06-02'"
    assert read(connection, first_day) == [(1, 0)]
    write(connection, sell("RO-3", 2 * week, "Brakes"), *visit("RO-3", 2 * week))
    for _ in ("live", "settled"):
        assert read(connection, first_day) == [(1, 1)]
        assert read(connection, "select sum(came_back) from order_day") == [(1,)]
        settle(connection)


def test_hours_and_days_are_the_sites_own_where_zones_are_half_hours(connection: psycopg.Connection) -> None:
    india = WORKSHOP.model_copy(
        update={"sites": [SITE.model_copy(update={"timezone": "Asia/Kolkata", "openings": []})]}
    )
    # 18:25 UTC is 23:55 there: the visit begins before midnight and stands in the bay from 00:05 to 01:05.
    write(connection, *visit("RO-1", 14 * 60 + 25))
    refresh_rollups(connection, india, NOW)
    assert read(connection, "select day, hour, stage from stage_time") == [
        (date(2026, 6, 2), 23, "received"),
        (date(2026, 6, 3), 0, "repairing"),
        (date(2026, 6, 3), 1, "ready"),
    ]
    assert read(connection, "select day, hour, occupied_seconds from bay_hour") == [
        (date(2026, 6, 3), 0, 3300.0),
        (date(2026, 6, 3), 1, 300.0),
    ]
    settle(connection)
    # In Shanghai it is 02:25, when nobody is there.
    assert read(connection, "select distinct day from stage_time") == [(date(2026, 6, 3),)]
    assert read(connection, "select sum(occupied_seconds), sum(open_occupied_seconds) from bay_hour") == [
        (3600.0, 0.0)
    ]


def test_the_hour_that_comes_twice_holds_two(connection: psycopg.Connection) -> None:
    new_york = WORKSHOP.model_copy(
        update={"sites": [SITE.model_copy(update={"timezone": "America/New_York", "openings": []})]}
    )
    begins = datetime(2025, 11, 2, 1, tzinfo=ZoneInfo("America/New_York"))
    minutes = (begins - NOON).total_seconds() / 60
    write(connection, scan(minutes, "RO-1", "repairing", "B01"), scan(minutes + 120, "RO-1", "ready"))
    refresh_rollups(connection, new_york, NOW)
    assert read(connection, "select day, hour, occupied_seconds from bay_hour") == [
        (date(2025, 11, 2), 1, 7200.0)
    ]


def test_a_site_that_the_file_does_not_name_has_rollups_too(connection: psycopg.Connection) -> None:
    write(connection, *visit("RO-1", site="elsewhere"))
    settle(connection)
    assert read(connection, "select site, day, orders from order_day") == [("elsewhere", date(2026, 6, 2), 1)]
    assert read(connection, "select open_occupied_seconds from bay_day") == [(3600.0,)]


def test_what_is_committed_while_days_are_settled_keeps_its_mark(
    connection: psycopg.Connection, database_url: str
) -> None:
    settle(connection)
    write(connection, *visit("RO-1"))
    with psycopg.connect(database_url) as ingest:
        mark_site(ingest, "s1", NOON, NOON)
        # Settling neither waits for what is not committed, nor strikes its mark off.
        assert settle(connection) == Settled(1, 1)
        ingest.commit()
    assert settle(connection) == Settled(1, 1)
    assert settle(connection) == Settled(0, 0)


def test_a_session_may_leave_the_news_of_other_sites_for_later(connection: psycopg.Connection) -> None:
    settle(connection)
    write(connection, *visit("RO-1"), *visit("RO-1", site="elsewhere"))
    sites: LiteralString = "select site from order_day"
    assert read(connection, sites) == [("elsewhere",), ("s1",)]
    connection.execute("set bayboard.sites = 's1,s2'")
    assert read(connection, sites) == [("s1",)]
    # Settling strikes off no mark it has not seen to.
    connection.execute("reset bayboard.sites")
    settle(connection)
    connection.execute("set bayboard.sites = 's1,s2'")
    assert read(connection, sites) == [("elsewhere",), ("s1",)]


def test_many_sites_with_news_of_a_day_or_of_weeks_are_all_settled(connection: psycopg.Connection) -> None:
    settle(connection)
    for site in ("a", "b", "c"):
        write(connection, *visit("RO-1", site=site))
    mark_site(connection, "b", NOON, NOON + timedelta(days=40))
    live = read_all(connection)
    assert len(live["order_day"]) == 3
    assert settle(connection) == Settled(3, 1 + 41 + 1)
    assert read_all(connection) == live
    assert read(connection, "select site, sum(orders) from order_day_settled group by site") == [
        ("a", 1),
        ("b", 1),
        ("c", 1),
    ]
    assert settle(connection) == Settled(0, 0)


def test_sql_knows_the_ready_stage_of_the_workshop_file(connection: psycopg.Connection) -> None:
    settle(connection)
    assert connection.execute("select stage from workshop_stage where is_ready").fetchall() == [
        (find_ready_stage(WORKSHOP.stages),)
    ]


def test_one_process_settles_at_a_time(connection: psycopg.Connection, database_url: str) -> None:
    write(connection, *(message for n in range(20) for message in visit(f"RO-{n}", n)))
    done: list[Settled] = []

    def settle_too() -> None:
        with psycopg.connect(database_url, autocommit=True) as own:
            done.append(settle(own))

    threads = [threading.Thread(target=settle_too) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settle(connection)
    assert read(connection, "select sum(visits) from stage_time") == [(60,)]
    assert read(connection, "select sum(visits) from stage_time_settled") == [(60,)]


@pytest.mark.every_database
def test_mileage_outlives_the_readings(connection: psycopg.Connection, database_url: str) -> None:
    for minutes, km in ((0, 100.0), (20, 110.0), (60 * 24, 150.0)):
        said = OdometerReading(
            id=str(minutes),
            at=NOON + timedelta(minutes=minutes),
            vin="V1",
            odometer=Odometer(value=km, unit="km"),
        )
        write(connection, send(Source.TELEMATICS, Kind.ODOMETER, said, "s1"))
    settle(connection)
    mileage: LiteralString = "select vin, day, least_km, most_km, readings from mileage_day"
    known = [
        ("V1", date(2026, 6, 2), 100.0, 110.0, 2),
        ("V1", date(2026, 6, 3), 150.0, 150.0, 1),
    ]
    assert read(connection, mileage) == known
    engine = connect_database(database_url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as pruning:
        prune_store(pruning, StoreRules(), NOON + timedelta(days=1200))
        aggregate_history(pruning, NOW)
    engine.dispose()
    # The Community edition drops them by its own clock; whoever does it, they are gone.
    connection.execute("delete from odometer_reading")
    assert read(connection, mileage) == known


@pytest.mark.every_database
def test_migrating_again_keeps_every_view(connection: psycopg.Connection, database_url: str) -> None:
    views: LiteralString = "select oid, relname from pg_class where relkind = 'v' and relname = any(%s)"
    before = connection.execute(views, (list(ROLLUPS),)).fetchall()
    assert {name for _, name in before} == set(ROLLUPS)
    migrate(database_url)
    assert sorted(connection.execute(views, (list(ROLLUPS),)).fetchall()) == sorted(before)
