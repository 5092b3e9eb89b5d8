"""Traccar's position forwarding (`forward.type` json over mqtt): the mileage of a position.

Metres, from the first of the named attributes that is there: `odometer` is what the tracker
reports, `totalDistance` what Traccar adds up from positions since it first saw the device, so
it is the second choice. Seen in Traccar 6 (`forward/PositionData`, `handler/DistanceHandler`):
positions are forwarded before they are stored, so their `id` is always 0 and identifies nothing.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar

import msgspec

from config.workshop import Adapter as Facts
from ingest.adapters.adapter import Event, FindVin, ForeignMessage, read_distance, read_vin
from ingest.contract.payloads import Instant, Odometer, OdometerReading, read_json
from ingest.contract.topics import ContractError, Kind, Source, Topic, check_name

_ATTRIBUTES = "position.attributes."
# A tracker without satellites repeats its last fix; its own time then says when it measured.
_OLD_FIX = timedelta(minutes=1)


class _Position(msgspec.Struct, rename="camel", gc=False):
    fix_time: Instant
    device_time: Instant | None = None
    attributes: dict[str, msgspec.Raw] = {}

    @property
    def measured_at(self) -> datetime:
        if self.device_time and self.device_time - self.fix_time > _OLD_FIX:
            return self.device_time
        return self.fix_time


class _Device(msgspec.Struct, rename="camel", gc=False):
    unique_id: str


class _Forwarded(msgspec.Struct, gc=False):
    position: _Position
    device: _Device


_DECODER = msgspec.json.Decoder(_Forwarded)


class Traccar:
    """Reads forwarded positions; a device's `uniqueId` is its name in the registry of devices."""

    timeless: ClassVar[bool] = False

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._odometer = facts.odometer or ["odometer", "totalDistance"]
        self._unit = facts.unit or "m"

    def translate(self, message: ForeignMessage, find_vin: FindVin) -> Iterable[Event]:
        """Return the odometer reading of a position."""
        forwarded = read_json(_DECODER.decode, message.payload)
        position = forwarded.position
        value = read_distance(position.attributes, self._odometer, _ATTRIBUTES)
        if value is None:
            if self._facts.without_odometer == "skip":
                return
            raise ContractError(f"{_ATTRIBUTES}{self._odometer[0]}: missing")
        device = check_name("device.uniqueId:", forwarded.device.unique_id)
        yield (
            Topic(self._facts.site, Source.TELEMATICS, device, Kind.ODOMETER),
            OdometerReading(
                id=message.event_id,
                at=position.measured_at,
                vin=read_vin(position.attributes, self._facts.vin, _ATTRIBUTES) or find_vin(device),
                odometer=Odometer(value=value, unit=self._unit),
            ),
        )
