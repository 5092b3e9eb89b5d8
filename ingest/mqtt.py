"""The edge to the broker: paho's types stop here.

Owns the persistent session, QoS 1, manual acknowledgement and reconnection for ever. Every
message is wrapped at once with its receive time and put into a bounded inbox; when the
inbox is full the network waits, so memory does not grow with what the broker holds.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import unquote, urlsplit

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.message import ReceivedMessage
from ingest.metrics import Metrics

_log = structlog.get_logger()

_INBOX_MESSAGES = 20_000
_MAX_RECONNECT_SECONDS = 15
_DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}


class Inbox:
    """Messages that arrived and are not yet taken; bounded, for one producer and one consumer."""

    def __init__(self, capacity: int = _INBOX_MESSAGES) -> None:
        self._capacity = capacity
        self._messages: list[ReceivedMessage] = []
        self._changed = threading.Condition()
        self._closed = False

    def put(self, message: ReceivedMessage) -> None:
        """Add a message, waiting while the inbox is full; after `close` it is dropped."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._messages) < self._capacity or self._closed)
            if not self._closed:
                self._messages.append(message)
                self._changed.notify_all()

    def take(self, limit: int) -> list[ReceivedMessage]:
        """Wait for messages and take up to `limit`; an empty list means closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._messages or self._closed)
            taken, self._messages = self._messages[:limit], self._messages[limit:]
            self._changed.notify_all()
            return taken

    def close(self) -> None:
        """Let `take` return what is left and then nothing; what still comes stays with the broker."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class Subscriber:
    """A persistent subscription that feeds an inbox and acknowledges on demand."""

    def __init__(
        self,
        mqtt_url: str,
        *,
        client_id: str,
        filters: Sequence[str],
        inbox: Inbox,
        clock: Callable[[], datetime],
        metrics: Metrics,
    ) -> None:
        self._filters = filters
        self._inbox = inbox
        self._clock = clock
        self._metrics = metrics
        self._connection = 0
        self._client = client = Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=True
        )
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.reconnect_delay_set(min_delay=1, max_delay=_MAX_RECONNECT_SECONDS)
        url = urlsplit(mqtt_url)
        self._address = (url.hostname or "localhost", url.port or _DEFAULT_PORTS[url.scheme])
        if url.username:
            client.username_pw_set(unquote(url.username), unquote(url.password or ""))
        if url.scheme == "mqtts":
            client.tls_set()

    @property
    def connected(self) -> bool:
        """Say whether the broker has us now."""
        return self._client.is_connected()

    def start(self) -> None:
        """Connect in the background, now or whenever the broker is there."""
        self._client.connect_async(*self._address)
        self._client.loop_start()

    def acknowledge(self, messages: Sequence[ReceivedMessage]) -> None:
        """Tell the broker that these are stored.

        A packet id means nothing on a later connection, so messages of an earlier one are
        left to be redelivered, and dropped then as duplicates.
        """
        for message in messages:
            if message.packet_id and message.connection == self._connection:
                self._client.ack(message.packet_id, 1)

    def stop(self) -> None:
        """Leave the broker; it keeps the session and what was not acknowledged."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self,
        client: Client,
        _data: object,
        flags: ConnectFlags,
        reason: ReasonCode,
        _props: Properties | None,
    ) -> None:
        if reason.is_failure:
            _log.error("broker refused us", reason=str(reason), address=self._address[0])
            return
        self._connection += 1
        self._metrics.connections.inc()
        self._metrics.broker_up.set(1)
        client.subscribe([(topic_filter, 1) for topic_filter in self._filters])
        _log.info("connected to broker", session_kept=flags.session_present)

    def _on_connect_fail(self, _client: Client, _data: object) -> None:
        _log.warning("broker is away, trying again", address=f"{self._address[0]}:{self._address[1]}")

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _props: Properties | None,
    ) -> None:
        self._metrics.broker_up.set(0)
        if reason.is_failure:
            _log.warning("lost the broker, trying again", reason=str(reason))

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._inbox.put(
            ReceivedMessage(
                topic=message.topic,
                payload=bytes(message.payload),
                received_at=self._clock(),
                packet_id=message.mid if message.qos else 0,
                connection=self._connection,
            )
        )
