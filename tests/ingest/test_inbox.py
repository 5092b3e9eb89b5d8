"""The inbox between network and database, and acknowledgement only on the right connection."""

import threading
from datetime import UTC, datetime

from ingest.inbox import Inbox
from ingest.message import ReceivedMessage
from ingest.metrics import Metrics
from ingest.mqtt import Subscriber

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def message(number: int, size: int = 1, connection: int = 1) -> ReceivedMessage:
    return ReceivedMessage("t", b"x" * size, NOW, packet_id=number, connection=connection)


def test_messages_are_taken_in_order_and_up_to_both_limits() -> None:
    inbox = Inbox()
    for number in range(6):
        inbox.put(message(number, size=10))
    assert [m.packet_id for m in inbox.take(2)] == [0, 1]
    assert [m.packet_id for m in inbox.take(5, limit_bytes=15)] == [2, 3]
    assert [m.packet_id for m in inbox.take(5)] == [4, 5]


def test_a_full_inbox_makes_the_network_wait() -> None:
    for inbox in (Inbox(capacity=1), Inbox(capacity_bytes=10)):
        inbox.put(message(1, size=10))
        waiting = threading.Thread(target=inbox.put, args=(message(2),))
        waiting.start()
        waiting.join(0.1)
        assert waiting.is_alive()
        assert [m.packet_id for m in inbox.take(9)] == [1]
        waiting.join(5)
        assert not waiting.is_alive()
        assert [m.packet_id for m in inbox.take(9)] == [2]


def test_a_closed_inbox_gives_what_is_left_and_then_nothing_and_lets_the_network_go() -> None:
    inbox = Inbox(capacity=1)
    inbox.put(message(1))
    waiting = threading.Thread(target=inbox.put, args=(message(2),))
    waiting.start()
    inbox.close()
    waiting.join(5)
    assert not waiting.is_alive()
    assert [m.packet_id for m in inbox.take(9)] == [1]
    assert inbox.take(9) == []


def test_a_message_of_an_earlier_connection_is_not_acknowledged() -> None:
    subscriber = Subscriber(
        "mqtt://127.0.0.1:1", client_id="t", filters=[], inbox=Inbox(), clock=lambda: NOW, metrics=Metrics()
    )
    subscriber._connection = 2
    sent: list[int] = []
    subscriber._client.acknowledge = sent.extend  # type: ignore[method-assign, assignment]
    subscriber.acknowledge([message(1, connection=1), message(2, connection=2), message(0, connection=2)])
    assert sent == [2]
