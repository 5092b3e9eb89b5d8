"""Any product that publishes JSON, or one value a topic: read as the workshop file says.

The mileage is at a path; a message that is one plain value has the name of its topic's level. The device
is a level of the topic or at a path; vehicle and time are at paths, or are those of the registry and of the
first hearing (docs/decisions/0008).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from config.adapters import Adapter as Facts
from config.kit.json_paths import MISSING, find_value
from ingest.adapters.adapter import Event, ForeignMessage, Registry, SkippedError
from ingest.adapters.reading import (
    NEARLY_RIGHT,
    find_place,
    is_known,
    make_signals,
    name_vehicle,
    note_left_out,
    read_instant,
    read_odometer,
    read_payload,
)
from models.contract.payloads import Odometer, OdometerReading
from models.contract.topics import ContractError, Kind, Source, Topic
from models.domain.notes import Note


class PlainJson:
    """Reads values of JSON, or plain ones; subclasses know a product's own names."""

    # The names of mileages, and their unit where the name says none.
    names: ClassVar[tuple[str, ...]] = ()
    # Where a message may have its time.
    own_time: ClassVar[str | None] = None
    # The level of the topic that names the device where no wildcard does.
    own_level: ClassVar[int] = 1

    def __init__(self, facts: Facts, zone: ZoneInfo) -> None:
        self.site = facts.site
        self._facts = facts
        self._zone = zone
        self._time = facts.time or self.own_time
        self._signals = make_signals(facts, self.names, "km")
        # A filter that ends in a level of its own, not in a wildcard, is of one topic for each device.
        self.is_one_topic = facts.topic.rpartition("/")[2] not in ("+", "#")
        self._device = facts.device or facts.device_level or self.own_level

    def needs_first_time(self, topic: str, payload: bytes, received_at: datetime) -> bool:
        """Say whether a message has no time of its own; one that is refused may be replayed later."""
        try:
            document = self.read_document(payload)
            self._read_odometer(topic, document)
            at = self._read_time(document)
        except SkippedError:
            return False
        except ContractError:
            return True
        return at is None or at > received_at

    def translate(self, message: ForeignMessage, registry: Registry) -> Iterable[Event]:
        """Return the odometer reading of a message."""
        yield self.read_values(message, self.read_document(message.payload), registry)

    def read_document(self, payload: bytes) -> object:
        """Return what a payload holds; raises SkippedError if it is no reading."""
        return read_payload(payload)

    def name_device(self, message: ForeignMessage, document: object, registry: Registry) -> str:
        """Return the registered name of the device that a message is of."""
        field = "topic: device" if isinstance(self._device, int) else self._device
        return registry.name_device(field, find_place(message.topic, document, self._device))

    def read_values(self, message: ForeignMessage, document: object, registry: Registry) -> Event:
        """Return the odometer reading that a message's values make."""
        odometer = self._read_odometer(message.topic, document)
        device = self.name_device(message, document, registry)
        notes: list[Note] = []
        reading = OdometerReading(
            id=message.event_id,
            at=self._date_reading(message, document, notes),
            vin=name_vehicle(
                message.topic, document, self._facts.vin, lambda: registry.find_vin(device), notes
            ),
            odometer=odometer,
        )
        return Topic(self.site, Source.TELEMATICS, device, Kind.ODOMETER), reading, notes

    def names_plain_value(self, levels: list[str], path: str) -> bool:
        """Say whether a topic's plain values have this name: its last level, else any of them."""
        return levels[-1] == path or (self._device == len(levels) and path in levels)

    def holds_mileage(self, document: object) -> bool:
        """Say whether one of the mileages' names is in a message, with a value or without."""
        return any(find_value(document, one.path) is not MISSING for one in self._signals)

    def _read_odometer(self, topic: str, document: object) -> Odometer:
        if not isinstance(document, dict | list):
            levels = topic.split("/")
            named = next((one for one in self._signals if self.names_plain_value(levels, one.path)), None)
            document = {named.path: document} if named else document
        skips = self._facts.without_odometer == "skip"
        return read_odometer(document, self._signals, skip_missing=skips)

    def _date_reading(self, message: ForeignMessage, document: object, notes: list[Note]) -> datetime:
        """Return when a message was measured: as it says, if that can be, or when its bytes first came."""
        at = self._read_time(document)
        if at and at <= message.received_at:
            return at
        said = find_value(document, self._time) if self._time else None
        is_far = at is None or at - message.received_at > NEARLY_RIGHT
        if self._time and is_known(said) and is_far:
            notes.append(note_left_out(self._time, said, "cannot be true; dated by when it first came"))
        return message.first_received_at

    def _read_time(self, document: object) -> datetime | None:
        """Return when a message says it was measured; raises ContractError if a path of the file is wrong."""
        if self._time is None:
            return None
        value = find_value(document, self._time)
        if value is MISSING and self._facts.time:
            raise ContractError(f"{self._time}: missing; it is to hold the time")
        try:
            return read_instant(value, self._zone, self._time)
        except ContractError:
            if self._facts.time:
                raise
            return None
