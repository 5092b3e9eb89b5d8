"""What a wall needs to know of a site at one moment: the cars that are here.

Plain values, read once per change and handed to every screen. Owns no rule: stage times,
targets and words are reckoned by whoever shows them.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CarOnBoard:
    """A car of an open work order; what nobody has said yet is None."""

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


@dataclass(frozen=True, slots=True)
class SiteSnapshot:
    """Every car of a site that has not been delivered, in no particular order."""

    site: str
    cars: tuple[CarOnBoard, ...]
