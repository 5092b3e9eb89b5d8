"""Quarantine is worked: found by filter, replayed as if just come, linked, discarded, kept once."""

import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import LiteralString
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg import sql
from rich.console import Console

from bayboard.demo.embedded import PostgresServer
from bayboard.parts.ingest import make_rules
from bayboard.quarantine.replay import describe_outcome, summarise
from bayboard.quarantine.text import draw_payload
from config.adapters import Adapter
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from ingest.adapters.mapping import Adapters
from ingest.message import ReceivedMessage
from ingest.steps.batch import sort_messages
from ingest.store.write import prepare_connection, write_batch
from ingest.tend.replay import Replayed, find_requested, replay
from models.contract.payloads import (
    DeviceStatus,
    FleetReading,
    FleetReadings,
    Odometer,
    OdometerReading,
    StageScan,
    encode,
)
from models.domain.quarantine import Status
from models.queries.quarantine.messages import (
    QuarantineFilter,
    count_by_reason,
    count_quarantine,
    discard,
    find_ids,
    read_quarantine,
    read_quarantined,
    request_replay,
)
from models.signals import Signal, listen_to
from tests.fixtures.broker import Broker
from tests.fixtures.ingest import REFUSE_RO_9, StartIngest, wait_for_rows
from tests.fixtures.processes import StartCommand
from tests.rig.asking import ask
from tests.rig.patience import PATIENCE_SECONDS

Command = Callable[..., tuple[int, str]]
# In the past of whatever clock the commands of the tests read.
NOW = datetime(2024, 11, 21, 4, tzinfo=UTC)
LATER = NOW + timedelta(hours=6)
RULES = make_rules(load_workshop(DEFAULT_WORKSHOP_FILE))
# After somebody has configured the stage that was missing.
MENDED = replace(RULES, stages={**RULES.stages, "polishing": "polishing"})
NO_ADAPTERS = Adapters([], {})
STAGE = "workshop/v1/s1/scanner/bay-B07/stage"
ODOMETER = "workshop/v1/s2/telematics/gw-1/odometer"


def scan(number: int = 1, stage: str = "polishing", at: datetime = NOW) -> bytes:
    return encode(StageScan(id=str(number), at=at, work_order=f"RO-{number}", stage=stage, bay="B07"))


def reading(at: datetime, vin: str = "V1") -> bytes:
    return encode(OdometerReading(id="r1", at=at, vin=vin, odometer=Odometer(value=7, unit="km")))


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        prepare_connection(connection)
        yield connection


def receive(connection: psycopg.Connection, *messages: tuple[str, bytes], at: datetime = NOW) -> None:
    """Let messages come, as ingest takes them before anything is mended."""
    received = [ReceivedMessage(topic, payload, at, packet_id=1, connection=1) for topic, payload in messages]
    write_batch(connection, sort_messages(received, RULES), RULES)


def replay_all(connection: psycopg.Connection, adapters: Adapters = NO_ADAPTERS) -> Replayed:
    """Replay everything, six hours later, with the stage configured."""
    ids = [number for (number,) in connection.execute("select id from quarantined_message order by id")]
    return replay(connection, ids, rules=MENDED, adapters=adapters, now=LATER)


def rows(connection: psycopg.Connection, query: LiteralString) -> list[tuple[object, ...]]:
    return connection.execute(query).fetchall()


SETTLED: LiteralString = (
    "select status, settled_at, stored_device, stored_event_id, stored_at"
    " from quarantined_message order by id"
)


@pytest.mark.every_database
def test_a_replayed_message_is_stored_as_if_it_had_just_come_and_is_linked(
    connection: psycopg.Connection, database_url: str
) -> None:
    receive(connection, (STAGE, scan()))
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute(listen_to(Signal.BOARD))
        replayed = replay_all(connection)
        [heard] = listener.notifies(timeout=PATIENCE_SECONDS, stop_after=1)
    assert '"work_orders":["RO-1"]' in heard.payload
    assert list(replayed.stored) == [1]
    assert rows(connection, "select device, event_id, at, received_at, stage from stage_scan") == [
        ("bay-B07", "1", NOW, LATER, "polishing")
    ]
    assert rows(connection, "select stage, bay, entered_at from stage_interval") == [
        ("polishing", "B07", NOW)
    ]
    assert rows(connection, SETTLED) == [("replayed", LATER, "bay-B07", "1", NOW)]


def test_a_message_from_the_future_is_right_when_the_future_has_come(connection: psycopg.Connection) -> None:
    receive(connection, (ODOMETER, reading(NOW + timedelta(hours=3))))
    assert rows(connection, "select reason from quarantined_message") == [("at: 3:00:00 ahead of our clock",)]
    assert len(replay_all(connection).stored) == 1
    assert rows(connection, "select at, received_at from odometer_reading") == [
        (NOW + timedelta(hours=3), LATER)
    ]


def test_a_batch_of_readings_is_replayed_whole_and_linked_by_its_first(
    connection: psycopg.Connection,
) -> None:
    times = [NOW + timedelta(hours=hours) for hours in (1, 3, 2)]
    readings = tuple(FleetReading(vin=f"V{n}", at=at, value=n) for n, at in enumerate(times))
    receive(connection, (ODOMETER, encode(FleetReadings(id="f1", unit="km", readings=readings))))
    assert rows(connection, "select count(*) from odometer_reading") == [(0,)]
    replay_all(connection)
    assert rows(connection, "select vin, at from odometer_reading order by vin") == [
        (f"V{n}", at) for n, at in enumerate(times)
    ]
    assert rows(connection, SETTLED) == [("replayed", LATER, "gw-1", "f1", times[0])]


def test_what_is_refused_again_stays_new_with_its_new_reason(connection: psycopg.Connection) -> None:
    ahead = (STAGE, scan(at=NOW + timedelta(hours=9)))
    receive(connection, ahead)
    assert rows(connection, "select reason from quarantined_message") == [
        (
            (
                "stage: 'polishing' is not configured, only 'received, inspecting, awaiting_approval,"
                " awaiting_parts, repairing, quality_check, washing, ready, delivered'"
            ),
        )
    ]
    assert replay_all(connection).refused == {1: "at: 3:00:00 ahead of our clock"}
    assert rows(connection, "select status, reason, settled_at from quarantined_message") == [
        ("new", "at: 3:00:00 ahead of our clock", None)
    ]


def test_a_replay_of_what_is_stored_already_links_to_it_and_says_so(connection: psycopg.Connection) -> None:
    known = (STAGE, scan(stage="polishing"))
    receive(connection, known)
    received = ReceivedMessage(*known, NOW + timedelta(hours=1), packet_id=1, connection=1)
    write_batch(connection, sort_messages([received], MENDED), MENDED)
    replayed = replay_all(connection)
    assert (list(replayed.stored), list(replayed.stored_before)) == ([], [1])
    assert describe_outcome(replayed, 1) == (
        "was stored before as stage_scan s1/bay-B07/1 at 2024-11-21T04:00:00+00:00"
    )
    assert rows(connection, SETTLED) == [("replayed", LATER, "bay-B07", "1", NOW)]
    assert rows(connection, "select count(*) from stage_scan") == [(1,)]


def test_of_two_messages_with_one_event_only_one_stores_it(connection: psycopg.Connection) -> None:
    receive(connection, (STAGE, scan()), (STAGE, scan() + b" "))
    replayed = replay_all(connection)
    assert (list(replayed.stored), list(replayed.stored_before)) == ([1], [2])
    assert rows(connection, "select count(*) from stage_scan") == [(1,)]


def test_a_status_is_linked_by_its_device_and_time(connection: psycopg.Connection) -> None:
    ahead = encode(DeviceStatus(at=NOW + timedelta(hours=1), state="online"))
    receive(connection, ("workshop/v1/s1/scanner/bay-B07/status", ahead))
    replay_all(connection)
    assert rows(connection, SETTLED) == [("replayed", LATER, "bay-B07", None, NOW + timedelta(hours=1))]


def test_a_message_that_only_the_database_refuses_does_not_keep_the_others_back(
    connection: psycopg.Connection,
) -> None:
    connection.execute(REFUSE_RO_9)
    receive(connection, *((STAGE, scan(number)) for number in (1, 2, 9, 4)))
    replayed = replay_all(connection)
    assert sorted(replayed.stored) == [1, 2, 4]
    assert replayed.refused[3].startswith("database: ")
    assert rows(connection, "select status from quarantined_message order by id") == [
        ("replayed",), ("replayed",), ("new",), ("replayed",)
    ]  # fmt: skip


def test_a_message_that_another_process_replays_is_left_to_it(
    connection: psycopg.Connection, database_url: str
) -> None:
    receive(connection, (STAGE, scan(1)), (STAGE, scan(2)))
    with psycopg.connect(database_url) as other:
        other.execute("select from quarantined_message where id = 1 for update")
        replayed = replay_all(connection)
        assert list(replayed.stored) == [2]
        assert summarise(replayed, 2) == "1 stored, 1 left alone"
    assert list(replay_all(connection).stored) == [1]


@pytest.mark.parametrize("status", ["new", "replay_requested", "replayed", "discarded"])
def test_the_same_bytes_again_stay_one_message_whatever_became_of_it(
    connection: psycopg.Connection, status: str
) -> None:
    receive(connection, (STAGE, b"nonsense"))
    connection.execute("update quarantined_message set status = %s", (status,))
    receive(connection, (STAGE, b"nonsense"), (STAGE, b"nonsense"), at=LATER)
    assert rows(connection, "select status, received_at from quarantined_message") == [(status, NOW)]


def test_an_adapters_message_is_replayed_when_its_device_is_registered(
    connection: psycopg.Connection,
) -> None:
    adapters = Adapters(
        [Adapter(topic="wican/+/can/rx", kind="wican", site="s1")], {"s1": ZoneInfo("Asia/Shanghai")}
    )
    message = ReceivedMessage("wican/abc/can/rx", b'{"ODOMETER":7}', NOW, packet_id=0, connection=1)
    batch = sort_messages([message], RULES, adapters.prepare(connection, [message]))
    write_batch(connection, batch, RULES)
    assert replay_all(connection, adapters).refused == {1: "device: abc is not registered to a vehicle"}
    connection.execute("insert into device values ('s1', 'abc', 'telematics', '', 'V1', now())")
    assert len(replay_all(connection, adapters).stored) == 1
    assert rows(connection, "select vin, at, received_at from odometer_reading") == [("V1", NOW, LATER)]


def test_senders_are_kept_as_far_as_the_topic_names_them(connection: psycopg.Connection) -> None:
    receive(
        connection,
        (STAGE, b"1"),
        ("workshop/v1/s1/scanner/bay-B07/unheard-of", b"2"),
        ("workshop/v1/s1/scanner/bay B07/stage", b"3"),
        ("workshop/v1/nothing", b"4"),
    )
    assert rows(connection, "select site, device from quarantined_message order by payload") == [
        ("s1", "bay-B07"),
        ("s1", "bay-B07"),
        ("s1", None),
        (None, None),
    ]


@pytest.fixture
def full_quarantine(connection: psycopg.Connection, database_url: str) -> str:
    """The address of a database with five refused messages of two sites, an hour apart."""
    messages = [
        (STAGE, scan(1)),
        (STAGE, scan(2, stage="waxing")),
        (ODOMETER, b'{"id":"r","at":"2024-11-21T04:00:00Z","vin":"V","odometer":{"value":1,"unit":"ft"}}'),
        (ODOMETER, reading(NOW + timedelta(days=1))),
        ("workshop/v1/s10/scanner/x/stage", scan(5)),
    ]
    for hour, message in enumerate(messages):
        receive(connection, message, at=NOW + timedelta(hours=hour))
    connection.execute("update quarantined_message set status = 'discarded' where id = 5")
    return database_url


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (QuarantineFilter(), [4, 3, 2, 1]),
        (QuarantineFilter(status=None), [5, 4, 3, 2, 1]),
        (QuarantineFilter(status=Status.DISCARDED), [5]),
        (QuarantineFilter(site="s2"), [4, 3]),
        (QuarantineFilter(device="bay-B07"), [2, 1]),
        (QuarantineFilter(topic="workshop/v1/s1", status=None), [5, 2, 1]),
        (QuarantineFilter(topic="workshop/v1/s1/#", status=None), [2, 1]),
        (QuarantineFilter(topic="workshop/v1/+/+/+/stage", status=None), [5, 2, 1]),
        (QuarantineFilter(reason="ODOMETER.unit"), [3]),
        (QuarantineFilter(reason="'waxing'"), [2]),
        (QuarantineFilter(reason="100%"), []),
        (QuarantineFilter(since=NOW + timedelta(hours=1), until=NOW + timedelta(hours=3)), [3, 2]),
    ],
)
def test_messages_are_found_by_filter_the_newest_first(
    full_quarantine: str, which: QuarantineFilter, expected: list[int]
) -> None:
    found = ask(full_quarantine, lambda connection: read_quarantine(connection, which))
    assert [row.id for row in found] == expected
    assert ask(full_quarantine, lambda connection: count_quarantine(connection, which)) == len(expected)
    assert ask(full_quarantine, lambda connection: find_ids(connection, which)) == sorted(expected)


def test_reasons_are_counted_by_what_they_have_in_common(full_quarantine: str) -> None:
    reasons = ask(full_quarantine, lambda connection: count_by_reason(connection, QuarantineFilter()))
    assert [(found.reason, found.messages, found.devices) for found in reasons] == [
        ("stage: … is not configured, only …", 2, 1),
        ("at: … ahead of our clock", 1, 1),
        ("odometer.unit: … is not a unit of distance: km, mi or m", 1, 1),
    ]
    assert reasons[0].last_at - reasons[0].first_at == timedelta(hours=1)


def test_only_what_is_not_settled_can_be_discarded_or_asked_to_be_replayed(full_quarantine: str) -> None:
    async def settle(connection: psycopg.AsyncConnection) -> tuple[int, int, list[str | None]]:
        await connection.execute("update quarantined_message set status = 'replayed' where id = 4")
        asked = await request_replay(connection, [1, 4, 5])
        discarded = await discard(connection, [1, 2, 4])
        found = [await read_quarantined(connection, number) for number in range(1, 6)]
        return asked, discarded, [row[0].status if row else None for row in found]

    assert ask(full_quarantine, settle) == (
        2,
        2,
        ["discarded", "discarded", "new", "replayed", "replay_requested"],
    )


def test_a_request_is_announced_and_found_by_one_who_replays(
    connection: psycopg.Connection, full_quarantine: str
) -> None:
    with psycopg.connect(full_quarantine, autocommit=True) as listener:
        listener.execute(listen_to(Signal.QUARANTINE))
        ask(full_quarantine, lambda asking: request_replay(asking, [1, 2]))
        assert len(list(listener.notifies(timeout=PATIENCE_SECONDS, stop_after=1))) == 1
    assert find_requested(connection) == [1, 2]


def test_every_ingest_process_serves_requests_and_each_is_served_once(
    iotcore_broker: Broker, full_quarantine: str, start_ingest: StartIngest
) -> None:
    for number in range(2):
        start_ingest(iotcore_broker, full_quarantine, "--share", "g", "--client-id", f"ingest-{number}")
    ask(full_quarantine, lambda connection: request_replay(connection, [1, 4]))
    wait_for_rows(
        full_quarantine,
        "select id, status, reason ^@ 'stage' from quarantined_message where id in (1, 4) order by id",
        [(1, "new", True), (4, "replayed", False)],
    )
    wait_for_rows(full_quarantine, "select count(*) from odometer_reading", [(1,)])


def test_requests_are_served_after_the_database_was_away(
    iotcore_broker: Broker, own_server: PostgresServer, start_ingest: StartIngest
) -> None:
    with psycopg.connect(own_server.url, autocommit=True) as connection:
        prepare_connection(connection)
        receive(connection, (ODOMETER, reading(NOW + timedelta(hours=3))))
    ingest = start_ingest(iotcore_broker, own_server.url)
    own_server.stop()
    ingest.wait_for_line("replays: the database is away")
    own_server.start()
    ask(own_server.url, lambda connection: request_replay(connection, [1]))
    wait_for_rows(own_server.url, "select status from quarantined_message", [("replayed",)])


@pytest.fixture
def command(full_quarantine: str, start_bayboard: StartCommand) -> Command:
    """Run `bayboard quarantine …` on the five messages; return its exit status and what it said."""

    def run(*arguments: str, **environment: str) -> tuple[int, str]:
        running = start_bayboard(
            "quarantine", *arguments, BAYBOARD_DATABASE_URL=full_quarantine, **environment
        )
        status, lines = running.finish()
        return status, "\n".join(lines)

    return run


def test_the_command_lists_shows_and_counts(command: Command) -> None:
    status, listed = command("list", "--site", "s1")
    assert status == 0
    assert [line.split()[1] for line in listed.splitlines() if "bay-B07" in line] == ["2", "1"]
    _, as_json = command("list", "--all", "--limit", "2", "--json")
    assert [(row["id"], row["status"]) for row in json.loads(as_json)] == [(5, "discarded"), (4, "new")]
    _, counted = command("list", "--by-reason")
    assert "stage: … is not configured, only" in counted
    status, shown = command("show", "3")
    assert status == 0
    assert '"unit": "ft"  <-- here' in shown
    assert command("show", "99") == (1, "bayboard: there is no message 99 in quarantine")


def test_the_command_replays_by_filter_with_a_mended_workshop_file(
    command: Command, full_quarantine: str, tmp_path: Path
) -> None:
    mended = tmp_path / "workshop.toml"
    mended.write_text(DEFAULT_WORKSHOP_FILE.read_text().replace('key = "washing"', 'key = "polishing"'))
    status, said = command("replay", "--site", "s1", "--yes", BAYBOARD_WORKSHOP_FILE=str(mended))
    assert (status, said.splitlines()) == (
        1,
        [
            "1 stored, 1 refused again",
            "  1 x stage: … is not configured, only …",
            "bayboard: 1 of 2 messages were refused again",
        ],
    )
    wait_for_rows(full_quarantine, "select event_id from stage_scan", [("1",)])
    status, said = command("replay", "1", "4", "99")
    assert status == 1
    assert said.splitlines() == [
        "1: left alone: not there, replayed already, or being replayed by another",
        "4: stored as odometer_reading s2/gw-1/r1 at 2024-11-22T04:00:00+00:00",
        "99: left alone: not there, replayed already, or being replayed by another",
        "1 stored, 2 left alone",
        "bayboard: 2 of 3 messages were left alone",
    ]


def test_the_command_discards_what_is_named(command: Command, full_quarantine: str) -> None:
    assert command("discard", "1") == (0, "1 discarded")
    assert command("discard", "1", "2")[0] == 1
    assert command("discard", "--topic", "workshop/v1/+/telematics/#", "--yes") == (0, "2 discarded")
    wait_for_rows(full_quarantine, "select distinct status from quarantined_message", [("discarded",)])


@pytest.mark.parametrize("settle", ["replay", "discard"])
def test_a_database_that_refuses_is_a_sentence(command: Command, full_quarantine: str, settle: str) -> None:
    with psycopg.connect(full_quarantine, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("alter database {} set default_transaction_read_only = on").format(name))
    status, said = command(settle, "4")
    assert status == 1
    assert re.fullmatch("bayboard: the database .*read-only transaction", said)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["replay"], 2, "say which"),
        (["discard", "--yes"], 2, "say which"),
        (["replay", "1", "--site", "s1"], 2, "say which"),
        (["discard", "--site", "s1"], 1, "Discard 2 messages?"),
        (["list", "--topic", "a/#/b"], 2, "# stands alone"),
        (["list", "--since", "2024-11-21T04:00:00"], 2, "no offset"),
        (["list", "--since", "yesterday"], 2, "yesterday"),
    ],
)
def test_the_command_settles_nothing_unless_told_exactly_what(
    command: Command, full_quarantine: str, arguments: list[str], status: int, said: str
) -> None:
    answer = command(*arguments)
    assert answer[0] == status
    assert said in answer[1]
    wait_for_rows(full_quarantine, "select count(*) from quarantined_message where status = 'new'", [(4,)])


def show(payload: bytes, reason: str) -> Sequence[str]:
    console = Console(file=io.StringIO(), width=120)
    console.print(draw_payload(payload, reason.partition(": ")[0]))
    shown = console.file.getvalue() if isinstance(console.file, io.StringIO) else ""
    return shown.splitlines()


@pytest.mark.parametrize(
    ("payload", "reason", "marked"),
    [
        (b'{"id":"1","odometer":{"value":1,"unit":"ft"}}', "odometer.unit: x", '    "unit": "ft"  <-- here'),
        (b'{"readings":[{"at":"a"},{"at":"b"}]}', "readings[1].at: x", '      "at": "b"  <-- here'),
        ('{"stage":"上光"}'.encode(), "stage: x", '  "stage": "上光"  <-- here'),
        (b'{"a":[]}', "a: x", '  "a": []  <-- here'),
    ],
)
def test_the_faulty_field_of_a_payload_is_marked(payload: bytes, reason: str, marked: str) -> None:
    lines = show(payload, reason)
    assert [line.rstrip() for line in lines if "<--" in line] == [marked]
    assert json.loads("\n".join(lines).replace("  <-- here", "")) == json.loads(payload)


def test_a_payload_that_is_not_json_is_shown_as_text_or_as_bytes() -> None:
    assert show(b"out of paper", "payload: not JSON")[0].rstrip() == "out of paper"
    assert show(bytes(range(16)) * 40, "payload: not JSON")[0].startswith("0000  00 01 02 03")
    assert "… and 128 bytes more" in "\n".join(show(bytes(range(16)) * 40, "payload: not JSON"))
