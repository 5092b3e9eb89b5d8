"""Work orders, the stages and bays they were in, and their cars. All derived from events."""

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.schema.base import Base


class StageInterval(Base):
    """A work order was in a stage. Derived: reckoned from stage_scan whenever one arrives."""

    __tablename__ = "stage_interval"
    __table_args__ = (Index(None, "site", "entered_at"),)

    site: Mapped[str] = mapped_column(primary_key=True)
    work_order: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    stage: Mapped[str]
    bay: Mapped[str | None]
    technician: Mapped[str | None]
    operation: Mapped[str | None]
    reason: Mapped[str | None]
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    # The rule that inferred this interval where scans alone do not say it; null for what was scanned.
    rule: Mapped[str | None]
    inferred: Mapped[bool]


class BayStay(Base):
    """A work order was in a bay, by its own scans alone. Derived from stage_scan.

    What the other cars' scans make of it stands in stage_interval.
    """

    __tablename__ = "bay_stay"
    __table_args__ = (Index(None, "site", "work_order"),)

    site: Mapped[str] = mapped_column(primary_key=True)
    bay: Mapped[str] = mapped_column(primary_key=True)
    entered_at: Mapped[datetime] = mapped_column(primary_key=True)
    work_order: Mapped[str] = mapped_column(primary_key=True)
    left_at: Mapped[datetime | None]


class WorkOrder(Base):
    """A visit of a car. Derived: folded from work_order_change and stage_interval."""

    __tablename__ = "work_order"
    __table_args__ = (
        Index("work_order_open_idx", "site", postgresql_where=text("closed_at IS NULL")),
        Index(None, "closed_at"),
        Index(None, "vin"),
        Index(None, "plate"),
    )

    site: Mapped[str] = mapped_column(primary_key=True)
    work_order: Mapped[str] = mapped_column(primary_key=True)
    registered: Mapped[bool]
    vin: Mapped[str | None]
    plate: Mapped[str | None]
    job_type: Mapped[str | None]
    advisor: Mapped[str | None]
    customer_ref: Mapped[str | None]
    customer_name: Mapped[str | None]
    customer_phone: Mapped[str | None]
    customer_waiting: Mapped[bool | None]
    opened_at: Mapped[datetime | None]
    first_promised_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    cancelled: Mapped[bool]
    stage: Mapped[str | None]
    stage_entered_at: Mapped[datetime | None]
    bay: Mapped[str | None]
    technician: Mapped[str | None]
    operation: Mapped[str | None]
    reason: Mapped[str | None]
    updated_at: Mapped[datetime]


class ProjectionFailure(Base):
    """A work order whose events cannot be projected: its rows stay as they are until they can."""

    __tablename__ = "projection_failure"

    site: Mapped[str] = mapped_column(primary_key=True)
    work_order: Mapped[str] = mapped_column(primary_key=True)
    failed_at: Mapped[datetime]
    reason: Mapped[str]


class WorkOrderLine(Base):
    """A job sold on a work order. Derived from work_order_change."""

    __tablename__ = "work_order_line"

    site: Mapped[str] = mapped_column(primary_key=True)
    work_order: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str]
    operation: Mapped[str | None]
    hours: Mapped[float | None]


class WorkOrderPart(Base):
    """A part a work order needs. Derived from work_order_change."""

    __tablename__ = "work_order_part"

    site: Mapped[str] = mapped_column(primary_key=True)
    work_order: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[str]
    description: Mapped[str | None]
    quantity: Mapped[float]
    status: Mapped[str | None]
    eta: Mapped[datetime | None]


class SiteVehicle(Base):
    """A car as the newest work order of one site described it. Pages read it by the view `known_vehicle`."""

    __tablename__ = "site_vehicle"
    __table_args__ = (Index(None, "vin"),)

    site: Mapped[str] = mapped_column(primary_key=True)
    vin: Mapped[str] = mapped_column(primary_key=True)
    plate: Mapped[str | None]
    make: Mapped[str | None]
    model: Mapped[str | None]
    year: Mapped[int | None]
    powertrain: Mapped[str | None]
    in_service_on: Mapped[date | None]
    as_of: Mapped[datetime]


class Vehicle(Base):
    """A car as the newest work order of any site described it; `as_of` is the time of that description."""

    __tablename__ = "vehicle"
    __table_args__ = (Index(None, "plate"),)

    vin: Mapped[str] = mapped_column(primary_key=True)
    plate: Mapped[str | None]
    make: Mapped[str | None]
    model: Mapped[str | None]
    year: Mapped[int | None]
    powertrain: Mapped[str | None]
    in_service_on: Mapped[date | None]
    as_of: Mapped[datetime]
