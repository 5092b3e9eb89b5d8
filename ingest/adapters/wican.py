"""WiCAN OBD adapters (AutoPID over MQTT): named values under `wican/{device}/…`.

A flat object such as `{"ODOMETER": 45210, "SOC": 81.5}` is an odometer reading; the object
`{"status": "online"}` of the status topic is a status. Seen in wican-fw 4 (`main/autopid.c`,
`main/mqtt.c`): values are published retained, at QoS 0, without a time and without an id.
A mileage bears the time its bytes first came; a status is always true of now.
"""

from collections.abc import Iterable
from typing import ClassVar, Literal

import msgspec

from config.workshop import Adapter as Facts
from ingest.adapters.adapter import Event, FindVin, ForeignMessage, read_distance, read_vin
from ingest.contract.payloads import DeviceStatus, Odometer, OdometerReading, read_json
from ingest.contract.topics import ContractError, Kind, Source, Topic, check_name

# In a vehicle profile's words, and as the standard PID A6.
_ODOMETER = ["ODOMETER", "A6-Odometer"]
_SECOND_LEVEL = 1


class _Status(msgspec.Struct, gc=False):
    status: Literal["online", "offline"]


_VALUES = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STATUS = msgspec.json.Decoder(_Status)


class Wican:
    """Reads values and status; the device is the topic's level where the filter has its first wildcard."""

    timeless: ClassVar[bool] = True

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._odometer = facts.odometer or _ODOMETER
        self._unit = facts.unit or "km"
        levels = facts.topic.split("/")
        self._level = next((n for n, level in enumerate(levels) if level in ("+", "#")), _SECOND_LEVEL)

    def translate(self, message: ForeignMessage, find_vin: FindVin) -> Iterable[Event]:
        """Return the odometer reading or the status that a message holds."""
        device = self._name_device(message.topic)
        values = read_json(_VALUES.decode, message.payload)
        if "status" in values:
            state = read_json(_STATUS.decode, message.payload).status
            topic = Topic(self._facts.site, Source.TELEMATICS, device, Kind.STATUS)
            yield topic, DeviceStatus(at=message.received_at, state=state)
            return
        value = read_distance(values, self._odometer)
        if value is None:
            if self._facts.without_odometer == "skip":
                return
            raise ContractError(f"{self._odometer[0]}: missing")
        yield (
            Topic(self._facts.site, Source.TELEMATICS, device, Kind.ODOMETER),
            OdometerReading(
                id=message.event_id,
                at=message.first_received_at,
                vin=read_vin(values, self._facts.vin) or find_vin(device),
                odometer=Odometer(value=value, unit=self._unit),
            ),
        )

    def _name_device(self, topic: str) -> str:
        levels = topic.split("/")
        return check_name("topic: device", levels[self._level] if self._level < len(levels) else "")
