"""A link to a customer's own page is made when its message leaves, ends with it, and is in no table."""

import re
from datetime import timedelta

import psycopg
import pytest
from alembic import command
from psycopg.types.json import Jsonb

from bayboard.bench.deliveries.receiver import Reply
from models.database.engine import connect_database
from models.domain.delivery import Role
from models.migrations.run import alembic_config, migrate
from models.queries.board.progress.visit import hash_token
from reminders.delivery.channels import TargetError, open_channels
from tests.fixtures.outbox import MakeReceiver, Outbox
from tests.fixtures.visit import Visits
from tests.rig.garage import WORKSHOP
from tests.rig.scan_tables import find_in_tables

MINUTE = timedelta(minutes=1)
READY = {
    "role": Role.CUSTOMER,
    "recipient": "C1",
    "template": "ready_for_pickup",
    "work_order": "RO-1",
    "payload": {"with_link": True, "phone": "13812345678", "plate": "沪A12345"},
}
ECHO = Reply(503, body=b"cannot send to 13812345678", taken=False)


@pytest.fixture
def linked(visits: Visits, outbox: Outbox) -> Outbox:
    """The outbox of a shop whose visit RO-1 is open, and which knows its own address."""
    visits.open("RO-1")
    outbox.public_url = "https://board.example.com"
    return outbox


def read_token(body: str) -> str:
    found = re.search(r"https://board\.example\.com/progress/([\w-]{32})", body)
    assert found
    return found[1]


def test_a_message_leaves_with_a_link_that_no_table_holds(
    linked: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver(ECHO)
    linked.add_channel(f"json://127.0.0.1:{receiver.port}/{{recipient}}", audience="customer")
    linked.put("ready/1", **READY)
    linked.send()
    linked.send(timedelta(hours=1))
    tokens = [read_token(request.content["message"]) for request in receiver.requests]
    assert linked.states == {"ready/1": "sent"}
    assert linked.read("select token_hash, revoked_at from progress_link order by made_at") == [
        (hash_token(token), None) for token in tokens
    ]
    with psycopg.connect(linked.url) as connection:
        assert [find_in_tables(connection, token) for token in tokens] == [[], []]
        kept = connection.execute("select detail from delivery_attempt where detail is not null").fetchall()
    assert kept, "what the receiver answered is kept"
    assert "13812345678" not in repr(kept), "but not whom it was for"


def test_the_links_of_a_message_end_when_it_is_withdrawn(linked: Outbox, make_receiver: MakeReceiver) -> None:
    receiver = make_receiver(Reply(503, taken=False))
    linked.add_channel(f"json://127.0.0.1:{receiver.port}/{{recipient}}", audience="customer")
    linked.put("ready/1", **READY)
    linked.send()
    linked.write("update outbox_message set state = 'cancelled', settled_at = now()")
    assert linked.read("select count(*), count(revoked_at) from progress_link") == [(1, 1)]


def test_without_an_address_of_our_own_there_is_no_link(linked: Outbox, make_receiver: MakeReceiver) -> None:
    receiver = make_receiver()
    linked.public_url = None
    linked.add_channel(f"json://127.0.0.1:{receiver.port}/{{recipient}}", audience="customer")
    linked.put("ready/1", **READY)
    linked.send()
    assert linked.states == {"ready/1": "sent"}
    assert linked.read("select * from progress_link") == []


@pytest.mark.parametrize(
    "written", ["a@x.com,b@evil.com", "a@x.com;b@evil.com", "a b", "a\nb", "[a]", "a\x00b", "<a>"]
)
@pytest.mark.parametrize("target", ["recipient", "email"])
def test_a_recipient_is_one_person(outbox: Outbox, target: str, written: str) -> None:
    outbox.add_channel(f"json://127.0.0.1/{{{target}}}")
    [channel] = open_channels(WORKSHOP.model_copy(update={"channels": outbox.channels}), {})
    with pytest.raises(TargetError):
        channel.address({"email": written}, written)


def test_no_value_writes_a_line_of_its_own(outbox: Outbox, make_receiver: MakeReceiver) -> None:
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}/hook")
    outbox.put("RO-1\nPay here: evil.example", payload={"bay": "B07\r\nPay here\u2028now\x85too"})
    outbox.send()
    [request] = receiver.requests
    assert request.content["title"].startswith("Bayboard Motors, Pudong: RO-1 Pay here: evil.example is in")
    assert request.content["message"] == "bay: B07 Pay here now too"


def test_links_that_an_older_version_wrote_into_the_outbox_go(empty_database_url: str) -> None:
    engine = connect_database(empty_database_url)
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0014")
    engine.dispose()
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        for number, state in enumerate(("sent", "waiting", "cancelled", "dead")):
            link = {"link": f"https://board.example.com/progress/token-{state}"}
            connection.execute(
                "insert into outbox_message (event_key, site, recipient_role, template, payload, created_at,"
                " due_at, state) values (%s, 's1', 'customer', 'ready_for_pickup', %s, now(), now(), %s)",
                [str(number), Jsonb(link), state],
            )
            connection.execute(
                "insert into progress_link (token_hash, site, work_order, made_at)"
                " values (%s, 's1', 'RO-1', now())",
                [hash_token(f"token-{state}")],
            )
        migrate(empty_database_url)
        assert find_in_tables(connection, "/progress/", "token-") == []
        assert connection.execute(
            "select state, revoked_at is null from progress_link"
            " join outbox_message on outbox_message.id = message_id order by 1"
        ).fetchall() == [("cancelled", False), ("dead", False), ("sent", True), ("waiting", False)]
