"""What a wall needs to know of a site at one moment: the cars that are here, and what the day has seen.

Plain values, read once per change and handed to every screen. Owns no rule: stage times,
targets, alarms and words are reckoned by whoever shows them.
"""

from dataclasses import dataclass
from datetime import datetime

from models.domain.intervals import IntervalRow


@dataclass(frozen=True, slots=True)
class CarOnBoard:
    """A car of an open work order; what nobody has said yet is None.

    `again`: it has been in its stage before. `parts_due_at` is when its last missing part is expected.
    """

    work_order: str
    registered: bool
    plate: str | None
    make: str | None
    model: str | None
    job_type: str | None
    stage: str | None
    stage_entered_at: datetime | None
    bay: str | None
    technician: str | None
    operation: str | None
    reason: str | None
    promised_at: datetime | None
    updated_at: datetime
    came_at: datetime | None = None
    sold_hours: float | None = None
    again: bool = False
    parts_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeviceOnBoard:
    """A device of the workshop floor that is in use; `online` is None while it never said so."""

    device: str
    online: bool | None
    heard_at: datetime
    """When it was heard last; for one that is offline, when that reached us."""


@dataclass(frozen=True, slots=True)
class SiteSnapshot:
    """A site as it was read at one moment.

    `cars` have not been delivered; `stays` are the day's, as far as it has gone, in no particular
    order; `came_in` and `went_out` count the cars that came and were delivered on that day.
    """

    site: str
    read_at: datetime
    cars: tuple[CarOnBoard, ...] = ()
    stays: tuple[IntervalRow, ...] = ()
    devices: tuple[DeviceOnBoard, ...] = ()
    came_in: int = 0
    went_out: int = 0
