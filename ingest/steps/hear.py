"""What a batch hears of each device: how much, when last, and what that tells of its clock.

Owns which messages tell a device's time: those that carry a time of their own, not lists of
readings, nor a last will, which carries the time of connecting. Pure; how a clock is
measured is decided in `models.domain.device.clock`, and `ingest.steps.clocks` keeps it.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ingest.message import ReceivedMessage
from models.contract.payloads import DeviceStatus, FleetReadings, Message, VehicleReadings
from models.domain.device.clock import PAUSE, Clock, hear

DeviceKey = tuple[str, str]

_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Hearing:
    """What was heard of one device, and its clock as far as it is known by now."""

    source: str
    clock: Clock = field(default_factory=Clock)
    messages: int = 0
    last_received_at: datetime = _ALWAYS
    measured: bool = False
    correction: timedelta = field(init=False)
    # Until then a message tells nothing new of the clock; this is what keeps hearing cheap.
    _listens_from: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._know(self.clock)

    def take(self, event: Message, message: ReceivedMessage) -> None:
        """Count a message, and listen to what it tells of the clock."""
        self.count(message)
        if message.live and (message.received_at >= self._listens_from or isinstance(event, DeviceStatus)):
            self._listen(event, message.received_at)

    def count(self, message: ReceivedMessage) -> None:
        """Count a message."""
        self.messages += 1
        self.last_received_at = message.received_at

    def _listen(self, event: Message, received_at: datetime) -> None:
        if isinstance(event, DeviceStatus):
            if event.state == "online":
                self._know(hear(self.clock, event.at, received_at, announced=True))
        elif not isinstance(event, VehicleReadings | FleetReadings):
            self._know(hear(self.clock, event.at, received_at))

    def _know(self, clock: Clock) -> None:
        self.measured |= clock.measured_at != self.clock.measured_at
        self.clock = clock
        self.correction = clock.correction
        self._listens_from = clock.last.received_at + PAUSE if clock.last else _ALWAYS
