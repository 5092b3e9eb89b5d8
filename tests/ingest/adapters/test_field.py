"""What other products were seen to send in the field, with the right values, and whatever else may come."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.settings import DEFAULT_WORKSHOP_FILE
from ingest.adapters.adapter import Event, ForeignError, Skip, SkippedError
from ingest.adapters.mapping import Translation
from ingest.adapters.registered import Devices
from ingest.message import digest_message
from ingest.steps.batch import sort_messages
from ingest.store.write import prepare_connection, write_batch
from models.contract.liberal import settle
from models.contract.payloads import OdometerReading
from models.domain.odometer.reading import KM_PER_UNIT, Reading, judge_readings
from tests.fixtures.broker import Broker, Publish
from tests.fixtures.ingest import StartIngest, ask_ingest, wait_for_rows
from tests.ingest.adapters.test_adapters import (
    RULES,
    TRACCAR,
    VIN,
    WICAN,
    WICAN_TOPIC,
    make_adapters,
    received,
)

NOW = datetime(2026, 11, 21, 1, 31, 6, tzinfo=UTC)
TRACCAR_TOPIC = "traccar/positions"
DEVICES = Devices(
    vins={("s1", "861230043907626"): VIN, ("s1", "3c8427c4a9b1"): VIN, ("s1", "golf"): VIN},
    known_as={("s1", "AA:BB:CC:DD:EE:FF"): "golf"},
)
GOLF = "AA:BB:CC:DD:EE:FF"
MAPPINGS = """
[[ingest.adapter]]
topic = "wican/+/can/rx"
kind = "wican"
site = "s1"

[[ingest.adapter]]
topic = "traccar/positions"
kind = "traccar"
site = "s1"

[[ingest.adapter]]
topic = "cars/+/state"
kind = "json"
site = "s1"
odometer = [
    { name = "odo.miles", unit = "mi" },
    { name = "odo.mileage", unit = "km", scale = 0.1 },
]
"""
JSON = {"topic": "cars/+", "kind": "json", "site": "s1"}


def translate(
    mapping: dict[str, Any], topic: str, payload: bytes, first: datetime = NOW, now: datetime = NOW
) -> list[Event]:
    known = {digest_message(topic, payload): first}
    translation = Translation(make_adapters(mapping)._mapped, DEVICES, known)
    return translation(received(topic, payload, now))


def read(mapping: dict[str, Any], topic: str, payload: bytes, **times: datetime) -> OdometerReading:
    [(_, reading, _)] = translate(mapping, topic, payload, **times)
    assert isinstance(reading, OdometerReading)
    return reading


def read_km(mapping: dict[str, Any], topic: str, payload: bytes) -> int:
    odometer = read(mapping, topic, payload).odometer
    return round(odometer.value * KM_PER_UNIT[odometer.unit])


def find_skip(mapping: dict[str, Any], topic: str, payload: bytes) -> Skip:
    with pytest.raises(SkippedError) as skipped:
        translate(mapping, topic, payload)
    return skipped.value.why


def position(
    attributes: dict[str, Any],
    fix: datetime | str = NOW,
    device: datetime | str | None = None,
    server: datetime | None = NOW,
    unique_id: str = "861230043907626",
) -> bytes:
    fixed = {"fixTime": fix, "deviceTime": device or fix, "serverTime": server, "attributes": attributes}
    message = {"position": fixed, "device": {"uniqueId": unique_id}}
    return json.dumps(message, default=lambda at: at.isoformat(timespec="milliseconds")).encode()


@pytest.mark.parametrize(
    ("mapping", "topic", "payload"),
    [
        pytest.param(
            {**WICAN, "odometer": ["ODOMETER", "ODOMETER_MI"]},
            WICAN_TOPIC,
            b'{"SOC":1,"ODOMETER_MI":28092}',
            id="C1",
        ),
        pytest.param(WICAN, WICAN_TOPIC, b'{"SOC":1,"ODOMETER_MI":28092}', id="C2"),
        pytest.param(WICAN, WICAN_TOPIC, b'{"ODOMETER":null,"A6-Odometer":45210}', id="C3 next name"),
        pytest.param(WICAN, WICAN_TOPIC, b'{"ODOMETER": null ,"A6-Odometer":45210}', id="C3 spaces"),
        pytest.param(WICAN, WICAN_TOPIC, b'{"ODOMETER":"","A6-Odometer":45210}', id="C3 empty"),
        pytest.param(WICAN, WICAN_TOPIC, b'{"ODOMETER":0,"A6-Odometer":45210}', id="B3 in WiCAN"),
        pytest.param(WICAN, WICAN_TOPIC, b'{"SOC":nan,"ODOMETER":45210}', id="C12"),
        pytest.param(WICAN, WICAN_TOPIC, b'\xef\xbb\xbf{"ODOMETER":45210}\0', id="F7 and F8"),
        pytest.param(WICAN, WICAN_TOPIC, b"45210.00", id="C13"),
        pytest.param({**WICAN, "topic": "car/+/odo"}, "car/golf/odo", b"45210.00", id="C13 own topic"),
        pytest.param(WICAN, WICAN_TOPIC, b'{"ODOMETER":"45210"}', id="text"),
        pytest.param(
            {**JSON, "odometer": {"name": "mileage", "unit": "km", "scale": 0.1}},
            "cars/golf",
            b'{"mileage":452100}',
            id="C16",
        ),
        pytest.param(
            {**WICAN, "odometer": [{"name": "ODOMETER_MI", "unit": "mi"}, {"name": "mileage", "scale": 0.1}]},
            WICAN_TOPIC,
            b'{"mileage":452100}',
            id="C16 beside miles",
        ),
        pytest.param(
            {**TRACCAR, "odometer": "totalDistance"},
            TRACCAR_TOPIC,
            position({"odometer": 0, "totalDistance": 45210340}),
            id="B3 as the file says",
        ),
    ],
)
def test_a_mileage_is_read_in_its_own_unit(mapping: dict[str, Any], topic: str, payload: bytes) -> None:
    assert read_km(mapping, topic, payload) == 45210


@pytest.mark.parametrize(
    ("mapping", "topic", "payload", "why"),
    [
        pytest.param(
            {**WICAN, "without_odometer": "skip"}, WICAN_TOPIC, b'{"ODOMETER":null}', "not_known", id="C3"
        ),
        pytest.param(WICAN, WICAN_TOPIC, b'{"ODOMETER":"unavailable"}', "not_known", id="C3 in words"),
        pytest.param(WICAN, WICAN_TOPIC, b'{"ODOMETER":NaN}', "not_known", id="C12 as the mileage"),
        pytest.param(
            TRACCAR,
            TRACCAR_TOPIC,
            position({"odometer": None, "totalDistance": 1288120}),
            "not_known",
            id="C3 in Traccar",
        ),
        pytest.param(
            TRACCAR, TRACCAR_TOPIC, position({"odometer": 0, "totalDistance": 1288120}), "not_known", id="B3"
        ),
        pytest.param(
            WICAN,
            WICAN_TOPIC,
            b'{"bus":"0","type":"rx","ts":1,"frame":[{"id":2024,"dlc":8,"data":[4,65,166,0,6,229,128,0]}]}',
            "can_frames",
            id="C11",
        ),
        pytest.param(WICAN, WICAN_TOPIC, b"", "empty", id="a retained message deleted"),
        pytest.param(
            TRACCAR, TRACCAR_TOPIC, b'{"event":{"type":"deviceOnline"},"device":{}}', "event", id="an event"
        ),
    ],
)
def test_what_is_no_reading_is_skipped_and_never_refused(
    mapping: dict[str, Any], topic: str, payload: bytes, why: str
) -> None:
    assert find_skip(mapping, topic, payload) == why


def test_what_traccar_adds_up_is_never_mixed_with_an_odometer() -> None:  # B10
    believed = []
    for attributes in (
        {"totalDistance": 1288120},
        {"totalDistance": 1300000},
        {"odometer": 45210000, "totalDistance": 1310000},
        {"odometer": 0, "totalDistance": 1320000},
        {"odometer": 45230000, "totalDistance": 1330000},
    ):
        try:
            believed.append(read_km(TRACCAR, TRACCAR_TOPIC, position(attributes)))
        except (SkippedError, ForeignError):
            continue
    assert believed == [45210, 45230]


LOCAL = NOW + timedelta(hours=8)
ROLLED_BACK = NOW - timedelta(weeks=1024)
ROLLED_AHEAD = NOW + timedelta(weeks=1024)


@pytest.mark.parametrize(
    ("fix", "device", "server", "expected"),
    [
        pytest.param(LOCAL, LOCAL, NOW, NOW, id="C5"),
        pytest.param(ROLLED_AHEAD, NOW, NOW, NOW, id="C6"),
        pytest.param(ROLLED_BACK, ROLLED_BACK, NOW, NOW, id="B6"),
        pytest.param("0000-00-00T00:00:00", NOW, NOW, NOW, id="no date"),
        pytest.param("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", NOW, NOW, id="clocks never set"),
        pytest.param(NOW - timedelta(days=9), NOW, NOW, NOW, id="no satellites for days"),
        pytest.param(*[NOW - timedelta(days=9)] * 2, NOW, NOW - timedelta(days=9), id="no network for days"),
        pytest.param(NOW, ROLLED_BACK, None, NOW, id="without Traccar's own time"),
        pytest.param(
            *[LOCAL - timedelta(hours=9)] * 2,
            NOW - timedelta(hours=9),
            NOW - timedelta(hours=9),
            id="C5 heard late",
        ),
    ],
)
def test_a_position_is_dated_by_the_first_of_its_times_that_can_be_true(
    fix: datetime | str, device: datetime | str, server: datetime | None, expected: datetime
) -> None:
    payload = position({"odometer": 45210000}, fix, device, server)
    assert read(TRACCAR, TRACCAR_TOPIC, payload).at == expected


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        pytest.param(int((NOW - timedelta(days=21)).timestamp()), NOW - timedelta(days=21), id="B9"),
        pytest.param(
            int((NOW - timedelta(days=21)).timestamp()) * 1000, NOW - timedelta(days=21), id="B9 milliseconds"
        ),
        pytest.param("2026-10-31T09:31:06+08:00", NOW - timedelta(days=21), id="B9 text"),
        pytest.param("2026-10-31 09:31:06", NOW - timedelta(days=21), id="the site's zone"),
        pytest.param(int(NOW.timestamp()) + 8 * 3600, NOW - timedelta(hours=1), id="ahead"),
        pytest.param(17, NOW - timedelta(hours=1), id="seconds since it started"),
        pytest.param("1970-01-01 00:00:17", NOW - timedelta(hours=1), id="never set"),
        pytest.param(None, NOW - timedelta(hours=1), id="not known"),
    ],
)
def test_a_value_is_dated_by_its_own_time_or_else_by_when_its_bytes_first_came(
    timestamp: object, expected: datetime
) -> None:
    payload = json.dumps({"SOC": 81.5, "ODOMETER": 44000, "timestamp": timestamp}).encode()
    assert read(WICAN, WICAN_TOPIC, payload, first=NOW - timedelta(hours=1)).at == expected


@pytest.mark.parametrize(("seconds", "notes"), [(-60, 0), (2, 0), (60, 0), (8 * 3600, 1)])
def test_a_time_that_is_left_out_is_noted_where_the_clock_is_far_off(seconds: int, notes: int) -> None:
    at = NOW + timedelta(seconds=seconds)
    value = json.dumps({"ODOMETER": 44000, "timestamp": int(at.timestamp())}).encode()
    tracked = position({"odometer": 44000000}, at, at, NOW)
    for mapping, topic, payload in ((WICAN, WICAN_TOPIC, value), (TRACCAR, TRACCAR_TOPIC, tracked)):
        assert read(mapping, topic, payload).at == min(at, NOW)
        [(_, _, noted)] = translate(mapping, topic, payload)
        assert len(noted) == notes


@pytest.mark.parametrize(
    "vin", ["\ufffd" * 17, "00000000000000000", None, "", "N/A", "null", 17, [VIN]], ids=repr
)
def test_a_vehicle_that_cannot_be_read_is_the_registered_one(vin: object) -> None:  # C9
    values = json.dumps({"ODOMETER": 45210, "vin": vin}).encode()
    assert read({**WICAN, "vin": "vin"}, WICAN_TOPIC, values).vin == VIN
    forwarded = position({"odometer": 45210000, "vin": vin})
    assert read({**TRACCAR, "vin": "vin"}, TRACCAR_TOPIC, forwarded).vin == VIN


def test_a_mileage_beyond_every_odometer_is_passed_on_and_is_finite() -> None:  # A4
    largest = read_km(WICAN, WICAN_TOPIC, b'{"ODOMETER":3.4028234663852886e+38}')
    assert 1e9 < largest <= 1e10
    [(_, believed)] = judge(WICAN, WICAN_TOPIC, (NOW, b'{"ODOMETER":3.4028234663852886e+38}'))
    assert not believed
    double = b'{"ODOMETER_MI":1.7976931348623157e308}'
    assert (
        1e9
        < read_km({**WICAN, "odometer": {"name": "ODOMETER_MI", "scale": 1000}}, WICAN_TOPIC, double)
        <= 2e10
    )


def test_an_id_that_cannot_be_registered_is_mapped_by_the_registry_or_refused_with_the_command() -> None:
    payload = position({"odometer": 45210000}, unique_id="AA:BB:CC:DD:EE:FF")  # C15
    [(topic, reading, _)] = translate(TRACCAR, TRACCAR_TOPIC, payload)
    assert (topic.device, getattr(reading, "vin", None)) == ("golf", VIN)
    phone = position({"odometer": 45210000}, unique_id="+8613800000000")
    with pytest.raises(ForeignError, match=r"device add s1 .* --known-as '\+8613800000000'$"):
        translate(TRACCAR, TRACCAR_TOPIC, phone)


def test_a_key_with_dots_is_found_as_it_is_and_below_others() -> None:
    mapping = {**JSON, "odometer": {"name": "can.vehicle.mileage", "unit": "km"}}
    for document in (
        {"can.vehicle.mileage": 45210},
        {"can": {"vehicle.mileage": 45210}},
        {"can": {"vehicle": {"mileage": 45210}}},
        {"can": {"vehicle": None}, "can.vehicle": {"mileage": 45210}},
    ):
        assert read_km(mapping, "cars/golf", json.dumps(document).encode()) == 45210


def judge(mapping: dict[str, Any], topic: str, *messages: tuple[datetime, bytes]) -> list[tuple[int, bool]]:
    """Return what was read of messages that came one after the other, and whether it is believed."""
    readings = []
    for came_at, payload in messages:
        try:
            reading = read(mapping, topic, payload, first=came_at, now=came_at)
        except (SkippedError, ForeignError):
            continue
        km = reading.odometer.value * KM_PER_UNIT[reading.odometer.unit]
        readings.append(Reading(reading.at, km, "gw", received_at=came_at))
    verdicts = judge_readings(readings)
    return [(round(reading.km), verdict.trusted) for reading, verdict in zip(readings, verdicts, strict=True)]


def days(count: float) -> timedelta:
    return timedelta(days=count)


def test_a_retained_value_heard_weeks_later_spoils_no_series() -> None:  # B9
    def value(km: int, at: datetime) -> bytes:
        return json.dumps({"SOC": 81.5, "ODOMETER": km, "timestamp": int(at.timestamp())}).encode()

    hours = timedelta(hours=1)
    assert judge(
        WICAN,
        WICAN_TOPIC,
        (NOW - days(60), value(43000, NOW - days(60))),
        (NOW - days(40), value(43500, NOW - days(40))),
        (NOW, value(44000, NOW - days(21))),
        *((NOW + number * hours, value(45205 + 5 * number, NOW + number * hours)) for number in (1, 2, 3)),
    ) == [(43000, True), (43500, True), (44000, True), (45210, True), (45215, True), (45220, True)]


def test_a_tracker_that_counts_weeks_from_the_wrong_beginning_spoils_no_series() -> None:  # B6
    def forwarded_at(at: datetime, km: float, back: timedelta = timedelta()) -> tuple[datetime, bytes]:
        return at, position({"odometer": km * 1000}, at - back, at - back, at)

    assert judge(
        TRACCAR,
        TRACCAR_TOPIC,
        forwarded_at(NOW - days(3), 45100),
        forwarded_at(NOW - days(2), 45150),
        forwarded_at(NOW - days(1), 45210, back=days(7168)),
        forwarded_at(NOW - days(0.9), 45215),
        forwarded_at(NOW - days(0.5), 45230),
        forwarded_at(NOW, 45260),
    ) == [(45100, True), (45150, True), (45210, True), (45215, True), (45230, True), (45260, True)]


def test_what_traccar_adds_up_spoils_no_series() -> None:  # B3 and B10
    added_up = [1288120, 1300000, 1310000, 1320000]
    odometers = [None, 0, 45210000, 45230000]
    messages = [
        (at, position({"odometer": odometer, "totalDistance": total}, at, at, at))
        for number, (odometer, total) in enumerate(zip(odometers, added_up, strict=True))
        for at in [NOW - days(4 - number)]
    ]
    assert judge(TRACCAR, TRACCAR_TOPIC, *messages) == [(45210, True), (45230, True)]


@pytest.mark.parametrize(
    ("topic_filter", "topic", "is_mileage"),
    [
        ("cars/+/odometer", "cars/golf/odometer", True),
        ("cars/+/#", "cars/golf/metric/odometer", True),
        ("cars/+/#", "cars/golf/odometer/soc", False),
        ("odometer/+", "odometer/golf", True),
        ("soc/+", "soc/golf", False),
    ],
)
def test_a_plain_value_has_the_name_of_its_topic(topic_filter: str, topic: str, is_mileage: bool) -> None:
    mapping = {
        **JSON,
        "topic": topic_filter,
        "odometer": "odometer",
        "unit": "km",
        "without_odometer": "skip",
    }
    if is_mileage:
        assert read_km(mapping, topic, b"45210.12") == 45210
    else:
        assert find_skip(mapping, topic, b"81.5") == "without_odometer"


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = scalars | st.sampled_from(
    [45210, 0, -1, "45210", "unknown", "2026-11-21T01:30:00Z", 1e308, 10**400, NOW.isoformat(), VIN]
)
names = st.sampled_from(
    ["ODOMETER", "status", "timestamp", "vin", "frame", "bus", "a", "a.b", "position", "device", "uniqueId",
     "attributes", "odometer", "fixTime", "deviceTime", "serverTime", "event", "id", "0"]
)  # fmt: skip
documents = st.recursive(
    values,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=20,
)
forwarded = st.fixed_dictionaries(
    {},
    optional={
        "position": st.fixed_dictionaries(
            {"attributes": st.fixed_dictionaries({"odometer": values}, optional={"vin": values})},
            optional={"fixTime": values, "deviceTime": values, "serverTime": values},
        ),
        "device": st.fixed_dictionaries({"uniqueId": values}),
        "event": values,
    },
)
ANY_MAPPING = [
    {**JSON, "topic": "a/+/b", "device": "a.b", "vin": "vin", "time": "timestamp",
     "odometer": {"name": "a", "unit": "mi", "scale": 1e6}},
    {**JSON, "topic": "a/+/b", "vin": 2, "odometer": {"name": "b", "unit": "km"}, "without_odometer": "skip"},
    {**JSON, "topic": "a/+/b", "odometer": {"name": "0.a.0", "unit": "km"}},
    {**WICAN, "topic": "a/#", "vin": "vin"},
    {**TRACCAR, "topic": "a/+/b", "vin": "vin"},
]  # fmt: skip


@settings(deadline=None)
@given(
    st.sampled_from(ANY_MAPPING),
    st.binary(max_size=200) | (documents | forwarded).map(lambda document: json.dumps(document).encode()),
)
@example(ANY_MAPPING[0], b"[" * 100_000)
@example(ANY_MAPPING[0], b'{"a":' + b"9" * 5000 + b"}")
@example(ANY_MAPPING[3], b'{"ODOMETER":' + b"9" * 400 + b"}")
@example(ANY_MAPPING[3], b'{"ODOMETER":45210,"timestamp":' + b"9" * 400 + b"}")
@example(ANY_MAPPING[3], b'{"ODOMETER":1,"timestamp":1e400}')
def test_whatever_comes_is_a_reading_or_skipped_or_refused(mapping: dict[str, Any], payload: bytes) -> None:
    try:
        [mapped] = make_adapters(mapping)._mapped
        mapped.adapter.needs_first_time("a/golf/b", payload, NOW)
        events = translate(mapping, "a/golf/b", payload)
    except SkippedError:
        return
    except ForeignError as error:
        reason = str(error)
        events = []
        assert "\0" not in reason.encode().decode()
    for _, event, notes in events:
        for note in notes:
            assert len(note.sent) <= 64
        if isinstance(event, OdometerReading):
            assert 0 < event.odometer.value <= 1e10
            assert 0 < len(settle(event)[0].vin.encode()) <= 4 * 32
            assert event.at.tzinfo


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800"])
def test_a_note_of_what_no_database_holds_keeps_no_message_from_being_stored(
    database_url: str, escape: str
) -> None:
    mapped = b'{"ODOMETER":45210,"vin":"%s"}' % f"{VIN}{escape}".encode()
    of_the_contract = b'{"id":"1","at":"%s","vin":"%s","odometer":{"value":45210,"unit":"km"}}' % (
        NOW.isoformat().encode(),
        f"{VIN}{escape}".encode(),
    )
    messages = [
        received(WICAN_TOPIC, mapped),
        received("workshop/v1/s1/telematics/gw/odometer", of_the_contract),
    ]
    with psycopg.connect(database_url, autocommit=True) as connection:
        prepare_connection(connection)
        translate = make_adapters({**WICAN, "vin": "vin"}).prepare(connection, messages)
        write_batch(connection, sort_messages(messages, RULES, translate), RULES)
        stored = connection.execute("select vin, notes -> 0 ->> 'sent' from odometer_reading").fetchall()
    assert stored == [(VIN, f"{VIN}\ufffd")] * 2


def test_only_messages_without_a_time_are_remembered(database_url: str) -> None:
    frame = b'{"bus":"0","type":"rx","ts":1,"frame":[{"id":2024,"dlc":8,"data":[4,65,166,0,6,229,128,0]}]}'
    timed = json.dumps({"ODOMETER": 45210, "timestamp": int(NOW.timestamp()) - 60}).encode()
    payloads = [frame, timed, b'{"ODOMETER":null}', b'{"ODOMETER":45210}', b'{"ODO":45210}']
    with psycopg.connect(database_url, autocommit=True) as connection:
        prepare_connection(connection)
        messages = [received(WICAN_TOPIC, payload) for payload in payloads]
        make_adapters(WICAN).prepare(connection, messages)
        remembered = {digest for (digest,) in connection.execute("select digest from timeless_message")}
    assert remembered == {digest_message(WICAN_TOPIC, payload) for payload in payloads[3:]}


def test_what_the_field_sends_comes_out_right_through_broker_ingest_and_database(
    broker: Broker,
    database_url: str,
    start_ingest: StartIngest,
    publish: Publish,
    tmp_path: Path,
    free_port: Callable[[], int],
) -> None:
    workshop = tmp_path / "workshop.toml"
    workshop.write_text(DEFAULT_WORKSHOP_FILE.read_text() + MAPPINGS)
    with psycopg.connect(database_url) as connection:
        for vin, known_as in (
            ("V-MI", None),
            ("V-PRO", None),
            ("V-FRAMES", None),
            ("V-GOLF", GOLF),
            ("V-TEN", None),
        ):
            connection.execute(
                "insert into device (site, device, source, password_hash, vin, known_as, added_at)"
                " values ('s1', %s, 'telematics', '', %s, %s, now())",
                (vin.lower(), vin, known_as),
            )
    now = datetime.now(UTC)
    ago = now - timedelta(days=21)
    retained = json.dumps({"SOC": 81.5, "ODOMETER": 44000, "timestamp": int(ago.timestamp())}).encode()
    publish(broker.url, "wican/v-pro/can/rx", retained, retain=True)
    port = free_port()
    ingest = start_ingest(broker, database_url, port=port, BAYBOARD_WORKSHOP_FILE=str(workshop))
    frame = b'{"bus":"0","type":"rx","ts":1,"frame":[{"id":2024,"dlc":8,"data":[4,65,166,0,6,229,128,0]}]}'
    for number in range(40):
        publish(broker.url, "wican/v-frames/can/rx", frame.replace(b'"ts":1', b'"ts":%d' % number))
    publish(broker.url, "wican/v-mi/can/rx", b'{"SOC":nan,"ODOMETER_MI":28092}')
    publish(broker.url, "cars/v-ten/state", b'{"odo":{"mileage":452100}}')
    local = now + timedelta(hours=8)
    tracked = position({"odometer": 0, "totalDistance": 1288120}, local, local, now, GOLF)
    publish(broker.url, TRACCAR_TOPIC, tracked)
    publish(broker.url, TRACCAR_TOPIC, tracked.replace(b'"odometer": 0', b'"odometer": 45210340'))
    wait_for_rows(
        database_url,
        "select vin, round(km)::int from odometer_reading order by vin",
        [("V-GOLF", 45210), ("V-MI", 45210), ("V-PRO", 44000), ("V-TEN", 45210)],
    )
    with psycopg.connect(database_url) as connection:
        times: dict[str, datetime] = dict(
            connection.execute("select vin, at from odometer_reading").fetchall()
        )
        assert connection.execute("select count(*) from quarantined_message").fetchone() == (0,)
    assert abs(times["V-PRO"] - ago) < timedelta(seconds=2)
    assert abs(times["V-GOLF"] - now) < timedelta(seconds=2)
    assert ask_ingest(port, "/readyz")[0] == HTTPStatus.OK
    ingest.wait_for_line("topic carries messages that are no readings .*reason=can_frames .*v-frames")
    _, metrics = ask_ingest(port, "/metrics")
    assert 'bayboard_ingest_skipped_total{reason="can_frames"} 40.0' in metrics
    assert 'bayboard_ingest_skipped_total{reason="not_known"} 1.0' in metrics
