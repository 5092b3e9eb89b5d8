"""A device as people are told of it: what it is, how it is heard, what is wrong with it."""

import math
from dataclasses import dataclass
from datetime import date, datetime

# A device's rate follows a change within about so long.
RATE_SECONDS = 300


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
    """As it was when the device was last heard; `rate_at` says what is left of it."""
    quarantined: int
    """Refused messages that nobody has dealt with."""
    calibration_due: date | None
    """As a diagnostic tool itself reported it last."""
    known_as: str | None = None
    """What its own messages call it, where that is another name."""

    def rate_at(self, now: datetime) -> float | None:
        """Return the messages a minute as of now: a device that fell silent loses its rate."""
        if self.messages_per_minute is None or self.last_received_at is None:
            return None
        silent_seconds = max(0.0, (now - self.last_received_at).total_seconds())
        return self.messages_per_minute * math.exp(-silent_seconds / RATE_SECONDS)
