"""A message on its way from a device to the broker, and the changes that faults make to it.

Owns the value that faults pass on: what is said, when it is sent, which message it would have
been without any fault. Chooses nothing by chance; that is the faults' business.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from msgspec import structs

from models.contract.payloads import (
    DeviceStatus,
    DiagnosticReport,
    FleetReadings,
    Message,
    OdometerReading,
    VehicleReadings,
    encode,
)
from models.contract.topics import Kind
from simulators.devices.message_ids import CHANCE_CHARACTERS
from simulators.devices.site_devices import Device, Outgoing

# From a vehicle, a time and a value to another value.
Convert = Callable[[str, datetime, float], float]
Unit = Literal["km", "mi", "m"]


@dataclass(frozen=True, slots=True)
class Sending:
    """A message as it leaves its device at `sent_at`; one that is `lost` never does.

    `origin` is the device and id of the message that would have been sent without any fault,
    `raw` the bytes of one that is malformed.
    """

    device: Device
    kind: Kind
    payload: Message
    happened_at: datetime
    sent_at: datetime
    origin: tuple[str, str]
    faults: tuple[str, ...] = ()
    raw: bytes | None = None
    lost: bool = False

    @property
    def topic(self) -> str:
        """Return the topic it is published on."""
        return str(self.device.name_topic(self.kind))

    @property
    def message_id(self) -> str:
        """Return the id that the message carries."""
        return read_id(self.payload)

    @property
    def key(self) -> str:
        """Return what chance is drawn for: the same in every run of a seed, whenever it began."""
        device, message_id = self.origin
        return f"{device}/{message_id[-CHANCE_CHARACTERS:]}"

    def write(self) -> bytes:
        """Return the bytes that are published."""
        return encode(self.payload) if self.raw is None else self.raw

    def delay(self, by: timedelta) -> "Sending":
        """Return it sent later."""
        return replace(self, sent_at=self.sent_at + by)


def send(outgoing: Outgoing, at: datetime) -> Sending:
    """Send what a device says at the moment at which it says it."""
    origin = (outgoing.device.name, read_id(outgoing.payload))
    return Sending(outgoing.device, outgoing.kind, outgoing.payload, at, at, origin)


def read_id(message: Message) -> str:
    """Return the id of a message; statuses have none and are not sent this way."""
    if isinstance(message, DeviceStatus):
        raise TypeError("a status has no id")
    return message.id


def shift_times(message: Message, by: timedelta) -> Message:
    """Return a message as a device whose clock is ahead by so much would have made it."""
    match message:
        case VehicleReadings():
            shifted = tuple(structs.replace(reading, at=reading.at + by) for reading in message.readings)
            return structs.replace(message, readings=shifted)
        case FleetReadings():
            fleet = tuple(structs.replace(reading, at=reading.at + by) for reading in message.readings)
            return structs.replace(message, readings=fleet)
    return structs.replace(message, at=message.at + by)


def change_odometers(message: Message, convert: Convert, unit: Unit | None = None) -> Message:
    """Return a message with every odometer value converted and, if given, another unit declared."""
    match message:
        case DiagnosticReport(odometer=odometer) | OdometerReading(odometer=odometer):
            if odometer is None:
                return message
            value = convert(message.vin, message.at, odometer.value)
            return structs.replace(
                message, odometer=structs.replace(odometer, value=value, unit=unit or odometer.unit)
            )
        case VehicleReadings():
            readings = tuple(
                structs.replace(reading, value=convert(message.vin, reading.at, reading.value))
                for reading in message.readings
            )
            return structs.replace(message, readings=readings, unit=unit or message.unit)
        case FleetReadings():
            fleet = tuple(
                structs.replace(reading, value=convert(reading.vin, reading.at, reading.value))
                for reading in message.readings
            )
            return structs.replace(message, readings=fleet, unit=unit or message.unit)
    return message
