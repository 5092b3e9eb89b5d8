"""WiCAN OBD adapters (AutoPID over MQTT): named values under `wican/{device}/…`.

A flat object such as `{"ODOMETER": 45210, "SOC": 81.5}` is an odometer reading, and so is a plain value on
a topic of its own; the object `{"status": "online"}` of the status topic is a status. Seen in wican-fw 4
(`main/autopid.c`, `main/mqtt.c`): values are published retained, at QoS 0, without an id; those of a
WiCAN Pro with a `timestamp`. In CAN mode it publishes raw frames, which are no readings.
"""

from collections.abc import Iterable
from typing import ClassVar

from ingest.adapters.adapter import Event, ForeignMessage, Registry, Skip, SkippedError
from ingest.adapters.plain_json import PlainJson
from ingest.adapters.reading import is_known
from models.contract.payloads import DeviceStatus
from models.contract.topics import ContractError, Kind, Source, Topic
from models.contract.values import show


class Wican(PlainJson):
    """Reads values and status; the device is the topic's level where the filter has its first wildcard."""

    # In a vehicle profile's words, and as the standard PID A6.
    names: ClassVar[tuple[str, ...]] = ("ODOMETER", "ODOMETER_MI", "A6-Odometer")
    own_time: ClassVar[str | None] = "timestamp"
    own_level: ClassVar[int] = 2

    def translate(self, message: ForeignMessage, registry: Registry) -> Iterable[Event]:
        """Return the odometer reading or the status that a message holds."""
        document = self.read_document(message.payload)
        if isinstance(document, dict) and "status" in document and not self.holds_mileage(document):
            yield self._read_status(document["status"], message, document, registry)
        else:
            yield self.read_values(message, document, registry)

    def read_document(self, payload: bytes) -> object:
        """Return what a payload holds; raises SkippedError for raw frames."""
        document = super().read_document(payload)
        if isinstance(document, dict) and "frame" in document and "bus" in document:
            raise SkippedError(Skip.CAN_FRAMES)
        return document

    def names_plain_value(self, levels: list[str], path: str) -> bool:
        """Say whether a topic's plain values are a mileage: by their name, or as the only ones mapped."""
        return super().names_plain_value(levels, path) or self.is_one_topic

    def _read_status(
        self, state: object, message: ForeignMessage, document: object, registry: Registry
    ) -> Event:
        if not is_known(state):
            raise SkippedError(Skip.NOT_KNOWN)
        if state not in ("online", "offline"):
            raise ContractError(f"status: {show(state)} is not online or offline")
        device = self.name_device(message, document, registry)
        topic = Topic(self.site, Source.TELEMATICS, device, Kind.STATUS)
        return topic, DeviceStatus(at=message.received_at, state=state), []
