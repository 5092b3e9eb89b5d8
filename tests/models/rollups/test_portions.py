"""Days are settled in portions: each stays whatever becomes of the next, and no page waits for old days."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from time import sleep

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.store.write import prepare_connection
from models.analytics.overview import Overview
from models.analytics.selection import Selection
from models.queries.analytics.overview import prepare, read_overview
from models.rollups.marks import mark_site
from models.rollups.settle import Settled, refresh_rollups
from tests.models.rollups.test_views import NOON, WORKSHOP, clock, read, read_all, scan, settle, visit, write
from tests.rig.patience import rounds

DAY = timedelta(days=1)
# What a scanner with an empty battery says of a car that is here now.
YEARS_AGO = datetime(2007, 4, 16, 5, tzinfo=UTC)


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        prepare_connection(connection)
        # Opening hours are written down with the first settling of a day.
        mark_site(connection, "s1", NOON - 130 * DAY, NOON - 130 * DAY)
        settle(connection)
        yield connection


def count_dirty(connection: psycopg.Connection) -> int:
    [(days,)] = connection.execute("select count(*) from dirty_day").fetchall()
    return int(days)


def wait_until_blocked(connection: psycopg.Connection, pid: int) -> None:
    while connection.execute("select cardinality(pg_blocking_pids(%s))", (pid,)).fetchone() == (0,):
        sleep(0.01)


def test_what_was_settled_before_settling_was_killed_stays_settled_and_is_seen(
    connection: psycopg.Connection, database_url: str
) -> None:
    for days_ago in range(70):
        write(connection, *visit(f"RO-{days_ago}", -days_ago * 24 * 60))
    live = read_all(connection)
    dirty = count_dirty(connection)
    oldest = NOON.date() - 69 * DAY
    with (
        psycopg.connect(database_url) as hold,
        psycopg.connect(database_url, autocommit=True) as settling,
    ):
        # Settling waits at the portion with the oldest day, whatever it has settled before.
        hold.execute("insert into stage_day_settled values ('s1', %s, null, 'x', 0, 0, 0, 0, 0)", (oldest,))
        hold.commit()
        hold.execute("select from stage_day_settled for update")
        killed: list[psycopg.Error] = []

        def work() -> None:
            try:
                settle(settling)
            except psycopg.Error as error:
                killed.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        wait_until_blocked(connection, settling.info.backend_pid)
        # Two portions of 31 days are settled, the newest days first, and everybody sees it.
        assert count_dirty(connection) == dirty - 62
        connection.execute("select pg_terminate_backend(%s)", (settling.info.backend_pid,))
        thread.join()
        assert killed
        hold.rollback()
    assert count_dirty(connection) == dirty - 62
    assert read(connection, "select max(day) from dirty_day") == [(NOON.date() - 62 * DAY,)]
    assert read(connection, "select count(distinct day) from order_day_settled") == [(62,)]
    assert read_all(connection) == live
    assert settle(connection) == Settled(1, dirty - 62, 0)
    assert read_all(connection) == live


def test_a_car_that_is_here_since_2007_does_not_make_a_page_compute_7000_days(
    connection: psycopg.Connection, database_url: str
) -> None:
    write(connection, *visit("RO-1"), *visit("RO-2", -3 * 24 * 60))
    settle(connection)
    minutes = (YEARS_AGO - NOON) / timedelta(minutes=1)
    write(connection, scan(minutes, "RO-3", "repairing", "B09"), scan(0, "RO-3", "ready"))
    assert count_dirty(connection) > 6980
    asked = Selection(("s1",), NOON.date() - 28 * DAY, NOON.date() + DAY)

    async def read_page() -> tuple[list[date], Overview]:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as page:
            await prepare(page, asked)
            days = await (await page.execute("select day from dirty_day order by day")).fetchall()
            return [day for (day,) in days], await read_overview(page, asked, {"s1": 12}, NOON + DAY)

    days, live = asyncio.run(read_page())
    assert (days[0], len(days)) == (asked.before, 2 * 29)
    assert live.now.bay_occupied_seconds > 28 * 8 * 3600
    # The days of usual pages are settled first, and the page says the same.
    assert refresh_rollups(connection, WORKSHOP, NOON + DAY, most_old_days=0).left > 3500
    assert asyncio.run(read_page()) == ([], live)


@pytest.mark.parametrize("most_old_days", [0, 40])
def test_a_pass_settles_all_recent_days_and_only_so_many_old_ones(
    connection: psycopg.Connection, most_old_days: int
) -> None:
    mark_site(connection, "s1", NOON - 200 * DAY, NOON)
    mark_site(connection, "elsewhere", NOON, NOON)
    done = refresh_rollups(connection, WORKSHOP, NOON + DAY, most_old_days=most_old_days)
    recent = 1 + 62
    assert done == Settled(2, recent + most_old_days, 202 - recent - most_old_days)
    assert count_dirty(connection) == done.left
    assert settle(connection).left == count_dirty(connection) == 0


def test_days_whose_events_are_dropped_stay_as_they_are(connection: psycopg.Connection) -> None:
    write(connection, *visit("RO-1"), clock(20, "RO-1", "on"), clock(50, "RO-1", "off"))
    settle(connection)
    worked = "select day, clocked_seconds from order_figures"
    assert read(connection, worked) == [(NOON.date(), 1800.0)]
    connection.execute("delete from labour_scan")
    later = NOON + timedelta(days=3660)
    # The car came back: its order changed, from the first day on.
    mark_site(connection, "s1", NOON - DAY, NOON + 20 * DAY)
    assert refresh_rollups(connection, WORKSHOP, later).left == 0
    assert read(connection, worked) == [(NOON.date(), 1800.0)]


def test_an_order_of_months_has_the_same_figures_in_any_portion(connection: psycopg.Connection) -> None:
    months = 120 * 24 * 60
    write(
        connection,
        scan(-months, "RO-1", "repairing", "B01"),
        clock(10 - months, "RO-1", "on"),
        clock(40 - months, "RO-1", "off"),
        scan(0, "RO-1", "ready"),
        scan(30, "RO-1", "delivered"),
    )
    live = read_all(connection)
    assert read(connection, "select clocked_seconds, touch_seconds from order_figures") == [(1800.0, 1800.0)]
    settle(connection)
    assert read_all(connection) == live


ANY_TIME = st.one_of(
    st.integers(0, 60 * 24 * 60).map(lambda minutes: str(NOON - minutes * timedelta(minutes=1))),
    st.sampled_from(
        ["-infinity", "infinity", "0001-01-01 00:00+00", "1999-12-31 23:59:59+00", "2100-01-02 00:00+00"]
    ),
)


def compute_days(marks: list[tuple[str, str]], connection: psycopg.Connection) -> set[date]:
    """Return the days of the site that marks are about, one by one."""
    calendar = [date(2026, 4, 1) + n * DAY for n in range(120)]
    found: set[date] = set()
    for mark in marks:
        for day, is_marked in connection.execute(
            "select day, tstzrange(least(%s::timestamptz, %s), greatest(%s::timestamptz, %s), '[]')"
            " && tstzrange(day::timestamp at time zone 'Asia/Shanghai',"
            " (day + 1)::timestamp at time zone 'Asia/Shanghai') from unnest(%s::date[]) as day",
            (*mark, *mark, calendar),
        ):
            if is_marked:
                found.add(day)
    return found


@given(marks=st.lists(st.tuples(ANY_TIME, ANY_TIME), min_size=1, max_size=4))
@settings(
    max_examples=rounds(15, proof=450),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_marks_of_any_times_mean_their_days_within_this_century(
    connection: psycopg.Connection, marks: list[tuple[str, str]]
) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute("delete from rollup_dirty")
        for since, until in marks:
            connection.execute(
                "insert into rollup_dirty (site, since, until) values ('s1', %s, %s)", (since, until)
            )
        in_sight = "select day from dirty_day where day >= '2026-04-01' and day < '2026-07-30'"
        expected = compute_days(marks, connection)
        assert {day for (day,) in connection.execute(in_sight)} == expected
        assert count_dirty(connection) <= 36526
