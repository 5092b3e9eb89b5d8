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
from config.kit.json_paths import MISSING, find_value
from ingest.adapters.adapter import Event, ForeignMessage, Registry, Skip, SkippedError
from ingest.adapters.reading import (
    NEARLY_RIGHT,
    find_place,
    make_signals,
    name_vehicle,
    note_left_out,
    read_instant,
    read_odometer,
    read_payload,
)
from models.contract.payloads import OdometerReading
from models.contract.topics import ContractError, Kind, Source, Topic
from models.domain.notes import Note

_ATTRIBUTES = "position.attributes."
_DEVICE = "device.uniqueId"
# Of the satellites, of the tracker, and of Traccar when it heard the tracker.
_TIMES = _FIX, _DEVICE_TIME, _SERVER = "position.fixTime", "position.deviceTime", "position.serverTime"
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
        notes: list[Note] = []
        reading = OdometerReading(
            id=message.event_id,
            at=self._date_position(document, message, notes),
            vin=name_vehicle(message.topic, document, self._vin, lambda: registry.find_vin(device), notes),
            odometer=odometer,
        )
        yield Topic(self._facts.site, Source.TELEMATICS, device, Kind.ODOMETER), reading, notes

    def _date_position(self, document: object, message: ForeignMessage, notes: list[Note]) -> datetime:
        """Return when a position was measured: by its tracker, unless Traccar's own time contradicts that."""
        times = [(name, at) for name in _TIMES if (at := self._read_time(document, name))]
        known = dict(times)
        if not times:
            raise ContractError(f"{_TIMES[0]}: missing, and so are {_TIMES[1]} and {_TIMES[2]}")
        if _FIX in known and _DEVICE_TIME in known and known[_DEVICE_TIME] - known[_FIX] > _OLD_FIX:
            times[:2] = times[1::-1]
        latest = min(known.get(_SERVER, message.received_at), message.received_at)
        possible = (time for time in times if latest - _LONGEST_KEPT <= time[1] <= latest)
        name, at = next(possible, (_SERVER, latest) if _SERVER in known else times[0])
        if name != times[0][0] and not latest < times[0][1] <= latest + NEARLY_RIGHT:
            why = f"cannot be true; {name} is taken"
            notes.append(note_left_out(times[0][0], find_value(document, times[0][0]), why))
        return at

    def _read_time(self, document: object, path: str) -> datetime | None:
        """Return one of a position's times; None where it cannot be read, as the others may be."""
        try:
            return read_instant(find_value(document, path), self._zone, path)
        except ContractError:
            return None
