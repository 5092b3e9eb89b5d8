"""Publishes open reminders to MQTT, retained until they are done or dismissed.

Owns the connection to the broker and the order: first the broker takes a message, then it is written down
that it has. So a kill publishes the same bytes again, and loses nothing. What is published follows the
committed state; a broker that may have forgotten, because we are new to it, is told everything anew.
"""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import structlog
from paho.mqtt.client import Client, ConnectFlags
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from psycopg import Connection

from config.broker import read_broker_address
from models.database.connection import connect_service
from models.domain.service.published import name_reminder_topic
from models.queries.service.published import (
    Unpublished,
    find_unpublished,
    keep_published,
    take_publishing,
)

_log = structlog.get_logger()

_PAUSE_SECONDS = 5.0
_ANSWER_SECONDS = 10.0
_MAX_RECONNECT_SECONDS = 15
# As many as are under way at once: below what brokers hold in flight for one client.
_PORTION = 100


class Publisher:
    """Keeps the broker's retained reminders at what the database says; one process at a time does."""

    def __init__(
        self,
        *,
        database_url: str,
        mqtt_url: str,
        clock: Callable[[], datetime],
        ca_file: Path | None = None,
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        self._database_url = database_url
        self._clock = clock
        self._pause_seconds = pause_seconds
        self._stopping = threading.Event()
        self._connected = threading.Event()
        # Whether the broker may have forgotten what it was told.
        self._anew = True
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = lambda *_: self._connected.clear()
        self._client.reconnect_delay_set(min_delay=1, max_delay=_MAX_RECONNECT_SECONDS)
        broker = read_broker_address(mqtt_url)
        self._address = (broker.host, broker.port)
        if broker.user:
            self._client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            self._client.tls_set(str(ca_file) if ca_file else None)
        self._thread = threading.Thread(target=self._run, name="publish", daemon=True)

    def start(self) -> None:
        """Publish in the background, now or whenever broker and database are there."""
        self._client.connect_async(*self._address)
        self._client.loop_start()
        self._thread.start()

    def stop(self) -> None:
        """Leave the broker; what is retained stays."""
        self._stopping.set()
        self._connected.set()
        self._thread.join(_ANSWER_SECONDS)
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with connect_service(self._database_url, "bayboard-publish") as connection:
                    self._follow(connection)
            except (psycopg.OperationalError, psycopg.InternalError):
                self._stopping.wait(self._pause_seconds)
            except Exception:  # noqa: BLE001  # the top of a service loop
                _log.exception("publishing failed, trying again")
                self._stopping.wait(self._pause_seconds)

    def _follow(self, connection: Connection[Any]) -> None:
        ours = False
        while not self._stopping.is_set():
            ours = ours or take_publishing(connection)
            if ours and self._connected.wait(self._pause_seconds) and not self._stopping.is_set():
                self._publish_news(connection)
            self._stopping.wait(self._pause_seconds)

    def _publish_news(self, connection: Connection[Any]) -> None:
        anew, self._anew = self._anew, False
        news = find_unpublished(connection, anew=anew)
        for first in range(0, len(news), _PORTION):
            portion = news[first : first + _PORTION]
            if self._stopping.is_set() or not self._publish(portion):
                self._anew = anew or self._anew
                return
            keep_published(connection, portion, self._clock())
        if news:
            _log.info("published reminders", vehicles=len(news), anew=anew)

    def _publish(self, portion: Sequence[Unpublished]) -> bool:
        """Say whether the broker has taken all of it."""
        sent = [
            self._client.publish(
                name_reminder_topic(each.site, each.vin), each.payload or b"", qos=1, retain=True
            )
            for each in portion
        ]
        deadline = time.monotonic() + _ANSWER_SECONDS
        try:
            for message in sent:
                message.wait_for_publish(max(0.0, deadline - time.monotonic()))
        except (RuntimeError, ValueError):
            return False
        return all(message.is_published() for message in sent)

    def _on_connect(
        self,
        _client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _props: Properties | None,
    ) -> None:
        if reason.is_failure:
            _log.error("broker refused us", reason=str(reason), address=self._address[0])
            return
        self._anew = True
        self._connected.set()
