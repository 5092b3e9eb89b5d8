"""All devices of a simulation as MQTT clients: who carries whose messages, and how they are doing.

Owns the number of connections and the lines about them in the log: one when the broker goes
away and one when all are back, not one for every device and try.
"""

import threading
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import structlog

from simulators.devices.client import DeviceClock, DeviceConnection
from simulators.devices.sending import Sending
from simulators.devices.site_devices import Device

_log = structlog.get_logger()

# Beyond this many devices a site's share one connection, and so do without last wills.
MOST_CONNECTIONS = 50
_LEAVE_SECONDS, _LEAVE_STEPS = 3.0, 60


class Fleet:
    """The connections of every device."""

    def __init__(
        self,
        mqtt_url: str,
        devices: Sequence[Device],
        clock: DeviceClock,
        ca_file: Path | None = None,
    ) -> None:
        groups = [[device] for device in devices]
        if len(devices) > MOST_CONNECTIONS:
            groups = [list(group) for _, group in groupby(devices, key=lambda device: device.site)]
        self._connections = [DeviceConnection(mqtt_url, group, clock, ca_file) for group in groups]
        self._carriers = {
            device: connection
            for group, connection in zip(groups, self._connections, strict=True)
            for device in group
        }
        self._broker_missed = False
        self.submitted = 0

    @property
    def outstanding(self) -> int:
        """Say how many messages no broker has acknowledged."""
        return sum(connection.outstanding for connection in self._connections)

    def start(self) -> None:
        """Let every device connect in the background."""
        for connection in self._connections:
            connection.start()

    def submit(self, sending: Sending) -> None:
        """Hand a message to its device."""
        self._carriers[sending.device].submit(sending.topic, sending.write())
        self.submitted += 1

    def look_at_broker(self) -> None:
        """Log when the broker went away or came back since the last look."""
        troubles = [connection.trouble for connection in self._connections if connection.trouble]
        if troubles and not self._broker_missed:
            _log.warning(
                "broker is away, devices keep their messages", why=troubles[0], devices=len(troubles)
            )
        elif self._broker_missed and not troubles:
            _log.info("all devices are connected again", kept=self.outstanding)
        self._broker_missed = bool(troubles)

    def leave(self) -> None:
        """Say offline, give a broker that is there three seconds to acknowledge everything."""
        for connection in self._connections:
            connection.say_offline()
        patience = threading.Event()
        for _ in range(_LEAVE_STEPS):
            if not self.outstanding or all(connection.trouble for connection in self._connections):
                break
            patience.wait(_LEAVE_SECONDS / _LEAVE_STEPS)
        if self.outstanding:
            _log.warning("left with messages the broker did not acknowledge", messages=self.outstanding)
        for connection in self._connections:
            connection.begin_leaving()
        for connection in self._connections:
            connection.finish_leaving()
