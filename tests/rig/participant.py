"""A client of a real broker for tests: it is let in or not, hears, publishes and vanishes."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tests.rig.patience import PATIENCE_SECONDS


class Participant:
    """A client that remembers what it is told, and says whether it was let in."""

    def __init__(
        self, url: str, client_id: str = "", *, keeps_session: bool = False, ca_file: Path | None = None
    ) -> None:
        self.topics: list[str] = []
        self.connected = False
        self.refusal: str | None = None
        self._news = threading.Condition()
        self._url = urlsplit(url)
        self.client = client = Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=not keeps_session
        )
        client.username_pw_set(self._url.username and unquote(self._url.username), self._url.password)
        if ca_file:
            client.tls_set(str(ca_file))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = lambda *_: self._tell(subscribed=True)
        self.subscribed = False

    def __enter__(self) -> Self:
        self.client.connect(self._url.hostname or "", self._url.port or 0)
        self.client.loop_start()
        self.wait_until(lambda: self.connected or self.refusal is not None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def subscribe(self, *filters: str) -> Self:
        self.client.subscribe([(one, 1) for one in filters])
        self.wait_until(lambda: self.subscribed)
        return self

    def publish(self, topic: str, payload: bytes = b"{}") -> None:
        """Publish and wait for the acknowledgement, which comes whether it is allowed or not."""
        published = self.client.publish(topic, payload, qos=1)
        published.wait_for_publish(PATIENCE_SECONDS)
        assert published.is_published()

    def vanish(self) -> None:
        """Lose the connection without a goodbye, so that the broker says the last will."""
        connection = self.client.socket()
        assert isinstance(connection, socket.socket)
        connection.shutdown(socket.SHUT_RDWR)
        self.wait_until(lambda: not self.connected)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(holds, PATIENCE_SECONDS), f"heard {self.topics}, {self.refusal}"

    def _tell(self, **news: object) -> None:
        with self._news:
            for name, value in news.items():
                setattr(self, name, value)
            self._news.notify_all()

    def _on_connect(
        self, _c: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, _props: Properties | None
    ) -> None:
        if reason.is_failure:
            self.client.disconnect()
            self._tell(refusal=str(reason))
        else:
            self._tell(connected=True)

    def _on_disconnect(
        self,
        _c: Client,
        _data: object,
        _flags: DisconnectFlags,
        _reason: ReasonCode,
        _props: Properties | None,
    ) -> None:
        self._tell(connected=False)

    def _on_message(self, _c: Client, _data: object, message: MQTTMessage) -> None:
        self._tell(topics=[*self.topics, message.topic])
