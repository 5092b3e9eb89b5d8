"""A device as it should be: it keeps what may not have arrived, whatever happens to the broker.

Owns what was published and not acknowledged, and, for a while, what was. Everything but three
callbacks belongs to the thread that publishes, so it needs no lock.
"""

import time
from collections import deque
from collections.abc import Callable

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from bayboard.bench.ingest.stream import Publication

_MOST_IN_FLIGHT = 1000


class KeepingDevice:
    """A device that keeps what the broker has not acknowledged, and for a while what it has.

    A broker that is killed forgets what it acknowledged since it last wrote its state. So what
    was acknowledged in the last `keep_seconds` before a connection was lost is sent again on the
    next one; ingest stores it once.
    """

    def __init__(self, port: int, keep_seconds: float) -> None:
        self._keep_seconds = keep_seconds
        self._acknowledged: deque[tuple[float, Publication]] = deque()
        self._outgoing: dict[int, Publication] = {}
        self._again: deque[Publication] = deque()
        # What paho's thread tells; everything else belongs to the thread that publishes.
        self._heard: deque[int] = deque()
        self._connections: deque[None] = deque()
        self._lost_at: float | None = None
        self.publications = self.resent = 0
        self._client = client = Client(
            CallbackAPIVersion.VERSION2, client_id="ledger-device", clean_session=False
        )
        client.max_inflight_messages_set(_MOST_IN_FLIGHT)
        client.reconnect_delay_set(1, 1)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.connect("127.0.0.1", port)
        client.loop_start()

    def publish(self, publication: Publication) -> None:
        """Send a message, after whatever is to be sent again."""
        self._settle()
        while self._again:
            self._send(self._again.popleft())
        self._send(publication)

    def flush(self, stop: Callable[[], bool]) -> None:
        """Wait until everything has been acknowledged."""
        while (self._outgoing or self._again) and not stop():
            if self._again:
                self._send(self._again.popleft())
            else:
                time.sleep(0.02)
            self._settle()

    def leave(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _send(self, publication: Publication) -> None:
        while len(self._outgoing) >= _MOST_IN_FLIGHT:
            time.sleep(0.005)
            self._settle()
        self.publications += 1
        self._outgoing[self._client.publish(*publication, qos=1).mid] = publication

    def _settle(self) -> None:
        """Take in what paho's thread has told."""
        now = time.monotonic()
        while self._heard:
            self._acknowledged.append((now, self._outgoing.pop(self._heard.popleft())))
        # While the broker is away nothing becomes older.
        oldest = (self._lost_at or now) - self._keep_seconds
        while self._acknowledged and self._acknowledged[0][0] < oldest:
            self._acknowledged.popleft()
        if self._connections:
            self._connections.clear()
            self.resent += len(self._acknowledged)
            self._again.extend(publication for _, publication in self._acknowledged)
            self._acknowledged.clear()
            self._lost_at = None

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        _flags: DisconnectFlags,
        _reason: ReasonCode,
        _p: Properties | None,
    ) -> None:
        self._lost_at = self._lost_at or time.monotonic()

    def _on_connect(
        self, _client: Client, _data: object, _flags: ConnectFlags, _reason: ReasonCode, _p: Properties | None
    ) -> None:
        self._connections.append(None)

    def _on_publish(
        self, _client: Client, _data: object, mid: int, _reason: ReasonCode, _p: Properties | None
    ) -> None:
        self._heard.append(mid)
