"""Devices' clocks from message to row: what is measured, corrected, refused and kept."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal, LiteralString

import psycopg
import pytest
from paho.mqtt.client import MQTTMessage

from bayboard.parts.ingest import make_rules
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from ingest.inbox import Inbox
from ingest.message import ReceivedMessage
from ingest.metrics import Metrics
from ingest.mqtt import Subscriber
from ingest.steps.batch import Batch, sort_messages
from ingest.steps.clocks import Clocks, read_clocks
from ingest.store.write import prepare_connection, write_batch
from models.contract.payloads import (
    DeviceStatus,
    FleetReading,
    FleetReadings,
    Message,
    StageScan,
    encode,
)
from models.contract.topics import Kind, Source, Topic
from tests.fixtures.broker import Broker, Publish
from tests.fixtures.processes import StartCommand

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
RULES = make_rules(load_workshop(DEFAULT_WORKSHOP_FILE))
DEVICE = ("s1", "bay-B07")
HOUR = timedelta(hours=1)
ZONE = 8 * HOUR

KINDS: dict[type[Message], Kind] = {
    StageScan: Kind.STAGE,
    DeviceStatus: Kind.STATUS,
    FleetReadings: Kind.ODOMETER,
}


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def send(event: Message, received: float, *, live: bool = True) -> ReceivedMessage:
    """A message that reached us so many minutes after noon."""
    source = Source.TELEMATICS if isinstance(event, FleetReadings) else Source.SCANNER
    topic = Topic(DEVICE[0], source, DEVICE[1], KINDS[type(event)])
    return ReceivedMessage(str(topic), encode(event), at(received), 1, 1, live)


def scan(minutes: float, fast: timedelta, stage: str = "repairing", order: str = "RO-1") -> StageScan:
    """A scan at so many minutes after noon, by a clock that is fast."""
    return StageScan(id=f"{minutes}", at=at(minutes) + fast, work_order=order, stage=stage)


def status(minutes: float, fast: timedelta, state: Literal["online", "offline"] = "online") -> DeviceStatus:
    return DeviceStatus(at=at(minutes) + fast, state=state)


class Process:
    """An ingest process between the broker and the database."""

    def __init__(self, database_url: str) -> None:
        self.connection = psycopg.connect(database_url, autocommit=True)
        self.clocks = Clocks()
        prepare_connection(self.connection)

    def write(self, *messages: ReceivedMessage) -> Batch:
        clocks = self.clocks.prepare(self.connection, messages)
        batch = sort_messages(messages, RULES, None, clocks)
        written = write_batch(self.connection, batch, RULES)
        self.clocks.keep(batch.devices, written.clocks)
        return batch

    def ask(self, query: LiteralString) -> list[tuple[object, ...]]:
        return self.connection.execute(query).fetchall()


StartProcess = Callable[[], Process]


@pytest.fixture
def start_process(database_url: str) -> Iterator[StartProcess]:
    started: list[Process] = []

    def start() -> Process:
        started.append(Process(database_url))
        return started[-1]

    yield start
    for process in started:
        process.connection.close()


@pytest.fixture
def process(start_process: StartProcess) -> Process:
    return start_process()


TIMES: LiteralString = "select at, received_at, corrected_at from stage_scan order by received_at, at"
OFFSETS: LiteralString = "select offset_seconds, offset_measured_at from device_state"


@pytest.mark.every_database
@pytest.mark.parametrize("fast", [ZONE, -ZONE, timedelta(seconds=90), timedelta(seconds=-90)])
def test_a_clock_that_is_off_is_corrected_once_the_device_comes_online(
    process: Process, fast: timedelta
) -> None:
    process.write(send(status(0, fast), 0))
    process.write(send(scan(1, fast), 1))
    assert process.ask(TIMES) == [(at(1) + fast, at(1), at(1))]
    assert process.ask("select entered_at from stage_interval") == [(at(1),)]
    assert process.ask(OFFSETS) == [(-fast.total_seconds(), at(1))]


def test_a_clock_that_is_ahead_is_measured_from_what_it_has_refused(process: Process) -> None:
    [refusal] = process.write(send(scan(1, ZONE), 1)).refusals
    assert refusal.reason == "at: 8:00:00 ahead of our clock"
    assert not process.write(send(scan(2, ZONE), 2)).refusals
    assert process.ask(TIMES) == [(at(2) + ZONE, at(2), at(2))]


def test_what_came_while_the_device_was_offline_lands_where_it_belongs(process: Process) -> None:
    slow = -ZONE
    process.write(send(scan(0, slow, "received"), 0), send(scan(1, slow, "inspecting"), 1))
    process.write(send(scan(2, slow, "inspecting"), 2))
    kept = [send(scan(10 + n, slow, stage), 240) for n, stage in enumerate(["repairing", "washing", "ready"])]
    process.write(send(status(240, slow), 240), *kept)
    process.write(send(scan(245, slow, "delivered"), 245))
    assert process.ask(
        "select stage, entered_at from stage_interval where position > 1 order by position"
    ) == [("repairing", at(10)), ("washing", at(11)), ("ready", at(12)), ("delivered", at(245))]


def test_the_very_first_buffer_of_a_device_is_corrected_by_its_coming_online(process: Process) -> None:
    kept = [send(scan(10 + n, -ZONE, order=f"RO-{n}"), 240) for n in range(3)]
    process.write(send(status(240, -ZONE), 240), *kept)
    assert process.ask("select corrected_at from stage_scan order by at") == [(at(10),), (at(11),), (at(12),)]


def test_what_waited_on_our_side_tells_nothing_of_a_clock(process: Process) -> None:
    process.write(
        send(status(0, timedelta()), 60, live=False),
        *(send(scan(n, timedelta(), order=f"RO-{n}"), 60 + n / 4, live=False) for n in range(9)),
    )
    assert process.ask(OFFSETS) == [(None, None)]
    assert process.ask("select count(*) from stage_scan where corrected_at <> at") == [(0,)]


def test_a_last_will_and_lists_of_readings_tell_nothing_of_a_clock(process: Process) -> None:
    for n in range(3):
        readings = FleetReadings(id=f"{n}", unit="km", readings=(FleetReading(vin="V1", at=at(n), value=n),))
        process.write(send(readings, 60 + n), send(status(0, timedelta(), "offline"), 60 + n))
    assert process.ask(OFFSETS) == [(None, None)]


def test_lists_of_readings_are_corrected_like_anything_else(process: Process) -> None:
    readings = FleetReadings(
        id="1", unit="km", readings=(FleetReading(vin="V1", at=at(-600) - ZONE, value=1),)
    )
    process.write(send(status(0, -ZONE), 0), send(readings, 1))
    assert process.ask("select at, corrected_at from odometer_reading") == [(at(-600) - ZONE, at(-600))]


@pytest.mark.parametrize(
    ("off", "reason"),
    [
        (-25 * HOUR, "at: the device's clock is 1 day, 1:00:00 behind ours, and is corrected up to 1 day"),
        (25 * HOUR, "at: the device's clock is 1 day, 1:00:00 ahead of ours, and is corrected up to 1 day"),
    ],
)
def test_a_clock_that_is_off_by_more_than_the_limit_is_refused_and_named(
    process: Process, off: timedelta, reason: str
) -> None:
    refused = process.write(send(status(0, off), 0), send(scan(1, off), 1)).refusals
    assert len(refused) == 2
    assert all(refusal.reason.startswith(reason) for refusal in refused)
    assert process.ask(OFFSETS) == [(-off.total_seconds(), at(1))]


def test_a_message_ahead_of_its_own_corrected_clock_is_refused(process: Process) -> None:
    process.write(send(status(0, ZONE), 0))
    [refusal] = process.write(send(scan(20, ZONE), 1)).refusals
    assert refusal.reason == "at: 0:19:00 ahead of our clock though corrected by -8:00:00"


def test_a_retried_batch_measures_nothing_twice(process: Process) -> None:
    messages = [send(scan(0, -ZONE), 0), send(scan(1, -ZONE, "washing"), 1)]
    clocks = process.clocks.prepare(process.connection, messages)
    first, again = (sort_messages(messages, RULES, None, clocks) for _ in range(2))
    assert first.devices == again.devices
    assert clocks[DEVICE].offset_seconds is None


def test_a_process_that_starts_knows_what_was_measured_before(start_process: StartProcess) -> None:
    start_process().write(send(status(0, ZONE), 0))
    second = start_process()
    assert not second.write(send(scan(1, ZONE), 1)).refusals
    assert second.ask(TIMES) == [(at(1) + ZONE, at(1), at(1))]


def test_a_process_learns_what_another_has_measured_later(start_process: StartProcess) -> None:
    first, second = start_process(), start_process()
    first.write(send(status(0, ZONE), 0))
    second.write(send(status(1, HOUR), 1))
    first.write(send(scan(1.1, HOUR, order="RO-1"), 1.1))
    assert not first.write(send(scan(1.2, HOUR, order="RO-2"), 1.2)).refusals
    assert first.clocks.prepare(first.connection, [send(scan(2, HOUR), 2)])[DEVICE].offset_seconds == -3600
    second.write(send(status(60, timedelta()), 60))
    first.write(send(scan(61, timedelta(), order="RO-3"), 62))
    assert first.ask("select corrected_at from stage_scan where work_order = 'RO-3'") == [(at(61),)]


def test_what_several_processes_hear_of_a_device_adds_up(start_process: StartProcess) -> None:
    first, second = start_process(), start_process()
    for minute in range(20):
        for process in (first, second):
            process.write(send(scan(minute, timedelta(), order=f"RO-{id(process)}"), minute))
    [(messages, rate, source)] = first.ask("select messages, messages_per_minute, source from device_state")
    assert (messages, source) == (40, "scanner")
    assert rate == pytest.approx(2, rel=0.15)
    second.write(send(scan(9000, timedelta()), 9000))
    [(rate,)] = first.ask("select messages_per_minute from device_state")
    assert rate == pytest.approx(0.2, rel=0.01)


def test_a_replayed_message_is_corrected_by_what_is_known_by_then(process: Process) -> None:
    refused = send(scan(1, ZONE), 1)
    assert process.write(refused).refusals
    process.write(send(status(2, ZONE), 2))
    batch = sort_messages([refused], RULES, None, read_clocks(process.connection, [refused]))
    assert not batch.refusals
    write_batch(process.connection, batch, RULES)
    assert process.ask(TIMES) == [(at(1) + ZONE, at(1), at(1))]


@pytest.mark.parametrize(
    ("seconds", "retained", "live"), [(60.0, False, True), (60.0, True, False), (1.0, False, False)]
)
def test_retained_messages_and_those_right_after_connecting_are_not_live(
    seconds: float, retained: bool, live: bool
) -> None:
    now = NOON
    inbox = Inbox()
    subscriber = Subscriber(
        "mqtt://127.0.0.1:1", client_id="t", filters=[], inbox=inbox, clock=lambda: now, metrics=Metrics()
    )
    subscriber._settle()
    now = NOON + timedelta(seconds=seconds)
    message = MQTTMessage(topic=b"t")
    message.retain = retained
    subscriber._on_message(subscriber._client, None, message)
    assert [taken.live for taken in inbox.take(1)] == [live]


def test_over_a_real_broker_only_what_is_live_tells_the_time(
    mosquitto_broker: Broker, database_url: str, start_bayboard: StartCommand, publish: Publish
) -> None:
    def come_online(device: str, *, retain: bool = False) -> None:
        event = DeviceStatus(at=datetime.now(UTC) - ZONE, state="online")
        topic = Topic("s1", Source.SCANNER, device, Kind.STATUS)
        publish(mosquitto_broker.url, str(topic), encode(event), retain=retain)

    come_online("earlier", retain=True)
    start_bayboard("ingest", BAYBOARD_MQTT_URL=mosquitto_broker.url, BAYBOARD_DATABASE_URL=database_url)
    deadline = time.monotonic() + 90
    offsets: dict[str, float | None] = {}
    while offsets.get("now") is None and time.monotonic() < deadline:
        come_online("now")
        time.sleep(0.2)
        with psycopg.connect(database_url) as connection:
            offsets = dict(connection.execute("select device, offset_seconds from device_state").fetchall())
    assert offsets == {"earlier": None, "now": pytest.approx(ZONE.total_seconds(), abs=2)}
