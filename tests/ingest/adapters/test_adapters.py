"""Other products' messages: read as their golden files say, stored once, refused with a reason."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString, get_args
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from bayboard.parts.ingest import make_rules
from config.adapters import Adapter, find_unit
from config.kit.topic_filter import express_filter, may_match_below
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import WorkshopError, load_workshop
from ingest.adapters.adapter import Event, ForeignError, SkippedError
from ingest.adapters.mapping import ADAPTERS, Adapters, Translation
from ingest.adapters.reading import make_signals
from ingest.adapters.registered import Devices
from ingest.message import ReceivedMessage, digest_message
from ingest.steps.batch import sort_messages
from ingest.store.write import Written, prepare_connection, write_batch
from models.contract.liberal import settle
from models.contract.payloads import (
    FleetReading,
    FleetReadings,
    Message,
    Reading,
    VehicleReadings,
    encode,
)
from tests.fixtures.broker import Broker, Publish
from tests.fixtures.ingest import StartIngest, wait_for_rows

ROOT = Path(__file__).parents[3]
GOLDEN = sorted((ROOT / "tests" / "golden" / "adapters").glob("*/*.expected.json"))
NOW = datetime(2026, 11, 21, 1, 31, 6, tzinfo=UTC)
EARLIER = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
VIN = "LSVAU2A37N2183294"
ZONES = {"s1": ZoneInfo("Asia/Shanghai")}
REGISTERED = Devices(
    vins={("s1", device): VIN for device in ("861230043907626", "3c8427c4a9b1", "8613800000000", "car-7")},
    known_as={("s1", "+1 555 0100"): "car-7"},
)
RULES = make_rules(load_workshop(DEFAULT_WORKSHOP_FILE))

WICAN = {"topic": "wican/+/can/rx", "kind": "wican", "site": "s1"}
WICAN_TOPIC = "wican/3c8427c4a9b1/can/rx"
TRACCAR = {"topic": "traccar/positions", "kind": "traccar", "site": "s1"}
POSITION = b'{"position":{"fixTime":"2026-11-21T01:30:00.000+00:00","attributes":{"odometer":45210000}},\
"device":{"uniqueId":"861230043907626"}}'


def received(topic: str, payload: bytes, at: datetime = NOW) -> ReceivedMessage:
    return ReceivedMessage(topic, payload, at, packet_id=1, connection=1)


def make_adapters(*mappings: dict[str, Any]) -> Adapters:
    return Adapters([Adapter.model_validate(mapping) for mapping in mappings], ZONES)


def read_golden(path: Path) -> tuple[dict[str, Any], bytes]:
    return json.loads(path.read_text()), Path(str(path).replace(".expected.", ".payload.")).read_bytes()


def describe_events(events: list[Event]) -> list[dict[str, Any]]:
    """Return events as golden files have them: in canonical form, with notes if there are any."""
    described = []
    for topic, event, left_out in events:
        settled, notes = settle(event)
        notes += left_out
        noted = {"notes": [note.express() for note in notes]} if notes else {}
        described.append({"topic": str(topic), "payload": msgspec.to_builtins(settled), **noted})
    return described


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}/{path.name.split('.')[0]}")
def test_a_golden_message_is_read_as_recorded(path: Path) -> None:
    golden, payload = read_golden(path)
    message = received(golden["topic"], payload)
    first = {digest_message(message.topic, payload): EARLIER}
    translation = Translation(make_adapters(golden["mapping"])._mapped, REGISTERED, first)
    if "refused" in golden:
        with pytest.raises(ForeignError) as refused:
            translation(message)
        assert str(refused.value) == golden["refused"]
    elif "skipped" in golden:
        with pytest.raises(SkippedError) as skipped:
            translation(message)
        assert skipped.value.why == golden["skipped"]
    else:
        assert describe_events(translation(message)) == golden["messages"]


def test_every_kind_of_adapter_is_known_to_all_who_must_know_it() -> None:
    kinds = set(ADAPTERS)
    page = (ROOT / "docs" / "adapters.md").read_text()
    assert set(get_args(Adapter.model_fields["kind"].annotation)) == kinds
    assert {path.parent.name for path in GOLDEN} == kinds
    assert {kind for kind in kinds if f'kind = "{kind}"' in page} == kinds


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_an_id_is_derived_from_the_bytes_and_fits_the_contract(some: bytes, other: bytes) -> None:
    ids = [digest_message(WICAN_TOPIC, payload).hex() for payload in (some, some, other)]
    assert ids[0] == ids[1]
    assert (ids[0] == ids[2]) == (some == other)
    assert len(ids[0]) <= 64


levels = st.lists(st.sampled_from(["a", "bc", "x.y", "+(", "", "工位"]), min_size=1, max_size=4)
filters = st.builds(
    lambda parts, end: "/".join([*parts, *end]),
    st.lists(st.sampled_from(["a", "bc", "x.y", "+", "", "工位"]), min_size=1, max_size=4),
    st.sampled_from([[], ["#"]]),
)


@given(levels.map("/".join), filters)
def test_a_filter_matches_what_the_broker_would_match(topic: str, topic_filter: str) -> None:
    matched = re.fullmatch(express_filter(topic_filter), topic, re.DOTALL) is not None
    assert matched == topic_matches_sub(topic_filter, topic)


@given(levels.map("/".join), filters)
def test_a_filter_that_matches_one_of_our_topics_may_match_below(topic: str, topic_filter: str) -> None:
    if topic_matches_sub(topic_filter, f"a/bc/{topic}"):
        assert may_match_below(topic_filter, "a/bc/")


@pytest.mark.parametrize(
    ("line", "wrong", "problem"),
    [
        ('topic = "wican/+/can/rx"', 'topic = "wican/#/rx"', "# stands alone, as the last level"),
        ('topic = "wican/+/can/rx"', 'topic = "wican+/rx"', r"\+ stands alone"),
        ('topic = "wican/+/can/rx"', 'topic = ""', "at least one character"),
        ('topic = "wican/+/can/rx"', 'topic = "$SYS/#"', "broker's own"),
        ('topic = "wican/+/can/rx"', 'topic = "workshop/#"', "matches topics below workshop/v1/"),
        ('topic = "wican/+/can/rx"', 'topic = "+/v1/s1"', "matches topics below workshop/v1/"),
        ('kind = "wican"', 'kind = "tesla"', "'json', 'traccar' or 'wican'"),
        ('site = "s1"', 'site = "s9"', "there is no site 's9' in this file"),
        ('unit = "km"', 'unit = "furlong"', "'km', 'mi' or 'm'"),
        ('unit = "km"', 'units = "km"', "units"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_line(
    tmp_path: Path, line: str, wrong: str, problem: str
) -> None:
    mapping = ["[[ingest.adapter]]", *(f'{key} = "{value}"' for key, value in WICAN.items()), 'unit = "km"']
    mapping[mapping.index(line)] = wrong
    text = DEFAULT_WORKSHOP_FILE.read_text() + "\n".join(["", *mapping, ""])
    path = tmp_path / "workshop.toml"
    path.write_text(text)
    expected = text.splitlines().index(wrong, text.splitlines().index("[[ingest.adapter]]")) + 1
    with pytest.raises(WorkshopError, match=f"workshop.toml:{expected}: ingest.adapter.0.*{problem}"):
        load_workshop(path)


def test_every_mapping_that_the_documentation_shows_is_accepted(tmp_path: Path) -> None:
    shown = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "adapters.md").read_text(), re.DOTALL)
    text = DEFAULT_WORKSHOP_FILE.read_text()
    commented = text.partition("# [[ingest.adapter]]")
    block = re.sub(r"(?m)^# ?", "", "".join(commented[1:]).partition("\n\n")[0])
    example = f"{text}\n{block}\n"
    path = tmp_path / "workshop.toml"
    path.write_text("\n".join([text, *shown]))
    assert len(load_workshop(path).ingest.adapters) == "".join(shown).count("[[ingest.adapter]]")
    path.write_text(example)
    assert len(load_workshop(path).ingest.adapters) == block.count("[[ingest.adapter]]") > 0


ANY_JSON = ['topic = "cars/+/state"', 'kind = "json"', 'site = "s1"']
KM = 'odometer = { name = "km", unit = "km" }'


@pytest.mark.parametrize(
    ("lines", "wrong", "problem"),
    [
        (ANY_JSON, 'kind = "json"', "say which value is the mileage: odometer = {"),
        ([*ANY_JSON, 'odometer = ""'], 'odometer = ""', "names at least one key"),
        ([*ANY_JSON, 'odometer = "a..b"'], 'odometer = "a..b"', "nothing between two dots, or at an end"),
        ([*ANY_JSON, 'odometer = ".a"'], 'odometer = ".a"', "nothing between two dots, or at an end"),
        ([*ANY_JSON, "odometer = []"], "odometer = []", "at least 1 item"),
        (
            [*ANY_JSON, "odometer = 7"],
            "odometer = 7",
            'is a name, a table { name = "mileage", unit = "km" }, or a list of both',
        ),
        ([*ANY_JSON, 'odometer = "mileage"'], 'odometer = "mileage"', "say the unit of mileage, km, mi or m"),
        (
            [*ANY_JSON, 'odometer = { name = "km", unit = "km", scale = 0 }'],
            'odometer = { name = "km", unit = "km", scale = 0 }',
            "scale: Input should be greater than 0",
        ),
        (
            [*ANY_JSON, 'odometer = ["ODOMETER", "ODOMETER_MI"]', 'unit = "km"'],
            'odometer = ["ODOMETER", "ODOMETER_MI"]',
            'ODOMETER_MI is in mi by its name, but unit is km: write { name = "ODOMETER_MI", unit = "mi" }',
        ),
        (
            [*ANY_JSON, 'odometer = ["a_km", "a_km"]'],
            'odometer = ["a_km", "a_km"]',
            "named more than once: a_km",
        ),
        ([*ANY_JSON, KM, "device = 4"], "device = 4", "'cars/+/state' has 3 levels, not 4"),
        ([*ANY_JSON, KM, "vin = 0"], "vin = 0", "levels of a topic are counted from 1"),
        ([*ANY_JSON, KM, "vin = true"], "vin = true", "a path in the message, or the number of a level"),
        ([*ANY_JSON, KM, 'time = "a."'], 'time = "a."', "nothing between two dots, or at an end"),
        (['topic = "cars"', *ANY_JSON[1:], KM], 'topic = "cars"', "no wildcard to name the device"),
        (
            ['topic = "w/+"', 'kind = "wican"', 'site = "s1"', 'time = "t"'],
            'time = "t"',
            'is for kind = "json"; where it is in messages of wican is known',
        ),
        (
            ['topic = "t"', 'kind = "traccar"', 'site = "s1"', 'odometer = ["odometer", "totalDistance"]'],
            'odometer = ["odometer", "totalDistance"]',
            "totalDistance is another signal than an odometer's: name one of them",
        ),
    ],
)
def test_a_mapping_that_could_not_be_read_is_refused_with_its_line_and_what_to_write(
    tmp_path: Path, lines: list[str], wrong: str, problem: str
) -> None:
    text = "\n".join([DEFAULT_WORKSHOP_FILE.read_text(), "[[ingest.adapter]]", *lines, ""])
    path = tmp_path / "workshop.toml"
    path.write_text(text)
    expected = text.splitlines().index(wrong, text.splitlines().index("[[ingest.adapter]]")) + 1
    with pytest.raises(WorkshopError) as refused:
        load_workshop(path)
    [said] = str(refused.value).splitlines()
    assert said.startswith(f"{path}:{expected}: ingest.adapter.0.")
    assert problem in said


@pytest.mark.parametrize("kind", ["traccar", "wican"])
def test_names_of_older_files_keep_their_meaning(kind: str) -> None:
    def read_odometer(odometer: object, unit: str | None = None) -> list[tuple[str, str, float]]:
        facts = Adapter.model_validate(
            {"topic": "x/+", "kind": kind, "site": "s1", "odometer": odometer, "unit": unit}
        )
        return [(one.path, one.unit, one.scale) for one in make_signals(facts, [], "km")]

    assert read_odometer("Odo", "mi") == [("Odo", "mi", 1)]
    assert read_odometer(["a", "b"]) == [("a", "km", 1), ("b", "km", 1)]
    assert read_odometer(["a", {"name": "b", "unit": "m", "scale": 10}], "mi") == [
        ("a", "mi", 1),
        ("b", "m", 10),
    ]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("ODOMETER_MI", "mi"),
        ("odometer_km", "km"),
        ("odometerMiles", "mi"),
        ("mileage.km", "km"),
        ("distance-m", "m"),
        ("mileage", None),
        ("km", None),
        ("A6-Odometer", None),
        ("state.reported.16", None),
        ("ODOMETER", None),
        ("MI_SINCE_SERVICE", None),
    ],
)
def test_a_name_says_its_unit_by_its_last_word(name: str, unit: str | None) -> None:
    assert find_unit(name) == unit


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        prepare_connection(connection)
        yield connection


def register(connection: psycopg.Connection, device: str, vin: str | None = VIN) -> None:
    connection.execute(
        "insert into device (site, device, source, password_hash, vin, added_at)"
        " values ('s1', %s, 'telematics', '', %s, now())",
        (device, vin),
    )


def write(
    connection: psycopg.Connection, adapters: Adapters, *messages: ReceivedMessage
) -> tuple[Written, int]:
    """Store messages as ingest does; return what was written and how many were skipped."""
    batch = sort_messages(messages, RULES, adapters.prepare(connection, messages))
    return write_batch(connection, batch, RULES), batch.skipped.total()


def rows(connection: psycopg.Connection, query: LiteralString) -> list[tuple[object, ...]]:
    return connection.execute(query).fetchall()


@pytest.mark.every_database
def test_a_message_without_a_time_is_stored_once_however_late_it_comes_again(
    connection: psycopg.Connection, database_url: str
) -> None:
    register(connection, "3c8427c4a9b1")
    adapters = make_adapters(WICAN)
    value = b'{"ODOMETER":45210}'
    first, _ = write(connection, adapters, received(WICAN_TOPIC, value, EARLIER))
    with psycopg.connect(database_url, autocommit=True) as of_another_process:
        prepare_connection(of_another_process)
        again, _ = write(
            of_another_process,
            adapters,
            received(WICAN_TOPIC, value, NOW + timedelta(hours=5)),
            received(WICAN_TOPIC, value, NOW),
        )
    write(connection, adapters, received(WICAN_TOPIC, b'{"ODOMETER":45211}', NOW))
    assert (first.stored, again.stored) == ({"odometer_reading": 1}, {"odometer_reading": 0})
    assert rows(connection, "select vin, at, km from odometer_reading order by km") == [
        (VIN, EARLIER, 45210.0),
        (VIN, NOW, 45211.0),
    ]


def test_the_first_time_is_kept_when_the_batch_that_brought_it_was_never_stored(
    connection: psycopg.Connection,
) -> None:
    register(connection, "3c8427c4a9b1")
    adapters = make_adapters(WICAN)
    value = b'{"ODOMETER":45210}'
    adapters.prepare(connection, [received(WICAN_TOPIC, value, EARLIER)])
    write(connection, adapters, received(WICAN_TOPIC, value, NOW))
    assert rows(connection, "select at, received_at from odometer_reading") == [(EARLIER, NOW)]


def test_a_status_that_comes_again_is_true_again(connection: psycopg.Connection) -> None:
    adapters = make_adapters({**WICAN, "topic": "wican/+/can/status"})
    topic = "wican/3c8427c4a9b1/can/status"
    for minutes, state in enumerate(("online", "offline", "online")):
        at = EARLIER + timedelta(minutes=minutes)
        write(connection, adapters, received(topic, b'{"status": "%s"}' % state.encode(), at))
    assert rows(connection, "select state from device_status order by at desc limit 1") == [("online",)]


def test_a_device_that_is_not_registered_to_a_vehicle_goes_to_quarantine(
    connection: psycopg.Connection,
) -> None:
    register(connection, "861230043907626", vin=None)
    write(connection, make_adapters(TRACCAR), received("traccar/positions", POSITION))
    assert rows(connection, "select site, device, topic, payload, reason from quarantined_message") == [
        (
            "s1",
            "861230043907626",
            "traccar/positions",
            POSITION,
            "device: 861230043907626 is not registered to a vehicle",
        )
    ]


def test_a_revoked_device_has_no_vehicle(connection: psycopg.Connection) -> None:
    register(connection, "861230043907626")
    connection.execute("update device set revoked_at = now()")
    written, _ = write(connection, make_adapters(TRACCAR), received("traccar/positions", POSITION))
    assert written.stored == {}
    assert len(written.quarantined) == 1


def test_a_time_ahead_of_ours_is_refused_in_other_products_messages_too(
    connection: psycopg.Connection,
) -> None:
    register(connection, "861230043907626")
    early = received("traccar/positions", POSITION, EARLIER - timedelta(hours=2))
    written, _ = write(connection, make_adapters(TRACCAR), early)
    assert written.quarantined == ["at: 2:00:00 ahead of our clock"]
    assert rows(connection, "select site, device from quarantined_message") == [("s1", "861230043907626")]


def test_what_the_workshop_skips_is_neither_stored_nor_refused(connection: psycopg.Connection) -> None:
    adapters = make_adapters({**WICAN, "without_odometer": "skip"})
    written, skipped = write(connection, adapters, received(WICAN_TOPIC, b'{"SOC":81.5}'))
    assert (written.stored, written.quarantined, skipped) == ({}, [], 1)


def test_a_topic_that_no_adapter_reads_goes_to_quarantine(connection: psycopg.Connection) -> None:
    written, _ = write(connection, make_adapters(WICAN), received("wican/x/battery", b"{}"))
    assert written.quarantined == [
        "topic: 'wican/x/battery' is not below workshop/v1/, and no adapter reads it"
    ]


@pytest.mark.parametrize(
    "batch",
    [
        VehicleReadings(
            id="b1", vin=VIN, unit="km", readings=(Reading(at=NOW, value=1), Reading(at=NOW, value=2))
        ),
        FleetReadings(
            id="b1",
            unit="km",
            readings=(FleetReading(vin="V1", at=NOW, value=1), FleetReading(vin="V2", at=NOW, value=2)),
        ),
    ],
    ids=lambda batch: type(batch).__name__,
)
def test_one_reading_from_the_future_refuses_the_whole_message_and_is_named(
    connection: psycopg.Connection, batch: Message
) -> None:
    before, _, after = encode(batch).rpartition(b"2026-11-21")
    message = received("workshop/v1/s1/telematics/gw/odometer", before + b"2026-11-22" + after)
    written, _ = write(connection, make_adapters(), message)
    assert written.stored == {}
    assert written.quarantined == ["readings[1].at: 1 day, 0:00:00 ahead of our clock"]


@pytest.mark.parametrize("share", [(), ("--share", "g", "--client-id", "one")], ids=["alone", "shared"])
def test_ingest_hears_the_mapped_topics_and_what_the_broker_retains_is_stored_once(
    broker: Broker,
    database_url: str,
    start_ingest: StartIngest,
    publish: Publish,
    tmp_path: Path,
    share: tuple[str, ...],
) -> None:
    mappings = [
        "\n".join(["[[ingest.adapter]]", *(f'{key} = "{value}"' for key, value in mapping.items()), ""])
        for mapping in (TRACCAR, WICAN)
    ]
    workshop = tmp_path / "workshop.toml"
    workshop.write_text("\n".join([DEFAULT_WORKSHOP_FILE.read_text(), *mappings]))
    with psycopg.connect(database_url) as connection:
        register(connection, "861230043907626", "V-TRACCAR")
        register(connection, "3c8427c4a9b1", "V-WICAN")

    command = start_ingest(broker, database_url, *share, BAYBOARD_WORKSHOP_FILE=str(workshop))
    position = (ROOT / "tests/golden/adapters/traccar/odometer.payload.json").read_bytes()
    publish(broker.url, "traccar/positions", position)
    publish(broker.url, WICAN_TOPIC, b'{"ODOMETER":7}', retain=True)
    both: list[tuple[object, ...]] = [("V-TRACCAR", 45210), ("V-WICAN", 7)]
    wait_for_rows(database_url, "select vin, round(km)::int from odometer_reading order by vin", both)
    command.kill()
    start_ingest(broker, database_url, *share, BAYBOARD_WORKSHOP_FILE=str(workshop))
    publish(broker.url, "traccar/positions", position)
    publish(broker.url, WICAN_TOPIC, b'{"ODOMETER":8}')
    wait_for_rows(
        database_url,
        "select vin, round(km)::int from odometer_reading order by vin, km",
        [*both, ("V-WICAN", 8)],
    )
