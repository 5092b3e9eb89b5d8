"""A device's connection to the broker: paho's types stop here.

Owns an outbox that keeps every message, in order, until the broker has acknowledged it; the
status that says online, the last will that says offline; and reconnection for ever. One
message is in flight at a time, as with most scanners, which is what keeps the order.
"""

import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from config.broker import read_broker_address
from models.contract.payloads import DeviceStatus, encode
from models.contract.topics import Kind
from simulators.devices.site_devices import Device

_MAX_RECONNECT_SECONDS = 15
# What a device believes that the time is.
DeviceClock = Callable[[Device], datetime]


class DeviceConnection:
    """One MQTT client, for one device or, where there are very many, for several.

    A client has one last will: when it speaks for several devices, it has none.
    """

    def __init__(
        self,
        mqtt_url: str,
        devices: Sequence[Device],
        clock: DeviceClock,
        ca_file: Path | None = None,
    ) -> None:
        self._devices = devices
        self._clock = clock
        self._outbox: deque[tuple[str, bytes, bool]] = deque()
        # Taken from publishing until the acknowledgement, and never waited for: paho calls back
        # with a lock of its own held, so that waiting for one of ours could lock up.
        self._in_flight = threading.Lock()
        self._greetings: set[int] = set()
        self.trouble: str | None = None
        """Why the broker does not have us; None while it has, and before the first try."""
        broker = read_broker_address(mqtt_url)
        self._address = (broker.host, broker.port)
        name = f"bayboard-sim-{devices[0].site}-{devices[0].name}"
        self._client = client = Client(CallbackAPIVersion.VERSION2, client_id=name)
        if broker.user:
            client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            client.tls_set(str(ca_file) if ca_file else None)
        client.reconnect_delay_set(min_delay=1, max_delay=_MAX_RECONNECT_SECONDS)
        client.on_pre_connect = self._on_pre_connect
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish

    @property
    def outstanding(self) -> int:
        """Say how many messages the broker has not acknowledged."""
        return len(self._outbox)

    def start(self) -> None:
        """Connect in the background, now or whenever the broker is there."""
        self._client.connect_async(*self._address)
        self._client.loop_start()

    def submit(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Put a message into the outbox; it is sent as soon as those before it have arrived."""
        self._outbox.append((topic, payload, retain))
        self._send_next()

    def say_offline(self) -> None:
        """Let every device say that it is going, after all it had to say."""
        for device in self._devices:
            self.submit(*self._write_status(device, "offline"), retain=True)

    def begin_leaving(self) -> None:
        """Disconnect without the last will; several connections may do so side by side."""
        self._client.disconnect()

    def finish_leaving(self) -> None:
        """Wait until the network thread has ended."""
        self._client.loop_stop()

    def _send_next(self) -> None:
        while self._outbox and self._client.is_connected() and self._in_flight.acquire(blocking=False):
            if self._outbox:  # another thread may have emptied it before we had the turn
                topic, payload, retain = self._outbox[0]
                self._client.publish(topic, payload, qos=1, retain=retain)
                return
            self._in_flight.release()

    def _write_status(self, device: Device, state: Literal["online", "offline"]) -> tuple[str, bytes]:
        status = DeviceStatus(at=self._clock(device), state=state, firmware=device.firmware)
        return str(device.name_topic(Kind.STATUS)), encode(status)

    def _on_pre_connect(self, client: Client, _data: object) -> None:
        if len(self._devices) == 1:
            client.will_set(*self._write_status(self._devices[0], "offline"), qos=1, retain=True)

    def _on_connect(
        self,
        client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _props: Properties | None,
    ) -> None:
        if reason.is_failure:
            self.trouble = f"broker refused us: {reason}"
            return
        self.trouble = None
        for device in self._devices:
            greeting = client.publish(*self._write_status(device, "online"), qos=1, retain=True)
            self._greetings.add(greeting.mid)
        self._send_next()

    def _on_connect_fail(self, _client: Client, _data: object) -> None:
        # paho keeps the reason to itself, but calls while it handles it.
        self.trouble = f"no connection: {sys.exception()}"

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _props: Properties | None,
    ) -> None:
        if reason.is_failure and self.trouble is None:
            self.trouble = f"lost the connection: {reason}"

    def _on_publish(
        self, _client: Client, _data: object, mid: int, _reason: ReasonCode, _props: Properties | None
    ) -> None:
        if mid in self._greetings:
            self._greetings.remove(mid)
            return
        self._outbox.popleft()
        self._in_flight.release()
        self._send_next()
