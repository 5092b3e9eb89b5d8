"""What is derived of cars that share bays: the same rows, whatever order and process their scans came by."""

import random
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bayboard.parts.ingest import make_rules
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from ingest.message import ReceivedMessage
from ingest.steps.batch import sort_messages
from ingest.store.write import prepare_connection, write_batch
from models.contract.payloads import StageScan, encode
from models.contract.topics import Kind, Source, Topic
from models.domain.intervals import Interval, Scan
from models.signals import Signal, listen_to
from tests.rig.patience import PATIENCE_SECONDS, rounds
from tests.rig.whole_site import repair_site

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
RULES = make_rules(load_workshop(DEFAULT_WORKSHOP_FILE))

Rows = dict[str, list[Interval]]


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes - 240)


def send(scan: StageScan, device: str = "tablet", site: str = "s1") -> ReceivedMessage:
    topic = Topic(site, Source.SCANNER, device, Kind.STAGE)
    return ReceivedMessage(str(topic), encode(scan), NOON, packet_id=1, connection=1)


def scan(minutes: float, order: str, stage: str, bay: str | None = None, **said: str) -> StageScan:
    return StageScan(id=f"{minutes}-{order}", at=at(minutes), work_order=order, stage=stage, bay=bay, **said)


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        prepare_connection(connection)
        yield connection


def write(connection: psycopg.Connection, *messages: ReceivedMessage) -> None:
    write_batch(connection, sort_messages(messages, RULES), RULES)


def read_intervals(connection: psycopg.Connection) -> Rows:
    intervals: defaultdict[str, list[Interval]] = defaultdict(list)
    for order, *values in connection.execute(
        "select work_order, entered_at, left_at, stage, bay, technician, operation, reason, rule"
        " from stage_interval where site = 's1' order by work_order, position"
    ):
        intervals[order].append(Interval(*values))
    return dict(intervals)


def repair(scans: Sequence[StageScan]) -> Rows:
    site: defaultdict[str, list[Scan]] = defaultdict(list)
    for said in scans:
        site[said.work_order].append(
            Scan(said.at, "tablet", said.id, said.stage, said.bay, said.technician, said.operation)
        )
    return repair_site(site, RULES.end_stages, RULES.repairs)


def forget(connection: psycopg.Connection) -> None:
    connection.execute("truncate stage_scan, stage_interval, bay_stay, work_order")


crowds = st.lists(
    st.builds(
        scan,
        minutes=st.integers(0, 60),
        order=st.sampled_from(["RO-1", "RO-2", "RO-3"]),
        stage=st.sampled_from(["repairing", "repairing", "quality_check", "ready", "delivered"]),
        bay=st.sampled_from([None, "B01", "B01", "B02"]),
        technician=st.sampled_from(["T1", "T2"]),
    ),
    min_size=2,
    max_size=14,
    unique_by=lambda scan: scan.id,
)


@settings(
    max_examples=rounds(60, proof=1800),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(crowds, st.randoms(), st.sets(st.integers(1, 13)))
def test_any_order_and_any_cut_into_batches_ends_as_if_all_had_been_known_at_once(
    connection: psycopg.Connection, scans: list[StageScan], chance: random.Random, cuts: set[int]
) -> None:
    forget(connection)
    shuffled = chance.sample(scans, len(scans))
    bounds = sorted(cuts)
    for start, end in zip([0, *bounds], [*bounds, len(scans)], strict=True):
        if batch := shuffled[start:end]:
            write(connection, *map(send, batch))
    assert read_intervals(connection) == repair(scans)


INTERLEAVED = (
    scan(0, "RO-1", "inspecting", "B01"),
    scan(5, "RO-2", "inspecting", "B02"),
    scan(20, "RO-2", "repairing", "B01", technician="T2"),
    scan(40, "RO-1", "quality_check", "B01"),
    scan(60, "RO-2", "quality_check", "B01"),
    scan(90, "RO-1", "ready"),
    scan(95, "RO-2", "ready"),
)


@pytest.mark.every_database
def test_two_cars_in_one_bay_are_told_apart_and_what_is_inferred_says_by_which_rule(
    connection: psycopg.Connection,
) -> None:
    write(connection, *map(send, INTERLEAVED[:3]))
    found = connection.execute(
        "select work_order, stage, bay, entered_at, left_at, inferred, rule"
        " from stage_interval order by work_order, position"
    ).fetchall()
    assert found == [
        ("RO-1", "inspecting", "B01", at(0), at(20), False, None),
        ("RO-1", "inspecting", None, at(20), None, True, "bay_taken"),
        ("RO-2", "inspecting", "B02", at(5), at(20), False, None),
        ("RO-2", "repairing", "B01", at(20), None, False, None),
    ]
    standing = connection.execute("select bay, stage from work_order order by work_order").fetchall()
    assert standing == [(None, "inspecting"), ("B01", "repairing")]
    write(connection, *map(send, INTERLEAVED[3:4]))
    assert read_intervals(connection)["RO-1"][0].left_at == at(40)
    assert [i.rule for i in read_intervals(connection)["RO-2"]] == [None, "bay_occupied"]
    write(connection, *map(send, INTERLEAVED[4:]))
    assert read_intervals(connection) == repair(INTERLEAVED)


def test_a_late_scan_out_gives_the_bay_back_to_the_truth(connection: psycopg.Connection) -> None:
    write(connection, send(scan(0, "RO-1", "repairing", "B01")), send(scan(60, "RO-2", "repairing", "B01")))
    assert [i.rule for i in read_intervals(connection)["RO-1"]] == [None, "bay_taken"]
    write(connection, send(scan(30, "RO-1", "washing")))
    assert [(i.stage, i.left_at, i.rule) for i in read_intervals(connection)["RO-1"]] == [
        ("repairing", at(30), None),
        ("washing", None, None),
    ]


def test_the_scans_stay_as_they_were_sent(connection: psycopg.Connection) -> None:
    write(connection, *map(send, INTERLEAVED))
    stored = connection.execute("select work_order, at, bay from stage_scan order by at").fetchall()
    assert stored == [(said.work_order, said.at, said.bay) for said in INTERLEAVED]


def test_bays_of_the_same_name_at_two_sites_have_nothing_to_do_with_each_other(
    connection: psycopg.Connection,
) -> None:
    here, there = scan(0, "RO-1", "repairing", "B01"), scan(30, "RO-1", "repairing", "B01")
    write(connection, send(here), send(there, site="s2"))
    write(connection, send(scan(60, "RO-2", "repairing", "B01"), site="s2"))
    found = connection.execute(
        "select site, work_order, rule from stage_interval order by site, work_order, position"
    ).fetchall()
    assert found == [
        ("s1", "RO-1", None),
        ("s2", "RO-1", None),
        ("s2", "RO-1", "bay_taken"),
        ("s2", "RO-2", None),
    ]


def test_a_car_that_is_driven_out_is_announced_too(connection: psycopg.Connection, database_url: str) -> None:
    write(connection, send(scan(0, "RO-1", "repairing", "B01")))
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute(listen_to(Signal.BOARD))
        write(connection, send(scan(30, "RO-2", "repairing", "B01")))
        [heard] = listener.notifies(timeout=PATIENCE_SECONDS, stop_after=1)
    assert '"work_orders":["RO-1","RO-2"]' in heard.payload


def test_processes_that_write_at_the_same_time_come_to_the_same(database_url: str) -> None:
    chance = random.Random(3)
    scans = [
        scan(
            minutes,
            f"RO-{chance.randrange(6)}",
            chance.choice(["repairing", "quality_check", "awaiting_parts"]),
            chance.choice([None, "B01", "B02"]),
            technician=f"T{chance.randrange(2)}",
        )
        for minutes in range(200)
    ]
    chance.shuffle(scans)
    started = threading.Barrier(4)
    failures: list[psycopg.Error] = []

    def ingest(share: Sequence[StageScan]) -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            prepare_connection(connection)
            started.wait()
            try:
                for start in range(0, len(share), 3):
                    write(connection, *map(send, share[start : start + 3]))
            except psycopg.Error as error:
                failures.append(error)

    processes = [threading.Thread(target=ingest, args=(scans[n::4],)) for n in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert not failures
    with psycopg.connect(database_url) as connection:
        assert read_intervals(connection) == repair(scans)


def test_intervals_outlive_the_scans_they_were_reckoned_from(connection: psycopg.Connection) -> None:
    write(
        connection,
        *(send(scan(n, "RO-1", stage, "B1")) for n, stage in ((0, "repairing"), (60, "delivered"))),
    )
    before = read_intervals(connection)
    connection.execute("delete from stage_scan where stage = 'repairing'")
    write(connection, send(scan(90, "RO-1", "washing", "B1")), send(scan(10, "RO-2", "repairing", "B1")))
    assert read_intervals(connection)["RO-1"] == before["RO-1"]
