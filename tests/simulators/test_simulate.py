import json
import re
import socket
import threading
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise, takewhile
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import Workshop, load_workshop
from models.contract.payloads import (
    DeviceStatus,
    DiagnosticReport,
    FleetReadings,
    LabourScan,
    Message,
    OdometerReading,
    StageScan,
    VehicleReadings,
    WorkOrderChange,
    decode,
    encode,
)
from models.contract.topics import Kind, parse_topic
from models.domain.intervals import Scan, reckon_intervals
from simulators.check import SimulationError
from simulators.devices.client import DeviceConnection
from simulators.devices.fleet import Fleet
from simulators.devices.message_ids import make_ulid
from simulators.devices.site_devices import Outgoing, SiteDevices
from simulators.facts import Fact, OrderFact, OrderOpened, Stage, StageEntered
from simulators.opening import DAY, HOUR
from simulators.pace import Calendar, Pace, skip_finished_orders
from simulators.publish import run_simulation
from simulators.scaled import scale_workshop
from simulators.shop import Shop
from simulators.site import simulate_history
from simulators.truth.lines import StageTruth, read_truth
from tests.fixtures.broker import Broker
from tests.rig.patience import PATIENCE_SECONDS

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
SITE = WORKSHOP.sites[0]
START = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
DEVICES = [(device.site, device.name) for device in SiteDevices(SITE, "1", Pace(START, 0, 20)).all]


@cache
def play_a_day(seed: str = "1") -> tuple[Fact, ...]:
    return tuple(takewhile(lambda fact: fact.at_seconds < 10 * HOUR, Shop(SITE.bays, seed).play()))


@cache
def say_a_day(speed: float = 20.0) -> tuple[Outgoing, ...]:
    devices = SiteDevices(SITE, "1", Pace(START, 10 * HOUR, speed, SITE.zone))
    return tuple(outgoing for fact in play_a_day() for outgoing in devices.say(fact))


class Listener:
    """Hears everything a broker says, in order."""

    def __init__(self, url: str, client_id: str) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self.states: dict[tuple[str, str], str] = {}
        self._news = threading.Condition()
        parts = urlsplit(url)
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False)
        self.client.username_pw_set(parts.username, parts.password)
        self.client.on_connect = lambda client, *_: client.subscribe("workshop/#", 1)
        self.client.on_message = self._hear
        self.client.connect(parts.hostname or "", parts.port or 1883)
        self.client.loop_start()

    def _hear(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        with self._news:
            payload = bytes(message.payload)
            self.heard.append((message.topic, payload, message.retain))
            topic = parse_topic(message.topic)
            if topic.kind is Kind.STATUS:
                status = decode(topic.kind, payload)
                assert isinstance(status, DeviceStatus)
                self.states[topic.site, topic.device] = status.state
            self._news.notify_all()

    def wait_until(self, holds: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(holds, PATIENCE_SECONDS), f"heard only {len(self.heard)} messages"

    def list_messages(self) -> list[Message]:
        """List what was said beside statuses, each once, as a redelivery says it twice."""
        said = dict.fromkeys((topic, payload) for topic, payload, _ in self.heard)
        kinds = [(parse_topic(topic).kind, payload) for topic, payload in said]
        return [decode(kind, payload) for kind, payload in kinds if kind is not Kind.STATUS]


@contextmanager
def listening(url: str, client_id: str = "listener") -> Iterator[Listener]:
    listener = Listener(url, client_id)
    try:
        yield listener
    finally:
        listener.client.disconnect()
        listener.client.loop_stop()


@contextmanager
def simulating(url: str, truth: Path | None = None, speed: float = 1800.0) -> Iterator[None]:
    """Run the simulation in a thread, and stop it as its command would."""
    stop = threading.Event()

    def simulate() -> None:
        run_simulation(
            mqtt_url=url,
            workshop=WORKSHOP,
            seed=1,
            speed=speed,
            started_at=datetime.now(UTC),
            stop=stop,
            clock=lambda: datetime.now(UTC),
            truth=truth,
        )

    thread = threading.Thread(target=simulate)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


seconds_of_simulation = st.floats(-(10**6), 10**6)
speeds = st.floats(0.1, 1000)


@settings(deadline=None)
@given(seconds_of_simulation, seconds_of_simulation, speeds)
def test_what_happens_later_is_published_later_and_in_proportion(a: float, b: float, speed: float) -> None:
    pace = Pace(START, 1800, speed, SITE.zone)
    elapsed = (pace.tell_time(b) - pace.tell_time(a)).total_seconds()
    assert elapsed == pytest.approx((b - a) / speed, abs=0.0011)
    assert pace.tell_time(1800) == START


@settings(deadline=None)
@given(hours=st.floats(0, 48), seconds=st.floats(0, 10**5))
def test_daylight_saving_neither_adds_nor_takes_time(hours: float, seconds: float) -> None:
    start = datetime(2026, 3, 28, tzinfo=UTC) + timedelta(hours=hours)
    pace = Pace(start, 0, 1, ZoneInfo("Europe/Berlin"))
    elapsed = pace.tell_time(seconds).astimezone(UTC) - start
    assert elapsed.total_seconds() == pytest.approx(seconds, abs=0.002)


def test_a_calendar_keeps_to_the_wall_clock_through_daylight_saving() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    calendar = Calendar(date(2026, 3, 28), berlin)
    opening = [calendar.tell_time(day * DAY + 8 * HOUR) for day in range(3)]
    assert [(at.day, at.hour) for at in opening] == [(28, 8), (29, 8), (30, 8)]
    assert (opening[1].astimezone(UTC) - opening[0].astimezone(UTC)) == timedelta(hours=23)
    assert calendar.tell_time(DAY + 2.5 * HOUR) == datetime(2026, 3, 29, 3, 30, tzinfo=berlin)
    assert calendar.tell_time(0) == calendar.started_at


def test_history_is_said_by_the_same_devices_in_the_order_of_time() -> None:
    site = simulate_history(SITE, 1, first_day=date(2026, 1, 20), days=3)
    facts = takewhile(lambda fact: fact.at_seconds < 3 * DAY, site.facts)
    said = [outgoing for fact in facts for outgoing in site.devices.say(fact)]
    times = [outgoing.payload.at for outgoing in said if isinstance(outgoing.payload, StageScan)]
    assert times == sorted(times)
    assert times[0].date() == date(2026, 1, 20)
    assert len(said) > 2000


def test_several_sites_live_side_by_side_each_with_its_own_truth(
    free_port: Callable[[], int], tmp_path: Path
) -> None:
    second = SITE.model_copy(update={"key": "s2", "timezone": "Europe/Berlin"})
    run_simulation(
        mqtt_url=f"mqtt://127.0.0.1:{free_port()}",
        workshop=WORKSHOP.model_copy(update={"sites": [SITE, second]}),
        seed=1,
        speed=1000,
        started_at=datetime.now(UTC),
        stop=threading.Event(),
        clock=lambda: datetime.now(UTC),
        hours=0,
        truth=tmp_path / "truth.jsonl",
    )
    lived: dict[str, list[tuple[Stage, float]]] = defaultdict(list)
    for line in read_truth(tmp_path / "truth.jsonl"):
        if isinstance(line, StageTruth):
            lived[line.site].append((line.stage, line.entered_at.timestamp()))
    assert set(lived) == {"s1", "s2"}
    assert min(map(len, lived.values())) > 100
    assert lived["s1"] != lived["s2"]


def test_a_pace_needs_an_instant_and_a_speed() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        Pace(START.replace(tzinfo=None), 0, 20)
    with pytest.raises(ValueError, match="not above 0"):
        Pace(START, 0, 0)


@settings(deadline=None)
@given(st.floats(0, 9 * HOUR))
def test_the_story_begins_with_whole_orders_and_leaves_out_finished_ones(since: float) -> None:
    facts = play_a_day()
    told = list(skip_finished_orders(facts, since))
    assert [fact for fact in told if fact.at_seconds >= since] == [f for f in facts if f.at_seconds >= since]
    by_order: dict[int, list[Fact]] = defaultdict(list)
    for fact in told:
        if isinstance(fact, OrderFact):
            by_order[fact.order].append(fact)
    for order, its_facts in by_order.items():
        assert isinstance(its_facts[0], OrderOpened)
        assert its_facts == [fact for fact in facts if isinstance(fact, OrderFact) and fact.order == order]
        assert its_facts[-1].at_seconds >= since or not _is_delivery(its_facts[-1])


def _is_delivery(fact: Fact) -> bool:
    return isinstance(fact, StageEntered) and fact.stage is Stage.DELIVERED


def test_every_message_keeps_to_the_contract() -> None:
    for outgoing in say_a_day():
        topic = outgoing.device.name_topic(outgoing.kind)
        assert parse_topic(str(topic)) == topic
        assert decode(outgoing.kind, encode(outgoing.payload)) == outgoing.payload
    said = {type(outgoing.payload) for outgoing in say_a_day()}
    odometer = {OdometerReading, VehicleReadings, FleetReadings}
    assert said == {StageScan, LabourScan, DiagnosticReport, WorkOrderChange} | odometer


def test_the_same_seed_and_start_give_the_same_bytes() -> None:
    devices = SiteDevices(SITE, "1", Pace(START, 10 * HOUR, 20, SITE.zone))
    again = [encode(outgoing.payload) for fact in play_a_day() for outgoing in devices.say(fact)]
    assert again == [encode(outgoing.payload) for outgoing in say_a_day()]


def test_message_ids_are_unique_and_sort_by_time() -> None:
    ids = [json.loads(encode(outgoing.payload))["id"] for outgoing in say_a_day()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", message_id) for message_id in ids)
    assert make_ulid(START, "b") < make_ulid(START + timedelta(milliseconds=1), "a")


def test_a_scan_comes_from_the_bay_it_names_and_from_a_device_of_the_site() -> None:
    known = set(SiteDevices(SITE, "1", Pace(START, 0, 20)).all)
    for outgoing in say_a_day():
        assert outgoing.device in known
        if isinstance(outgoing.payload, StageScan | LabourScan):
            bay = outgoing.payload.bay
            assert outgoing.device.name == (f"bay-{bay}" if bay else "reception")


def test_an_order_is_announced_before_it_is_scanned_and_its_scans_differ_in_time() -> None:
    announced: set[str] = set()
    scanned: dict[str, datetime] = {}
    for outgoing in say_a_day():
        match outgoing.payload:
            case WorkOrderChange(change="opened", work_order=order):
                assert order not in announced
                announced.add(order)
            case StageScan(work_order=order, at=at):
                assert order in announced
                assert order not in scanned or scanned[order] < at
                scanned[order] = at


def test_promises_run_at_the_pace_of_everything_else() -> None:
    opened = [fact for fact in play_a_day() if isinstance(fact, OrderOpened)]
    announced = [
        outgoing.payload
        for outgoing in say_a_day()
        if isinstance(outgoing.payload, WorkOrderChange) and outgoing.payload.change == "opened"
    ]
    for fact, change in zip(opened, announced, strict=True):
        assert isinstance(change.promised_at, datetime)
        ahead = (change.promised_at - change.at).total_seconds()
        assert ahead == pytest.approx((fact.promised_seconds - fact.at_seconds) / 20, abs=0.002)


def test_odometers_keep_to_real_time_however_fast_the_shop_runs() -> None:
    shown: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for outgoing in say_a_day(speed=600.0):
        match outgoing.payload:
            case OdometerReading(vin=vin, at=at, odometer=odometer):
                shown[vin].append((at, odometer.value))
            case DiagnosticReport(vin=vin, at=at, odometer=odometer) if odometer:
                shown[vin].append((at, odometer.value))
            case VehicleReadings(vin=vin, readings=readings):
                shown[vin] += [(reading.at, reading.value) for reading in readings]
            case FleetReadings(readings=fleet):
                for reading in fleet:
                    shown[reading.vin].append((reading.at, reading.value))
    seen_twice = [sorted(readings) for readings in shown.values() if len(readings) > 1]
    assert seen_twice
    for its_readings in seen_twice:
        assert all(0 <= later[1] - earlier[1] <= 2 for earlier, later in pairwise(its_readings))


def test_two_runs_into_one_database_share_no_order_number() -> None:
    first = SiteDevices(SITE, "1", Pace(START, 0, 20)).name_order(17)
    later = SiteDevices(SITE, "1", Pace(START + timedelta(minutes=1), 0, 20)).name_order(17)
    assert re.fullmatch(r"RO-[0-9A-Z]{4}-17", first)
    assert first != later


@settings(deadline=None)
@given(st.floats(0.5, 1000))
def test_a_faster_shop_never_closes_has_shorter_targets_and_nothing_else_changed(speed: float) -> None:
    text = DEFAULT_WORKSHOP_FILE.read_text(encoding="utf-8")
    scaled = parse_workshop(scale_workshop(text, speed))
    assert scaled.sites == [site.model_copy(update={"openings": []}) for site in WORKSHOP.sites]
    assert scaled.ingest == WORKSHOP.ingest
    for limit in ("wrong_bay_seconds", "two_places_seconds"):
        exact = getattr(WORKSHOP.repairs, limit) / speed
        assert getattr(scaled.repairs, limit) == pytest.approx(exact, rel=1e-3)
    for stage, original in zip(scaled.stages, WORKSHOP.stages, strict=True):
        if original.target_minutes is None:
            assert stage == original
        else:
            assert stage.target_minutes == pytest.approx(original.target_minutes / speed, rel=1e-3)


def parse_workshop(text: str) -> Workshop:
    return Workshop.model_validate(tomllib.loads(text))


def test_a_workshop_without_the_default_stages_or_bays_is_refused_with_a_sentence() -> None:
    facts = tomllib.loads(DEFAULT_WORKSHOP_FILE.read_text(encoding="utf-8"))
    unwashed = {**facts, "stage": [stage for stage in facts["stage"] if stage["key"] != "washing"]}
    empty = {**facts, "site": [{**facts["site"][0], "bays": []}]}
    for broken, sentence in ((unwashed, "lacks stages of the simulator: washing"), (empty, "has a bay")):
        with pytest.raises(SimulationError, match=sentence):
            run_simulation(
                mqtt_url="mqtt://127.0.0.1:1",
                workshop=Workshop.model_validate(broken),
                seed=1,
                speed=20,
                started_at=START,
                stop=threading.Event(),
                clock=lambda: START,
            )


def assert_published_is_what_happened(messages: Sequence[Message], truth: Path) -> None:
    scans: dict[str, list[StageScan]] = defaultdict(list)
    for message in messages:
        if isinstance(message, StageScan):
            scans[message.work_order].append(message)
    published = [
        (order, interval.stage, interval.bay, interval.technician, interval.entered_at, interval.left_at)
        for order, its_scans in scans.items()
        for interval in reckon_intervals(map(read_scan, its_scans), {"delivered"})
    ]
    happened = [
        (line.work_order, line.stage, line.bay, line.technician, line.entered_at, line.left_at)
        for line in read_truth(truth)
        if isinstance(line, StageTruth)
    ]
    assert len(happened) > 200
    assert sorted(published, key=repr) == sorted(happened, key=repr)


def read_scan(scan: StageScan) -> Scan:
    return Scan(scan.at, "", scan.id, scan.stage, scan.bay, scan.technician, scan.operation, scan.reason)


def test_a_broker_hears_the_backlog_at_once_and_then_the_truth(broker: Broker, tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    with listening(broker.url) as listener:
        with simulating(broker.url, truth):
            listener.wait_until(lambda: len(listener.heard) > 1200)
            assert listener.states == dict.fromkeys(DEVICES, "online")
        listener.wait_until(lambda: listener.states == dict.fromkeys(DEVICES, "offline"))
        messages = listener.list_messages()
    assert_published_is_what_happened(messages, truth)
    with listening(broker.url, "latecomer") as latecomer:
        latecomer.wait_until(lambda: latecomer.states == dict.fromkeys(DEVICES, "offline"))


def test_each_device_publishes_in_the_order_of_what_happened(iotcore_broker: Broker) -> None:
    with listening(iotcore_broker.url) as listener, simulating(iotcore_broker.url):
        listener.wait_until(lambda: len(listener.heard) > 800)
        heard = list(dict.fromkeys((topic, payload) for topic, payload, _ in listener.heard))
    times: dict[str, list[datetime]] = defaultdict(list)
    for topic, payload in heard:
        if not topic.endswith(("/status", "/odometer")):
            message = decode(parse_topic(topic).kind, payload)
            assert isinstance(message, StageScan | LabourScan | DiagnosticReport | WorkOrderChange)
            times[parse_topic(topic).device].append(message.at)
    assert len(times) > 10
    assert all(its_times == sorted(its_times) for its_times in times.values())


def test_a_broker_that_restarts_loses_nothing(mosquitto_broker: Broker, tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    with listening(mosquitto_broker.url) as listener:
        with simulating(mosquitto_broker.url, truth):
            listener.wait_until(lambda: len(listener.heard) > 100)
            mosquitto_broker.stop()
            mosquitto_broker.start()
            listener.wait_until(lambda: len(listener.heard) > 1200)
        listener.wait_until(lambda: listener.states == dict.fromkeys(DEVICES, "offline"))
        assert_published_is_what_happened(listener.list_messages(), truth)


def test_a_device_that_is_cut_off_is_reported_offline_and_comes_back(broker: Broker) -> None:
    device = SiteDevices(SITE, "1", Pace(START, 0, 1)).all[0]
    key = (device.site, device.name)
    connection = DeviceConnection(broker.url, [device], lambda _: datetime.now(UTC))
    with listening(broker.url) as listener:
        connection.start()
        try:
            listener.wait_until(lambda: listener.states.get(key) == "online")
            cable = connection._client.socket()
            assert isinstance(cable, socket.socket)
            cable.shutdown(socket.SHUT_RDWR)
            listener.wait_until(lambda: listener.states.get(key) == "offline")
            connection.submit("workshop/v1/s1/scanner/bay-B01/stage", b"{}")
            listener.wait_until(lambda: listener.states.get(key) == "online")
            listener.wait_until(lambda: any(payload == b"{}" for _, payload, _ in listener.heard))
        finally:
            connection.begin_leaving()
            connection.finish_leaving()


def test_very_many_devices_share_a_connection_for_each_site(iotcore_broker: Broker) -> None:
    sites = [SITE.model_copy(update={"key": f"s{n}"}) for n in range(3)]
    devices = [device for site in sites for device in SiteDevices(site, "1", Pace(START, 0, 1)).all]
    fleet = Fleet(iotcore_broker.url, devices, lambda _: datetime.now(UTC))
    with listening(iotcore_broker.url) as listener:
        fleet.start()
        listener.wait_until(lambda: len(listener.states) == len(devices))
        fleet.leave()
        listener.wait_until(lambda: set(listener.states.values()) == {"offline"})
    assert len(fleet._connections) == len(sites)


def test_without_a_broker_the_simulation_goes_on_and_stops_when_told(free_port: Callable[[], int]) -> None:
    with simulating(f"mqtt://127.0.0.1:{free_port()}"):
        pass
