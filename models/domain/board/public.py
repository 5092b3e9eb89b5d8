"""What customers may know of a visit: plain values, as the public views of the database give them.

Refuses whatever names a person or a car: there is no field here for a full plate, a VIN, a name
or a phone, so that no page made of these values can show one.
"""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class PublicVisit:
    """An open visit on the waiting room's board; what nobody has said yet is None.

    `again`: it has been in its stage before. `parts_due_at` is when its last missing part is expected.
    """

    ticket: str
    plate: str | None
    customer_waiting: bool | None
    job_type: str | None
    stage: str | None
    stage_entered_at: datetime | None
    bay: str | None
    operation: str | None
    reason: str | None
    promised_at: datetime | None
    sold_hours: float | None = None
    again: bool = False
    parts_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StageVisit:
    """A stage the car was in; `left_at` is None while it lasts."""

    stage: str
    entered_at: datetime
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class PublicPart:
    """A part the work needs: ordered, arrived or fitted, or nobody has said."""

    description: str | None
    quantity: float
    status: str | None
    eta: datetime | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A trouble code that was found during the visit, with the gravest status it was found with."""

    code: str
    status: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class ServiceDue:
    """An item of the car's service plan, by which distance and day it is due, and the day expected."""

    plan: str
    item: str
    due_km: float | None
    due_on: date | None
    projected_on: date | None


@dataclass(frozen=True, slots=True)
class Progress:
    """One visit as its own customer sees it; the link to it is good before `ends_at`, None while it lasts."""

    site: str
    ticket: str
    plate: str | None
    make: str | None
    model: str | None
    job_type: str | None
    stage: str | None
    stage_entered_at: datetime | None
    operation: str | None
    reason: str | None
    opened_at: datetime | None
    promised_at: datetime | None
    closed_at: datetime | None
    cancelled: bool
    ends_at: datetime | None
    stages: tuple[StageVisit, ...] = ()
    parts: tuple[PublicPart, ...] = ()
    findings: tuple[Finding, ...] = ()
    services: tuple[ServiceDue, ...] = ()
