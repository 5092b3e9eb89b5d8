"""Backfill: the rows of real ingest, the truth, and a killed run that goes on."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from bayboard.backfill.orders import Derived, Orders
from bayboard.backfill.run import run_backfill
from bayboard.backfill.sites import keep_first_days, list_sites, make_plans, name_sites
from bayboard.backfill.story import Plan
from bayboard.backfill.write import find_progress, write_history
from bayboard.entry import CommandError
from bayboard.parts.ingest import make_rules
from bayboard.verify.compare import compare
from bayboard.verify.rows import read_stored
from bayboard.verify.verdict import Verdict
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from ingest.message import ReceivedMessage
from ingest.steps.rows import COLUMNS
from ingest.store.project import interval_values
from models.domain.intervals import Scan
from models.locks import Lock, try_take
from models.rollups.settle import refresh_rollups
from models.schema.metadata import metadata
from simulators.opening import DAY
from simulators.site import simulate_history
from simulators.truth.lines import RunTruth, read_truth
from tests.fixtures.database import DatabaseServer
from tests.fixtures.history import History
from tests.fixtures.processes import StartCommand
from tests.rig.through_ingest import ingest, receive, say_status
from tests.rig.whole_site import repair_site

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
RULES = make_rules(WORKSHOP)
[SITE] = WORKSHOP.sites
# With a Sunday, and with cars that wait for parts over night.
PLAN = Plan(SITE, 1, "short-of-parts", average=True, first_day=date(2026, 6, 5), days=5)
# How far a backfill has come is nothing ingest knows of; tickets are drawn by chance.
TABLES = sorted(metadata.tables.keys() - {"backfill_progress", "visit_ticket"})
FIGURES = {"stage intervals", "labour", "bay stays", "ready times", "odometers"}

Tables = dict[str, list[tuple[object, ...]]]


def read_tables(url: str) -> Tables:
    """Read everything that is stored, as text, so that 12 is not 12.0."""
    with psycopg.connect(url) as connection:
        return {table: _read_table(connection, table) for table in TABLES}


def _read_table(connection: psycopg.Connection, table: str) -> list[tuple[object, ...]]:
    # The rate of a device fades with the time between batches, and batches differ.
    columns = [column for column in metadata.tables[table].columns if column.name != "messages_per_minute"]
    texts = sql.SQL(", ").join(map(_as_text, columns))
    return connection.execute(
        sql.SQL("select {} from {} order by {}").format(texts, sql.Identifier(table), texts)
    ).fetchall()


def _as_text(column: sqlalchemy.Column[object]) -> sql.Composed:
    # Sums of the same numbers differ in the last digits with the order in which they are found.
    form = "round({}::numeric, 6)::text" if isinstance(column.type, sqlalchemy.Double) else "{}::text"
    return sql.SQL(form).format(sql.Identifier(column.name))


def backfill(url: str, plan: Plan, *, until_day: int | None = None) -> None:
    """Write a history in chunks of a day; not further than a day, if one is given."""
    write_history(url, plan, RULES, None, lambda day: day != until_day, chunk_days=1)


def publish(plan: Plan) -> Iterator[ReceivedMessage]:
    """Yield what the devices of a history publish, received as it is said."""
    simulated = simulate_history(
        plan.site, plan.seed, first_day=plan.first_day, days=plan.days, scenario=plan.scenario
    )
    tell_time, devices = simulated.timing.tell_time, simulated.devices
    begins_at, ends_at = tell_time(0), tell_time(plan.days * DAY)
    yield from (receive(say_status(device, "online", begins_at), begins_at) for device in devices.all)
    for fact in simulated.facts:
        if fact.at_seconds >= plan.days * DAY:
            break
        for said in devices.say(fact):
            yield receive(said, tell_time(fact.at_seconds))
    yield from (receive(say_status(device, "offline", ends_at), ends_at) for device in devices.all)


@pytest.fixture
def other_url(database_server: DatabaseServer) -> Iterator[str]:
    with database_server.make_database(database_server.migrated_template()) as url:
        yield url


@pytest.mark.every_database
def test_every_row_equals_what_ingest_makes_of_the_same_messages(database_url: str, other_url: str) -> None:
    backfill(database_url, PLAN)
    assert not ingest(other_url, list(publish(PLAN)))
    for url in (database_url, other_url):
        with psycopg.connect(url, autocommit=True) as connection:
            refresh_rollups(connection, WORKSHOP, datetime(2026, 6, 10, tzinfo=UTC))
    written, ingested = read_tables(database_url), read_tables(other_url)
    for table in TABLES:
        assert written[table] == ingested[table], table
    filled = {table for table in TABLES if written[table]}
    assert filled >= {*COLUMNS, "stage_interval", "bay_stay", "work_order", "vehicle", "site_pulse"}
    assert filled >= {"work_order_line", "work_order_part", "device_state"}
    assert filled >= {"stage_time_settled", "bay_day_settled", "order_day_settled"}


def test_every_figure_of_a_history_equals_its_truth(history: History, history_url: str) -> None:
    findings = compare(history.truth, read_stored(history_url, history.truth), timedelta())
    assert {finding.verdict for finding in findings} == {Verdict.EQUAL}
    assert {finding.figure for finding in findings} == FIGURES


def test_a_history_that_is_broken_off_after_each_day_and_resumed_is_the_same(
    database_url: str, other_url: str
) -> None:
    backfill(database_url, PLAN)
    for day in range(1, PLAN.days + 1):
        backfill(other_url, PLAN, until_day=day)
        with psycopg.connect(other_url) as connection:
            assert connection.execute("select days_written from backfill_progress").fetchall() == [(day,)]
    assert read_tables(other_url) == read_tables(database_url)


def test_a_backfill_that_is_told_to_stop_says_that_it_can_go_on(database_url: str) -> None:
    stop = threading.Event()
    plan = replace(PLAN, days=8)
    with pytest.raises(CommandError, match="stopped; the same command goes on where it was"):
        run_backfill(
            database_url, [plan], RULES, jobs=1, truth=None, stop=stop, tell=lambda _site, _days: stop.set()
        )
    with psycopg.connect(database_url) as connection:
        assert find_progress(connection, plan) == 7


START = datetime(2026, 6, 5, tzinfo=UTC)
crowds = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.sampled_from(["RO-1", "RO-2", "RO-3", "RO-4"]),
        st.sampled_from(["repairing", "repairing", "quality_check", "ready", "delivered"]),
        st.sampled_from([None, "B01", "B01", "B02"]),
    ),
    min_size=2,
    max_size=20,
    unique_by=lambda scan: scan[:2],
)


@given(crowds, st.sets(st.integers(0, 60)))
def test_orders_end_the_same_whenever_they_are_settled(
    crowd: list[tuple[int, str, str, str | None]], settle_at: set[int]
) -> None:
    site: defaultdict[str, list[Scan]] = defaultdict(list)
    orders, derived = Orders("s1", RULES.end_stages, RULES.repairs), list[Derived]()
    told = sorted(crowd, key=lambda scan: scan[:2])
    for (minute, order, stage, bay), (next_minute, *_) in pairwise([*told, (99, "", "", None)]):
        if any(scan.stage == "delivered" for scan in site[order]):
            continue
        at = START + timedelta(minutes=minute)
        site[order].append(Scan(at, "tablet", f"{minute}-{order}", stage, bay))
        orders.take_scan(
            ("s1", "tablet", f"{minute}-{order}", at, at, at, order, stage, bay, None, None, None)
        )
        derived += [
            orders.settle(START + timedelta(minutes=then))
            for then in range(minute, next_minute)
            if then in settle_at and then > minute
        ]
    derived.append(orders.end())
    expected = {
        ("s1", order, *values)
        for order, intervals in repair_site(site, RULES.end_stages, RULES.repairs).items()
        for values in interval_values(intervals)
    }
    rows = [row for settled in derived for row in settled.rows["stage_interval"]]
    assert len(rows) == len(expected)
    assert set(rows) == expected


def test_orders_are_settled_long_before_the_end() -> None:
    orders = Orders("s1", RULES.end_stages, RULES.repairs)
    for minute, stage, bay in ((0, "repairing", "B01"), (30, "ready", None), (40, "delivered", None)):
        at = START + timedelta(minutes=minute)
        orders.take_scan(("s1", "tablet", str(minute), at, at, at, "RO-1", stage, bay, None, None, None))
    assert orders.settle(at).orders == ["RO-1"]
    assert not orders.end().orders


def test_a_killed_backfill_goes_on_and_loses_nothing(
    start_bayboard: StartCommand, database_url: str, tmp_path: Path
) -> None:
    options = ("--days", "21", "--until", "2026-06-15", "--truth", str(tmp_path / "truth.jsonl"))
    killed = start_bayboard("backfill", *options, BAYBOARD_DATABASE_URL=database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        deadline = time.monotonic() + 90
        while not connection.execute("select from backfill_progress").fetchall():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        killed.kill()
        [(days,)] = connection.execute("select days_written from backfill_progress").fetchall()
        assert 0 < days < 21
    again = start_bayboard("backfill", *options, BAYBOARD_DATABASE_URL=database_url)
    assert again.wait() == 0
    truth = read_truth(tmp_path / "truth.jsonl")
    findings = compare(truth, read_stored(database_url, truth), timedelta())
    assert {finding.verdict for finding in findings} == {Verdict.EQUAL}


def test_sites_beyond_those_of_the_workshop_are_copies_with_keys_of_their_own() -> None:
    second = SITE.model_copy(update={"key": "s2", "en": "Suzhou"})
    sites = list_sites(WORKSHOP.model_copy(update={"sites": [SITE, second]}), 5)
    assert [site.key for site in sites] == ["s1", "s2", "s1-2", "s2-2", "s1-3"]
    assert sites[3].en == "Suzhou 2"
    assert sites[4].bays == SITE.bays
    assert list_sites(WORKSHOP, 1) == [SITE]


def test_a_workshop_file_can_be_made_that_names_the_copies(tmp_path: Path) -> None:
    text = DEFAULT_WORKSHOP_FILE.read_text(encoding="utf-8")
    sites = list_sites(WORKSHOP, 3)
    file = tmp_path / "workshop.toml"
    file.write_text(name_sites(text, WORKSHOP, sites), encoding="utf-8")
    named = load_workshop(file)
    assert named.sites == sites
    assert named.model_copy(update={"sites": WORKSHOP.sites}) == WORKSHOP


def test_a_history_ends_at_the_sites_own_midnight_before_today() -> None:
    berlin = SITE.model_copy(update={"key": "s2", "timezone": "Europe/Berlin"})
    now = datetime(2026, 6, 10, 17, tzinfo=UTC)  # one o'clock at night in Shanghai
    usual, odd = make_plans([SITE, berlin], seed=1, scenario="calm", days=3, until=None, now=now)
    assert (usual.first_day, odd.first_day) == (date(2026, 6, 8), date(2026, 6, 7))
    assert (usual.average, odd.average) == (True, False)
    [told] = make_plans([SITE], seed=1, scenario="calm", days=3, until=date(2026, 6, 1), now=now)
    assert told.first_day == date(2026, 5, 29)


def test_a_history_that_is_gone_on_with_tomorrow_keeps_its_first_day(database_url: str) -> None:
    backfill(database_url, PLAN, until_day=2)
    tomorrow = replace(PLAN, first_day=PLAN.first_day + timedelta(days=1))
    beside = replace(tomorrow, site=list_sites(WORKSHOP, 2)[1])
    with psycopg.connect(database_url) as connection:
        kept = keep_first_days(connection, [tomorrow, beside])
        assert [plan.first_day for plan in kept] == [PLAN.first_day] * 2
        others = [replace(tomorrow, seed=2)]
        assert keep_first_days(connection, others) == others


def test_several_processes_write_a_site_each_and_join_what_they_know_of_the_truth(
    start_bayboard: StartCommand, database_url: str, tmp_path: Path
) -> None:
    options = ("--sites", "2", "--days", "2", "--jobs", "2", "--truth", str(tmp_path / "truth.jsonl"))
    command = start_bayboard("backfill", *options, BAYBOARD_DATABASE_URL=database_url)
    assert command.wait() == 0
    command.wait_for_line(r"stage_scan: [\d,]+ rows")
    truth = read_truth(tmp_path / "truth.jsonl")
    assert [line.site for line in truth if isinstance(line, RunTruth)] == ["s1", "s1-2"]
    assert [path.name for path in tmp_path.iterdir()] == ["truth.jsonl"]
    findings = compare(truth, read_stored(database_url, truth), timedelta())
    assert {finding.verdict for finding in findings} == {Verdict.EQUAL}
    with psycopg.connect(database_url) as connection:
        written = connection.execute("select site, days_written from backfill_progress order by site")
        assert written.fetchall() == [("s1", 2), ("s1-2", 2)]


def test_a_history_of_other_options_is_refused_with_their_names(database_url: str) -> None:
    backfill(database_url, PLAN, until_day=1)
    for changed, names in (
        ({"seed": 2, "scenario": "calm"}, "another seed, another scenario;"),
        ({"days": 6}, "another days;"),
        ({"site": SITE.model_copy(update={"bays": SITE.bays[1:]})}, "another bays;"),
    ):
        with pytest.raises(CommandError, match=f"site s1 holds a history that was made with {names}"):
            backfill(database_url, replace(PLAN, **changed))


def test_a_site_that_was_heard_of_is_refused_before_anything_is_written(
    start_bayboard: StartCommand, database_url: str
) -> None:
    ingest(database_url, list(islice(publish(replace(PLAN, site=list_sites(WORKSHOP, 2)[1])), 1)))
    command = start_bayboard("backfill", "--sites", "2", BAYBOARD_DATABASE_URL=database_url)
    assert command.wait() == 1
    command.wait_for_line("bayboard: site s1-2 already holds data that is no history of ours")
    with psycopg.connect(database_url) as connection:
        assert not connection.execute("select from backfill_progress").fetchall()


def test_two_backfills_of_a_site_do_not_write_at_the_same_time(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        assert try_take(connection, Lock.BACKFILL, "s1")
        with pytest.raises(CommandError, match="another backfill is writing site s1"):
            backfill(database_url, PLAN)
