"""A device as people are told of it: what it is, how it is heard, what is wrong with it."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device that is registered, or was heard, or both."""

    site: str
    device: str
    source: str | None
    """None where nothing but refused messages told of the device."""
    registered: bool
    added_at: datetime | None
    revoked_at: datetime | None
    vin: str | None
    online: bool | None
    """What it or its last will said last; None while it has said nothing. A revoked device is not online."""
    since: datetime | None
    """When that reached us."""
    firmware: str | None
    last_received_at: datetime | None
    offset_seconds: float | None
    """Our clock minus the device's: positive where the device is behind; None until measured."""
    messages_per_minute: float | None
    """When it was last heard: a device that falls silent keeps its rate."""
    quarantined: int
    """Refused messages that nobody has dealt with."""
    calibration_due: date | None
    """As a diagnostic tool itself reported it last."""
