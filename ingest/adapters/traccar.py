"""Traccar's position forwarding (`forward.type` json over mqtt): the mileage of a position.

Metres, from the attribute `odometer`, which is what the tracker reports. `totalDistance`, what Traccar adds
up from positions since it first saw the device, is another signal and is read only where the workshop file
says so (docs/decisions/0017). Seen in Traccar 6 (`forward/PositionData`, `handler/DistanceHandler`):
positions are forwarded before they are stored, so their `id` is always 0 and identifies nothing.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from config.adapters import Adapter as Facts
from ingest.adapters.adapter import Event, ForeignMessage, Registry, Skip, SkippedError
from ingest.adapters.reading import (
    MISSING,
    find_place,
    find_value,
    make_signals,
    read_instant,
    read_odometer,
    read_payload,
    read_vin,
)
from ingest.contract.payloads import OdometerReading
from ingest.contract.topics import ContractError, Kind, Source, Topic

_ATTRIBUTES = "position.attributes."
_DEVICE = "device.uniqueId"
# Of the satellites, of the tracker, and of Traccar when it heard the tracker.
_TIMES = ("fixTime", "deviceTime", "serverTime")
# A tracker without satellites repeats its last fix; its own time then says when it measured.
_OLD_FIX = timedelta(minutes=1)
# Trackers keep positions for days while they have no network. A clock further back than this counts
# weeks from the wrong beginning (GPS begins again every 1024 weeks), or was never set.
_LONGEST_KEPT = timedelta(days=365)


class Traccar:
    """Reads forwarded positions; a device's `uniqueId` is its name in the registry of devices."""

    def __init__(self, facts: Facts, zone: ZoneInfo) -> None:
        self._facts = facts
        self._zone = zone
        self._signals = make_signals(facts, ["odometer"], "m", _ATTRIBUTES)
        vin = facts.vin
        self._vin = _ATTRIBUTES + vin if isinstance(vin, str) else vin

    def needs_first_time(self, _topic: str, _payload: bytes, _received_at: datetime) -> bool:
        """Say that a position has times of its own."""
        return False

    def translate(self, message: ForeignMessage, registry: Registry) -> Iterable[Event]:
        """Return the odometer reading of a position."""
        document = read_payload(message.payload)
        if not isinstance(find_value(document, "position"), dict):
            if find_value(document, "event") is not MISSING:
                raise SkippedError(Skip.EVENT)
            raise ContractError(
                "position: missing; a forwarded position is an object with position and device"
            )
        skips = self._facts.without_odometer == "skip"
        odometer = read_odometer(document, self._signals, skip_missing=skips)
        device = registry.name_device(_DEVICE, find_place(message.topic, document, _DEVICE))
        yield (
            Topic(self._facts.site, Source.TELEMATICS, device, Kind.ODOMETER),
            OdometerReading(
                id=message.event_id,
                at=self._date_position(document, message),
                vin=read_vin(message.topic, document, self._vin) or registry.find_vin(device),
                odometer=odometer,
            ),
        )

    def _date_position(self, document: object, message: ForeignMessage) -> datetime:
        """Return when a position was measured: by its tracker, unless Traccar's own time contradicts that."""
        fix, device, server = (self._read_time(document, name) for name in _TIMES)
        said = [device, fix] if fix and device and device - fix > _OLD_FIX else [fix, device]
        latest = min(server or message.received_at, message.received_at)
        earliest = latest - _LONGEST_KEPT
        at = next((at for at in said if at and earliest <= at <= latest), None) or server or fix or device
        if at is None:
            raise ContractError(f"position.{_TIMES[0]}: missing, and so are {_TIMES[1]} and {_TIMES[2]}")
        return at

    def _read_time(self, document: object, name: str) -> datetime | None:
        """Return one of a position's times; None where it cannot be read, as the others may be."""
        try:
            return read_instant(find_value(document, f"position.{name}"), self._zone, name)
        except ContractError:
            return None
