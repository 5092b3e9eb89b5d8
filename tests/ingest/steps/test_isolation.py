"""A message can only refuse itself, and an order that cannot be computed holds up no other."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from bayboard.parts.ingest import make_ingest
from config.settings import DEFAULT_WORKSHOP_FILE, Settings
from config.workshop import load_workshop
from ingest.message import ReceivedMessage
from ingest.service import Ingest
from models.contract.payloads import StageScan, encode
from tests.fixtures.processes import StartCommand

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
TOPIC = "workshop/v1/s1/scanner/bay-B07/stage"


def scan(number: int, work_order: str, stage: str = "received") -> ReceivedMessage:
    payload = encode(StageScan(id=str(number), at=NOW, work_order=work_order, stage=stage))
    return ReceivedMessage(TOPIC, payload, NOW, packet_id=number, connection=1)


@pytest.fixture
def ingest(database_url: str) -> Iterator[Ingest]:
    """An ingest that is given its messages by hand; no broker is asked."""
    settings = Settings.from_environment(
        {"BAYBOARD_DATABASE_URL": database_url, "BAYBOARD_MQTT_URL": "mqtt://127.0.0.1:1"}
    )
    made, _, _ = make_ingest(
        settings, load_workshop(DEFAULT_WORKSHOP_FILE), share=None, session="test", clock=lambda: NOW
    )
    yield made
    made._disconnect()


def ask(database_url: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        return connection.execute(query, values).fetchall()


class BrokenFor(frozenset[str]):
    """End stages that fail for one stage, as a fault of ours would."""

    def __contains__(self, stage: object) -> bool:
        if stage == "quality_check":
            raise ZeroDivisionError("a fault of ours")
        return super().__contains__(stage)


def break_rules(ingest: Ingest) -> None:
    object.__setattr__(ingest._rules, "end_stages", BrokenFor(ingest._rules.end_stages))


def test_a_message_that_breaks_its_order_is_refused_and_the_order_goes_on(
    database_url: str, ingest: Ingest
) -> None:
    break_rules(ingest)
    ingest._store([scan(1, "RO-1"), scan(2, "RO-2"), scan(3, "RO-1", "quality_check"), scan(4, "RO-3")])
    assert ask(database_url, "select work_order, stage from work_order order by 1") == [
        ("RO-1", "received"),
        ("RO-2", "received"),
        ("RO-3", "received"),
    ]
    [(reason, status)] = ask(database_url, "select reason, status from quarantined_message")
    assert "work order RO-1 cannot be computed: ZeroDivisionError: a fault of ours" in reason
    assert status == "new"
    assert ask(database_url, "select count(*) from projection_failure") == [(0,)]


def test_an_order_that_its_stored_events_break_is_listed_and_holds_up_no_other(
    database_url: str, ingest: Ingest, start_bayboard: StartCommand
) -> None:
    ingest._store([scan(1, "RO-1"), scan(2, "RO-2")])
    with psycopg.connect(database_url, autocommit=True) as connection:
        # What no version of ours reads: a change that does not say what changed.
        connection.execute(
            "insert into work_order_change"
            " (site, device, event_id, at, received_at, corrected_at, work_order, change)"
            " values ('s1', 'dms', '1', %(now)s, %(now)s, %(now)s, 'RO-1', %(said)s)",
            {"now": NOW, "said": Jsonb({"advisor": "Li"})},
        )
    ingest._store([scan(3, "RO-1", "washing"), scan(4, "RO-2", "washing"), scan(5, "RO-3")])
    assert ask(database_url, "select work_order, stage from work_order order by 1") == [
        ("RO-1", "received"),
        ("RO-2", "washing"),
        ("RO-3", "received"),
    ]
    assert ask(database_url, "select count(*) from stage_scan") == [(5,)]
    assert ask(database_url, "select count(*) from quarantined_message") == [(0,)]
    _, said = start_bayboard("doctor", BAYBOARD_DATABASE_URL=database_url).finish()
    assert any("WRONG  work orders: 1 stay as they were before: s1/RO-1" in line for line in said)

    ask(database_url, "delete from work_order_change returning site")
    ingest._store([scan(6, "RO-1", "ready")])
    assert ask(database_url, "select stage from work_order where work_order = 'RO-1'") == [("ready",)]
    assert ask(database_url, "select count(*) from projection_failure") == [(0,)]


def test_a_message_whose_rows_the_database_cannot_derive_is_refused_alone(
    database_url: str, ingest: Ingest
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "create function refuse_it() returns trigger language plpgsql as"
            " $$ begin raise exception 'no such car' using errcode = '22000'; end $$"
        )
        connection.execute(
            "create trigger refuse_it before insert on stage_interval for each row"
            " when (new.work_order = 'RO-2') execute function refuse_it()"
        )
    ingest._store([scan(number, f"RO-{number}") for number in range(1, 6)])
    assert ask(database_url, "select work_order from work_order order by 1") == [
        ("RO-1",),
        ("RO-3",),
        ("RO-4",),
        ("RO-5",),
    ]
    assert ask(database_url, "select reason from quarantined_message") == [("database: no such car",)]


def test_a_topic_and_a_payload_that_no_text_can_hold_are_quarantined(
    database_url: str, ingest: Ingest
) -> None:
    ingest._store([ReceivedMessage("a/\udcff\0/b", b"\0\xff", NOW, packet_id=1, connection=1)])
    assert ask(database_url, "select status, payload from quarantined_message") == [("new", b"\0\xff")]


@pytest.mark.parametrize(
    "stored", ["infinity", "-infinity", "4713-01-01 00:00:00+00 BC", "9999-12-31 23:00+00"]
)
def test_times_that_others_stored_and_python_has_not_hold_up_no_order(
    database_url: str, ingest: Ingest, stored: str
) -> None:
    ingest._store([scan(1, "RO-1"), scan(2, "RO-2")])
    for column in ("at", "received_at", "corrected_at"):
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(f"update stage_scan set {column} = %s where work_order = 'RO-1'", [stored])
    ingest._store([scan(3, "RO-1", "washing"), scan(4, "RO-2", "washing")])
    assert ask(database_url, "select stage from work_order where work_order = 'RO-2'") == [("washing",)]
    assert ask(database_url, "select count(*) from stage_scan") == [(4,)]
    assert ask(database_url, "select count(*) from projection_failure") == [(0,)]
