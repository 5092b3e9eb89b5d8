"""Decoding and encoding of payloads, against golden files of every kind."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from models.contract.documents import describe_asyncapi, describe_payloads
from models.contract.liberal import settle
from models.contract.payloads import (
    MAX_PAYLOAD_BYTES,
    TYPES_OF_KIND,
    Customer,
    DeviceStatus,
    FleetReading,
    FleetReadings,
    Message,
    Reading,
    StageScan,
    Vehicle,
    VehicleReadings,
    WorkOrderChange,
    decode,
    encode,
    read_message,
)
from models.contract.topics import KINDS_OF_SOURCE, ContractError, Kind, parse_topic

GOLDEN = sorted((Path(__file__).parents[2] / "golden").glob("*.json"))
AT = datetime(2026, 11, 21, 1, 31, 5, tzinfo=UTC)

ids = st.text(min_size=1, max_size=64)
words = st.none() | st.text(max_size=64, min_size=1)
instants = st.datetimes(
    timezones=st.just(UTC) | st.just(timezone(timedelta(hours=8))),
    min_value=datetime(2000, 1, 2),  # noqa: DTZ001  # hypothesis adds the zone
)
distances = st.floats(min_value=0, max_value=1e7)
unset_or_word = st.just(UNSET) | words
messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(
        StageScan, id=ids, at=instants, work_order=ids, stage=ids, bay=words, technician=words, reason=words
    ),
    st.builds(
        VehicleReadings,
        id=ids,
        vin=st.text(min_size=1, max_size=32),
        unit=st.sampled_from(["km", "mi", "m"]),
        readings=st.lists(st.builds(Reading, at=instants, value=distances), min_size=1).map(tuple),
    ),
    st.builds(
        FleetReadings,
        id=ids,
        unit=st.sampled_from(["km", "mi", "m"]),
        readings=st.lists(
            st.builds(FleetReading, vin=st.text(min_size=1, max_size=32), at=instants, value=distances),
            min_size=1,
        ).map(tuple),
    ),
    st.builds(
        WorkOrderChange,
        id=ids,
        at=instants,
        work_order=ids,
        change=st.sampled_from(["opened", "updated", "cancelled"]),
        vehicle=st.just(UNSET) | st.builds(Vehicle, make=unset_or_word, model=unset_or_word),
        customer=st.just(UNSET) | st.builds(Customer, name=unset_or_word, waiting=st.booleans()),
        promised_at=st.just(UNSET) | st.none() | instants,
    ),
    st.builds(DeviceStatus, at=instants, state=st.sampled_from(["online", "offline"]), firmware=words),
)


def kind_of(message: Message) -> Kind:
    return next(kind for kind, types in TYPES_OF_KIND.items() if type(message) in types)


@given(messages)
def test_decoding_an_encoded_message_gives_its_canonical_form_and_that_itself(message: Message) -> None:
    try:
        settled, _ = settle(message)
    except ContractError:
        with pytest.raises(ContractError):
            decode(kind_of(message), encode(message))
        return
    assert decode(kind_of(message), encode(message)) == settled
    assert read_message(kind_of(settled), encode(settled)) == (settled, [])


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_messages_decode_as_recorded_and_satisfy_their_schema(path: Path) -> None:
    golden: dict[str, Any] = json.loads(path.read_text())
    kind = parse_topic(golden["topic"]).kind
    assert repr(decode(kind, json.dumps(golden["payload"]).encode())) == golden["decoded"]
    jsonschema.validate(golden["payload"], describe_payloads()[kind])


def test_there_is_a_golden_message_of_every_type() -> None:
    recorded = {json.loads(path.read_text())["decoded"].split("(")[0] for path in GOLDEN}
    assert recorded == {type_.__name__ for types in TYPES_OF_KIND.values() for type_ in types}


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        (Kind.STAGE, b"", "payload: not JSON"),
        (Kind.STAGE, b"\xff\xff", "payload: not utf-8 text at byte 0"),
        (Kind.STAGE, b'{"id":"1\xff"}', "payload: not utf-8 text at byte 8"),
        (Kind.STAGE, b"[]", r"payload: \[\] is not an object"),
        (Kind.STAGE, b'{"id":"1"}', "at: missing"),
        (Kind.STAGE, b'{"id":"","at":"2026-11-21T09:31:05Z","work_order":"x","stage":"y"}', "id: missing"),
        (
            Kind.STAGE,
            b'{"id":"1","at":"2026-11-21T09:31:05","work_order":"x","stage":"y"}',
            "at: .* has no offset such as",
        ),
        (
            Kind.STAGE,
            b'{"id":"1","at":"2026-02-30T09:31:05Z","work_order":"x","stage":"y"}',
            "at: '2026-02-30T09:31:05Z' is not a time",
        ),
        (Kind.STAGE, b'{"id":"1","at":17,"work_order":"x","stage":"y"}', "at: 17 is not a time"),
        (
            Kind.STAGE,
            b'{"id":"1","at":"2026-11-21T09:31:05Z","work_order":[],"stage":"y"}',
            r"work_order: \[\] is not a text",
        ),
        (
            Kind.LABOUR,
            b'{"id":"1","at":"2026-11-21T09:31:05Z","work_order":"x","job":"1","technician":"t","action":"go"}',
            "action: 'go' is not one of off, on",
        ),
        (
            Kind.ODOMETER,
            b'{"id":"1","at":"2026-11-21T09:31:05Z","vin":"v","odometer":{"value":-1,"unit":"km"}}',
            "odometer.value: -1.0 is not at least 0",
        ),
        (
            Kind.ODOMETER,
            b'{"id":"1","unit":"km","readings":[{"at":"2026-11-21T09:31:05Z","value":1}]}',
            "vin: missing",
        ),
        (Kind.ODOMETER, b'{"id":"1","unit":"km","vin":"v","readings":[]}', "readings: empty"),
        (Kind.WORK_ORDER, b'{"id":"1","at":"2026-11-21T09:31:05Z","work_order":"x"}', "change: missing"),
        (
            Kind.STATUS,
            b'{"at":"2026-11-21T09:31:05Z","state":"asleep"}',
            "state: 'asleep' is not one of offline, online",
        ),
    ],
)
def test_a_wrong_payload_is_refused_naming_the_field(kind: Kind, payload: bytes, reason: str) -> None:
    with pytest.raises(ContractError, match=f"^(readings\\[0\\]\\.)?{reason}"):
        decode(kind, payload)


def test_a_payload_over_the_limit_is_refused_and_one_at_the_limit_is_not() -> None:
    scan = encode(StageScan(id="1", at=AT, work_order="x", stage="y"))
    assert decode(Kind.STAGE, scan + b" " * (MAX_PAYLOAD_BYTES - len(scan)))
    with pytest.raises(ContractError, match="payload: 262145 bytes"):
        decode(Kind.STAGE, scan + b" " * (MAX_PAYLOAD_BYTES + 1 - len(scan)))


def test_asyncapi_has_a_channel_for_every_topic_and_a_message_for_every_kind() -> None:
    document = describe_asyncapi()
    assert {channel["address"] for channel in document["channels"].values()} == {
        f"workshop/v1/{{site}}/{source}/{{device}}/{kind}"
        for source, kinds in KINDS_OF_SOURCE.items()
        for kind in kinds
    } | {"workshop/v1/{site}/reminders/{vin}"}
    assert set(document["components"]["messages"]) == {*Kind, "reminders"}
