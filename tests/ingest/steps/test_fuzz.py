"""Whatever arrives is stored or refused with a reason: nothing raises, and what is stored has bounds."""

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bayboard.bench.ingest.malformed import HOSTILE, make_right, measure_malformed, spoil_many
from bayboard.parts.ingest import make_rules
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from ingest.message import ReceivedMessage
from ingest.steps.batch import Batch, sort_messages
from ingest.steps.rows import COLUMNS
from ingest.store.write import prepare_connection, write_batch
from models.contract.topics import KINDS_OF_SOURCE
from models.contract.values import EARLIEST, LATEST
from tests.rig.patience import rounds

NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)
RULES = make_rules(load_workshop(DEFAULT_WORKSHOP_FILE))
TOPICS = [
    f"workshop/v1/s1/{source}/d/{kind}" for source, kinds in KINDS_OF_SOURCE.items() for kind in sorted(kinds)
]
EDGES = [
    *HOSTILE,
    *(
        f"{year:04}-{day}T{time}{zone}"
        for year in (1, 1886, 1999, 2000, 2026, 2199, 2200, 9999)
        for day in ("01-01", "12-31", "02-29")
        for time in ("00:00:00", "23:59:59.999999")
        for zone in ("", "Z", "+14:00", "-12:00", "+23:59")
    ),
    *(sign * 2.0**power for sign in (1, -1) for power in (0, 8, 16, 24, 31, 32, 53, 63, 64, 1023)),
]
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(EDGES)
)
shapes = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


def receive(topic: str, payload: bytes) -> ReceivedMessage:
    return ReceivedMessage(topic, payload, NOW, packet_id=1, connection=1, live=True)


def judge(batch: Batch, messages: int) -> None:
    """Assert what holds of every batch: each message has one end, for a reason we meant, in bounds."""
    refused = {id(refusal.message) for refusal in batch.refusals}
    assert len(refused) == len(batch.refusals) <= messages
    for refusal in batch.refusals:
        assert refusal.error is None, refusal.reason
        assert ":" in refusal.reason
    for table, rows in batch.rows.items():
        for row in rows:
            for column, value in zip(COLUMNS[table], row, strict=True):
                assert not isinstance(value, float) or (isfinite(value) and 0 <= value <= 2e10), (
                    column,
                    value,
                )
                assert not isinstance(value, datetime) or EARLIEST <= value < LATEST, (column, value)
                assert not isinstance(value, str) or ("\0" not in value and value.encode()), (column, value)
            assert NOW - timedelta(days=3651) < row[COLUMNS[table].index("at")] < NOW + timedelta(days=1)


@given(topic=st.sampled_from(TOPICS) | st.text(max_size=40), payload=st.binary(max_size=300))
def test_any_bytes_on_any_topic_are_refused(topic: str, payload: bytes) -> None:
    batch = sort_messages([receive(topic, payload)], RULES)
    judge(batch, 1)
    assert batch.refusals


@given(topic=st.sampled_from(TOPICS), value=shapes)
def test_json_of_every_shape_is_stored_or_refused(topic: str, value: Any) -> None:
    batch = sort_messages([receive(topic, json.dumps(value).encode(errors="surrogatepass"))], RULES)
    judge(batch, 1)
    assert bool(batch.refusals) != bool(batch.rows)


def list_places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every field and item of a message."""
    inside = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    return [place for key, item in inside for place in ((*at, key), *list_places(item, (*at, key)))]


RIGHT = [make_right(number, NOW) for number in range(8)]
PLACES = [(which, message, place) for which, message in RIGHT for place in list_places(message)]


def put(message: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    copy = dict(message) if isinstance(message, dict) else list(message)
    copy[place[0]] = put(message[place[0]], place[1:], value)
    return copy


@pytest.mark.parametrize(
    ("which", "message", "place"),
    PLACES,
    ids=[f"{which}-{'.'.join(map(str, place))}" for which, _, place in PLACES],
)
def test_a_message_with_one_field_wrong_in_every_known_way_is_stored_or_refused(
    which: str, message: dict[str, Any], place: tuple[Any, ...]
) -> None:
    source, kind = which.split("/")
    for value in EDGES:
        payload = json.dumps(put(message, place, value)).encode(errors="surrogatepass")
        batch = sort_messages([receive(f"workshop/v1/s1/{source}/d/{kind}", payload)], RULES)
        judge(batch, 1)
        assert bool(batch.refusals) != bool(batch.rows)


@given(which=st.sampled_from(PLACES), value=shapes)
@example(which=PLACES[0], value="\ud800")
def test_a_message_with_one_field_of_any_shape_is_stored_or_refused(
    which: tuple[str, dict[str, Any], tuple[Any, ...]], value: Any
) -> None:
    (source, kind), message, place = which[0].split("/"), which[1], which[2]
    payload = json.dumps(put(message, place, value)).encode(errors="surrogatepass")
    judge(sort_messages([receive(f"workshop/v1/s1/{source}/d/{kind}", payload)], RULES), 1)


def test_malformed_messages_end_no_process() -> None:
    found = measure_malformed(rounds(1000, proof=50_000), random.randrange(2**32), datetime.now(UTC), print)
    assert found.sent == found.stored + found.quarantined
    assert found.crashes == 0
    assert not [reason for reason in found.reasons if reason.startswith(("unexpected", "database"))]


@pytest.mark.every_database
def test_malformed_messages_are_each_stored_or_quarantined_once(database_url: str) -> None:
    messages = [receive(*publication) for publication in spoil_many(1500, random.randrange(2**32), NOW)]
    with psycopg.connect(database_url, autocommit=True) as connection:
        prepare_connection(connection)
        for start in range(0, len(messages), 500):
            portion = messages[start : start + 500]
            batch = sort_messages(portion, RULES)
            judge(batch, len(portion))
            write_batch(connection, batch, RULES)
        ((ended,),) = connection.execute(
            "select count(*) from (select device from stage_scan union select device from labour_scan"
            " union select device from diagnostic_report union select device from odometer_reading"
            " union select device from work_order_change union select device from device_status"
            " union all select id::text from quarantined_message) as ended"
        ).fetchall()
    assert ended == len(messages)
