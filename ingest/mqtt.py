"""The edge to the broker: paho's types stop here.

Owns the persistent session, QoS 1, manual acknowledgement and reconnection for ever. Every
message is wrapped at once with its receive time and put into a bounded inbox; when the
inbox is full the network waits, so memory does not grow with what the broker holds.
"""

import socket
import ssl
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from paho.mqtt.client import PUBACK, Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from config.broker import read_broker_address
from ingest.inbox import Inbox
from ingest.message import ReceivedMessage
from ingest.metrics import Metrics

_log = structlog.get_logger()

_READ_AHEAD_BYTES = 64 * 1024
_PUBACK = bytes((PUBACK, 2))
_MAX_RECONNECT_SECONDS = 15
# As long as it takes to get what waited for us, after connecting or after the network had to wait.
_SETTLING = timedelta(seconds=5)


class _BufferedSocket:
    """A socket that reads ahead: paho asks for a byte or two at a time, each a system call.

    It tells paho of what it holds through `pending`, as a TLS socket does.
    """

    def __init__(self, plain: socket.socket) -> None:
        self._plain = plain
        self._held = b""
        self._position = 0

    def recv(self, size: int) -> bytes:
        """Return up to `size` bytes, from what is held if there is anything."""
        position = self._position
        if position >= len(self._held):
            self._held = self._plain.recv(_READ_AHEAD_BYTES)
            self._position = position = 0
        found = self._held[position : position + size]
        self._position = position + len(found)
        return found

    def pending(self) -> int:
        """Return how many bytes are held."""
        return len(self._held) - self._position

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


class _BufferedClient(Client):
    """A client whose plain TCP connection reads ahead; a TLS connection does so by itself."""

    def _create_socket(self) -> Any:
        plain = super()._create_socket()
        return _BufferedSocket(plain) if type(plain) is socket.socket else plain

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read until nothing is held, not once for every look at the socket."""
        status = super().loop_read(max_packets)
        while status == MQTTErrorCode.MQTT_ERR_SUCCESS and self._holds_bytes():
            status = super().loop_read(max_packets)
        return status

    def _holds_bytes(self) -> bool:
        return isinstance(self._sock, _BufferedSocket) and self._sock.pending() > 0

    def acknowledge(self, packet_ids: Sequence[int]) -> None:
        """Send one PUBACK for each id, all in one write."""
        if packet_ids:
            packets = b"".join(_PUBACK + packet_id.to_bytes(2) for packet_id in packet_ids)
            self._packet_queue(PUBACK, packets, packet_ids[-1], 1)


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
        ca_file: Path | None = None,
    ) -> None:
        self._filters = filters
        self._inbox = inbox
        self._clock = clock
        self._metrics = metrics
        self._connection = 0
        self._subscribed = False
        self._live_from = clock()
        self._client = client = _BufferedClient(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=True
        )
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.reconnect_delay_set(min_delay=1, max_delay=_MAX_RECONNECT_SECONDS)
        broker = read_broker_address(mqtt_url)
        self._address = (broker.host, broker.port)
        if broker.user:
            client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            client.tls_set(str(ca_file) if ca_file else None)

    @property
    def connected(self) -> bool:
        """Say whether the broker has us now, and has agreed to bring us what we want."""
        return self._client.is_connected() and self._subscribed

    def start(self) -> None:
        """Connect in the background, now or whenever the broker is there."""
        self._client.connect_async(*self._address)
        self._client.loop_start()

    def acknowledge(self, messages: Sequence[ReceivedMessage]) -> None:
        """Tell the broker that these are stored.

        A packet id means nothing on a later connection, so messages of an earlier one are
        left to be redelivered, and dropped then as duplicates.
        """
        self._client.acknowledge(
            [
                message.packet_id
                for message in messages
                if message.packet_id and message.connection == self._connection
            ]
        )

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
        self._subscribed = False
        self._settle()
        self._metrics.connections.inc()
        self._metrics.broker_up.set(1)
        client.subscribe([(topic_filter, 1) for topic_filter in self._filters])
        _log.info("connected to broker", session_kept=flags.session_present)

    def _on_connect_fail(self, _client: Client, _data: object) -> None:
        # paho keeps the reason to itself, but calls while it handles it.
        error = sys.exception()
        address = f"{self._address[0]}:{self._address[1]}"
        if isinstance(error, ssl.SSLCertVerificationError):
            _log.error("broker's certificate is not trusted", reason=error.verify_message, address=address)
        else:
            _log.warning("broker is away, trying again", reason=str(error), address=address)

    def _on_subscribe(
        self,
        _client: Client,
        _data: object,
        _packet_id: int,
        reasons: Sequence[ReasonCode],
        _props: Properties | None,
    ) -> None:
        answers = zip(self._filters, reasons, strict=True)
        refused = [topic_filter for topic_filter, reason in answers if reason.is_failure]
        self._subscribed = not refused
        if refused:
            _log.error("broker refuses subscriptions", filters=refused)

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
        received_at = self._clock()
        waited = self._inbox.put(
            ReceivedMessage(
                topic=_read_topic(message),
                payload=bytes(message.payload),
                received_at=received_at,
                packet_id=message.mid if message.qos else 0,
                connection=self._connection,
                live=received_at >= self._live_from and not message.retain,
            )
        )
        if waited:
            self._settle()

    def _settle(self) -> None:
        """Take nothing for live for a while: messages may come that waited for us."""
        self._live_from = self._clock() + _SETTLING


def _read_topic(message: MQTTMessage) -> str:
    """Return a message's topic; paho raises for one that is not UTF-8, which some brokers let pass."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return bytes(message._topic).decode(errors="replace")  # noqa: SLF001  # paho's only other way to it
