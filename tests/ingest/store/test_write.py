"""What a batch does to the database: once, whole, in any order."""

import random
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import LiteralString

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bayboard.parts.ingest import make_rules
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from ingest.message import ReceivedMessage
from ingest.steps.batch import sort_messages
from ingest.store.write import Written, prepare_connection, write_batch
from models.contract.payloads import (
    Customer,
    DeviceStatus,
    DiagnosticReport,
    FleetReading,
    FleetReadings,
    LabourScan,
    Message,
    Odometer,
    PartLine,
    StageScan,
    TroubleCode,
    Vehicle,
    WorkOrderChange,
    encode,
)
from models.contract.topics import Kind, Source, Topic
from models.signals import Signal, listen_to
from tests.fixtures.ingest import REFUSE_RO_9
from tests.rig.patience import PATIENCE_SECONDS, rounds

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
RULES = make_rules(load_workshop(DEFAULT_WORKSHOP_FILE))
STAGE = Topic("s1", Source.SCANNER, "bay-B07", Kind.STAGE)
DMS = Topic("s1", Source.DMS, "dms", Kind.WORK_ORDER)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes - 240)


def sent(topic: Topic | str, message: Message | bytes, received_at: datetime = NOW) -> ReceivedMessage:
    payload = message if isinstance(message, bytes) else encode(message)
    return ReceivedMessage(str(topic), payload, received_at, packet_id=1, connection=1)


def scan(
    number: int, minutes: float, stage: str, order: str = "RO-1", bay: str | None = None
) -> ReceivedMessage:
    return sent(STAGE, StageScan(id=str(number), at=at(minutes), work_order=order, stage=stage, bay=bay))


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        prepare_connection(connection)
        yield connection


def write(connection: psycopg.Connection, *messages: ReceivedMessage) -> Written:
    return write_batch(connection, sort_messages(messages, RULES), RULES)


def rows(connection: psycopg.Connection, query: LiteralString) -> list[tuple[object, ...]]:
    return connection.execute(query).fetchall()


DAY: Sequence[ReceivedMessage] = (
    sent(
        DMS,
        WorkOrderChange(
            id="c1",
            at=at(0),
            work_order="RO-1",
            change="opened",
            vehicle=Vehicle(vin="V1", plate="沪A12345", make="Volkswagen", model="Passat"),
            customer=Customer(name="王芳", waiting=True),
            promised_at=at(300),
            parts=(PartLine(part="p1", status="ordered"),),
        ),
    ),
    scan(1, 1, "received"),
    scan(2, 10, "inspecting", bay="B07"),
    scan(3, 30, "awaiting_parts"),
    sent(
        DMS,
        WorkOrderChange(
            id="c2",
            at=at(31),
            work_order="RO-1",
            change="updated",
            promised_at=at(400),
            vehicle=Vehicle(model="Passat B9"),
        ),
    ),
    scan(4, 60, "repairing", bay="B01"),
    scan(5, 70, "received", order="RO-2"),
    scan(6, 120, "ready"),
    scan(7, 130, "delivered"),
)
DERIVED = (
    "select * from stage_interval order by site, work_order, position",
    "select * from work_order order by site, work_order",
    "select * from work_order_part order by site, work_order, position",
    "select * from vehicle order by vin",
)


@pytest.mark.every_database
def test_events_become_intervals_and_a_work_order(connection: psycopg.Connection) -> None:
    write(connection, *DAY)
    assert rows(
        connection,
        "select stage, bay, entered_at, left_at from stage_interval"
        " where work_order = 'RO-1' order by position",
    ) == [
        ("received", None, at(1), at(10)),
        ("inspecting", "B07", at(10), at(30)),
        ("awaiting_parts", None, at(30), at(60)),
        ("repairing", "B01", at(60), at(120)),
        ("ready", None, at(120), at(130)),
        ("delivered", None, at(130), at(130)),
    ]
    assert rows(
        connection,
        "select registered, vin, plate, stage, opened_at, first_promised_at, promised_at, closed_at"
        " from work_order order by work_order",
    ) == [
        (True, "V1", "沪A12345", "delivered", at(0), at(300), at(400), at(130)),
        (False, None, None, "received", at(70), None, None, None),
    ]
    assert rows(connection, "select make, model, as_of from vehicle") == [("Volkswagen", "Passat B9", at(31))]


@pytest.mark.every_database
def test_every_kind_lands_in_its_table(connection: psycopg.Connection) -> None:
    telematics = Topic("s1", Source.TELEMATICS, "gw", Kind.ODOMETER)
    written = write(
        connection,
        sent(
            Topic("s1", Source.DIAGNOSTIC, "x431", Kind.REPORT),
            DiagnosticReport(
                id="r1",
                at=at(5),
                vin="V1",
                odometer=Odometer(value=100, unit="mi"),
                dtcs=(
                    TroubleCode(code="P0301", status="confirmed"),
                    TroubleCode(code="P0420", status="pending"),
                ),
            ),
        ),
        sent(
            telematics,
            FleetReadings(
                id="f1",
                unit="m",
                readings=(
                    FleetReading(vin="V1", at=at(1), value=5000),
                    FleetReading(vin="V2", at=at(1), value=7000),
                ),
            ),
        ),
        sent(
            Topic("s1", Source.SCANNER, "bay-B07", Kind.LABOUR),
            LabourScan(id="l1", at=at(3), work_order="RO-1", job="1", technician="T1", action="on"),
        ),
        sent(Topic("s1", Source.TELEMATICS, "gw", Kind.STATUS), DeviceStatus(at=at(0), state="online")),
    )
    assert written.stored == {
        "labour_scan": 1,
        "diagnostic_report": 1,
        "trouble_code": 2,
        "odometer_reading": 3,
        "device_status": 1,
    }
    assert rows(
        connection, "select vin, round(km::numeric, 3)::text, event_id from odometer_reading order by km"
    ) == [
        ("V1", "5.000", "f1"),
        ("V2", "7.000", "f1"),
        ("V1", "160.934", "r1"),
    ]


@pytest.mark.every_database
def test_a_redelivered_batch_stores_nothing_twice(connection: psycopg.Connection) -> None:
    write(connection, *DAY)
    before = [rows(connection, query) for query in DERIVED]
    again = write(connection, *DAY, *DAY)
    assert sum(again.stored.values()) == 0
    assert again.duplicates == {"stage_scan": 14, "work_order_change": 4}
    assert [rows(connection, query) for query in DERIVED] == before


@settings(
    max_examples=rounds(15, proof=450),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(chance=st.randoms(), cuts=st.sets(st.integers(1, len(DAY) - 1), max_size=4))
def test_any_order_and_any_cut_into_batches_ends_in_the_same_rows(
    connection: psycopg.Connection, chance: random.Random, cuts: set[int]
) -> None:
    def ingest(messages: Sequence[ReceivedMessage], bounds: Sequence[int]) -> list[list[tuple[object, ...]]]:
        connection.execute(
            "truncate stage_scan, work_order_change, stage_interval, bay_stay, work_order, work_order_part,"
            " vehicle"
        )
        for start, end in zip([0, *bounds], [*bounds, len(messages)], strict=True):
            write(connection, *messages[start:end])
        return [rows(connection, query) for query in DERIVED]

    shuffled = chance.sample(DAY, len(DAY))
    assert ingest(shuffled, sorted(cuts)) == ingest(DAY, [])


def test_a_late_arrival_corrects_history(connection: psycopg.Connection) -> None:
    write(connection, scan(1, 0, "received"), scan(3, 60, "ready"))
    write(connection, scan(2, 20, "repairing", bay="B01"))
    assert rows(connection, "select stage, left_at from stage_interval order by position") == [
        ("received", at(20)),
        ("repairing", at(60)),
        ("ready", None),
    ]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (STAGE, b"not json", "payload: not JSON"),
        (STAGE, b"[1, 2]", "payload: .* is not an object"),
        ("workshop/v1/s1/scanner/bay-B07/unheard-of", b"{}", "topic: "),
        ("workshop/v1/nothing", b"{}", "topic: "),
        (STAGE, b" " * 300_000, "payload: 300000 bytes"),
        (
            STAGE,
            b'{"id":"1","at":"11/12/2026 04:00","work_order":"x","stage":"ready"}',
            "at: .* two meanings",
        ),
        (
            STAGE,
            b'{"id":"1","at":"2026-11-21T09:00:00Z","work_order":"x","stage":"ready"}',
            "at: 5:00:00 ahead",
        ),
        (
            STAGE,
            b'{"id":"1","at":"1970-01-01T00:00:00Z","work_order":"x","stage":"ready"}',
            "at: .*before 2000",
        ),
        (
            STAGE,
            b'{"id":"1","at":"2026-11-21T04:00:00Z","work_order":"x","stage":"polishing"}',
            "stage: 'polishing'",
        ),
    ],
)
def test_bad_input_is_kept_whole_with_a_reason_and_the_rest_goes_on(
    connection: psycopg.Connection, topic: Topic | str, payload: bytes, reason: str
) -> None:
    written = write(connection, sent(topic, payload), scan(1, 0, "received"), sent(topic, payload))
    assert (len(written.quarantined), written.stored) == (1, {"stage_scan": 1})
    [(said, *kept)] = rows(connection, "select reason, topic, payload, status from quarantined_message")
    assert kept == [str(topic), payload, "new"]
    assert re.match(reason, str(said))


def test_a_commit_announces_the_orders_it_changed(connection: psycopg.Connection, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute(listen_to(Signal.BOARD))
        write(connection, scan(1, 0, "received"))
        [heard] = listener.notifies(timeout=PATIENCE_SECONDS, stop_after=1)
        assert '"work_orders":["RO-1"]' in heard.payload
        write(connection, scan(1, 0, "received"))
        [alive] = listener.notifies(timeout=PATIENCE_SECONDS, stop_after=1)
        assert '"work_orders":[]' in alive.payload


def test_a_failed_batch_leaves_nothing_behind(connection: psycopg.Connection) -> None:
    connection.execute(REFUSE_RO_9)
    with pytest.raises(psycopg.IntegrityError):
        write(connection, scan(1, 0, "received"), scan(9, 0, "received", order="RO-9"))
    assert rows(connection, "select count(*) from stage_scan") == [(0,)]
    assert write(connection, scan(1, 0, "received")).stored == {"stage_scan": 1}
