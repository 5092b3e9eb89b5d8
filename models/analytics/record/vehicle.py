"""Everything that is known of one vehicle, as its own page shows it.

Owns the shapes that `models.queries.record.vehicle` fills, and what an odometer's readings mean in kilometres
really driven: a correction moves everything that is read after it. Pure.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from models.domain.notes import NotedMessage


@dataclass(frozen=True, slots=True)
class VehicleHead:
    """A vehicle as work orders describe it, and what its readings say; None is what nobody knows."""

    vin: str
    plate: str | None
    make: str | None
    model: str | None
    year: int | None
    powertrain: str | None
    in_service_on: date | None
    km: float | None
    km_at: datetime | None
    km_per_day: float | None
    km_per_day_low: float | None
    km_per_day_high: float | None
    rate_from: str | None
    trusted_readings: int
    refused_readings: int


@dataclass(frozen=True, slots=True)
class StageSpan:
    """A visit was in a stage; `left_at` is None while it is."""

    stage: str
    entered_at: datetime
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class VehicleVisit:
    """A work order of the vehicle."""

    site: str
    work_order: str
    job_type: str | None
    plate: str | None
    customer_name: str | None
    customer_phone: str | None
    advisor: str | None
    opened_at: datetime | None
    closed_at: datetime | None
    cancelled: bool
    stage: str | None
    operations: Sequence[str]
    spans: Sequence[StageSpan] = ()


@dataclass(frozen=True, slots=True)
class FoundCode:
    """A trouble code on a day, with the gravest status that was reported of it."""

    site: str
    day: date
    code: str
    status: str


@dataclass(frozen=True, slots=True)
class DayMileage:
    """What the odometer showed at the end of a day, by what is believed."""

    day: date
    km: float


@dataclass(frozen=True, slots=True)
class RefusedReading:
    """A reading that is not believed, and why."""

    at: datetime
    km: float
    device: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class MileageCorrection:
    """What somebody said the vehicle has really driven, and what its odometer shows then."""

    at: datetime
    km: float
    shown_km: float
    corrected_by: str | None

    @property
    def is_swap(self) -> bool:
        """Say whether the instrument cluster counts anew from then on."""
        return self.shown_km < self.km


@dataclass(frozen=True, slots=True)
class DueItem:
    """When an item of the service plan is due next."""

    item: str
    plan: str
    state: str
    done_on: date | None
    done_km: float | None
    done_by: str | None
    due_km: float | None
    due_on: date | None
    projected_on: date | None
    projected_from: date | None
    projected_to: date | None


@dataclass(frozen=True, slots=True)
class VehiclePart:
    """A part of one of the vehicle's orders."""

    site: str
    work_order: str
    part: str
    description: str | None
    quantity: float
    status: str | None
    opened_at: datetime | None


@dataclass(frozen=True, slots=True)
class RaisedReminder:
    """A reminder that was raised, and what became of it."""

    site: str
    item: str
    plan: str
    state: str
    channel: str | None
    notices: int
    raised_at: datetime
    due_km: float | None
    due_on: date | None
    closed_at: datetime | None
    closed_by: str | None


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """Something that was, or is to be, told about the vehicle."""

    site: str
    created_at: datetime
    template: str
    recipient_role: str
    channel: str | None
    state: str
    attempts: int
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class VehicleRecord:
    """Everything of one vehicle that somebody may see; each list begins with what is newest."""

    head: VehicleHead
    visits: Sequence[VehicleVisit] = ()
    codes: Sequence[FoundCode] = ()
    mileage: Sequence[DayMileage] = ()
    refused: Sequence[RefusedReading] = ()
    corrections: Sequence[MileageCorrection] = ()
    due: Sequence[DueItem] = ()
    parts: Sequence[VehiclePart] = ()
    reminders: Sequence[RaisedReminder] = ()
    messages: Sequence[ToldMessage] = ()
    noted: Sequence[NotedMessage] = ()


@dataclass(frozen=True, slots=True)
class VehicleHit:
    """A vehicle that a search found, with the newest of its visits that whoever asks may see."""

    vin: str
    plate: str | None
    make: str | None
    model: str | None
    year: int | None
    site: str | None
    work_order: str | None
    opened_at: datetime | None


def drive_really(mileage: Sequence[DayMileage], corrections: Sequence[MileageCorrection]) -> list[DayMileage]:
    """Return what the vehicle has really driven by each day: what was shown, moved by the last correction.

    On the day of a correction it is what was said: what was shown may be of the cluster before or after it.
    """
    marks = sorted(corrections, key=lambda mark: mark.at)
    days = [mark.at.date() for mark in marks]
    moved = []
    for shown in mileage:
        place = bisect_right(days, shown.day)
        last = marks[place - 1] if place else None
        if last is None:
            moved.append(shown)
        elif last.at.date() == shown.day:
            moved.append(replace(shown, km=last.km))
        else:
            moved.append(replace(shown, km=shown.km + last.km - last.shown_km))
    return moved
