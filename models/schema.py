"""The tables, as SQLAlchemy models.

Owns names, columns, keys and indexes; migrations bring databases to them and a test keeps
the two equal. Events (scans, reports, readings, changes, statuses) are the truth and never
updated; what is derived from them says so. Every key begins with the site where there is one.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Event tables partitioned by time where TimescaleDB is there: table -> time column.
HYPERTABLES = {
    "stage_scan": "at",
    "labour_scan": "at",
    "diagnostic_report": "at",
    "trouble_code": "at",
    "odometer_reading": "at",
    "device_status": "at",
}


class Base(DeclarativeBase):
    """Types and naming shared by every table."""

    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy's own way of declaring it
        str: Text,
        int: Integer,
        float: Double,
        bool: Boolean,
        bytes: LargeBinary,
        date: Date,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
    }
    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
        }
    )


class Event:
    """What every event of a device carries: its identity and its three times."""

    site: Mapped[str] = mapped_column(primary_key=True, sort_order=-6)
    device: Mapped[str] = mapped_column(primary_key=True, sort_order=-5)
    event_id: Mapped[str] = mapped_column(primary_key=True, sort_order=-4)
    at: Mapped[datetime] = mapped_column(primary_key=True, sort_order=-3)
    received_at: Mapped[datetime] = mapped_column(sort_order=-2)
    corrected_at: Mapped[datetime] = mapped_column(sort_order=-1)


class StageScan(Event, Base):
    """A work order was scanned into a stage."""

    __tablename__ = "stage_scan"
    __table_args__ = (Index(None, "site", "work_order", "at"),)

    work_order: Mapped[str]
    stage: Mapped[str]
    bay: Mapped[str | None]
    technician: Mapped[str | None]
    operation: Mapped[str | None]
    reason: Mapped[str | None]


class LabourScan(Event, Base):
    """A technician clocked on or off a job."""

    __tablename__ = "labour_scan"
    __table_args__ = (Index(None, "site", "work_order", "at"),)

    work_order: Mapped[str]
    job: Mapped[str]
    technician: Mapped[str]
    bay: Mapped[str | None]
    action: Mapped[str]


class DiagnosticReport(Event, Base):
    """A diagnostic tool read a vehicle; its trouble codes stand in trouble_code."""

    __tablename__ = "diagnostic_report"
    __table_args__ = (
        Index(None, "vin", "at"),
        # The newest date a tool's calibration is due, without reading the reports of tools that never say.
        Index(
            "diagnostic_report_calibration_idx",
            "site",
            "device",
            "at",
            postgresql_where=text("tool_calibration_due IS NOT NULL"),
        ),
    )

    vin: Mapped[str]
    work_order: Mapped[str | None]
    measurements: Mapped[list[dict[str, Any]]]
    tool_serial: Mapped[str | None]
    tool_calibration_due: Mapped[date | None]


class TroubleCode(Base):
    """One trouble code of a report."""

    __tablename__ = "trouble_code"
    __table_args__ = (Index(None, "vin", "at"),)

    site: Mapped[str] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(primary_key=True)
    vin: Mapped[str]


class OdometerReading(Event, Base):
    """A mileage of a vehicle, in kilometres, as its device declared it; `trusted` is null until judged."""

    __tablename__ = "odometer_reading"
    __table_args__ = (Index(None, "vin", "at"),)

    vin: Mapped[str] = mapped_column(primary_key=True)
    km: Mapped[float]
    value: Mapped[float]
    unit: Mapped[str]
    trusted: Mapped[bool | None]
    reason: Mapped[str | None]


class WorkOrderChange(Event, Base):
    """A work order was opened, changed or cancelled; `change` as sent, absent fields absent."""

    __tablename__ = "work_order_change"
    __table_args__ = (Index(None, "site", "work_order", "at"),)

    work_order: Mapped[str]
    change: Mapped[dict[str, Any]]


class DeviceStatus(Base):
    """A device came online or went offline. A last will carries the time its device connected."""

    __tablename__ = "device_status"
    __table_args__ = (Index(None, "site", "source", "device", "received_at"),)

    site: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    firmware: Mapped[str | None]


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


class Vehicle(Base):
    """A car as the newest work order described it; `as_of` is the time of that description."""

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


class Device(Base):
    """A device that may publish, with the hash of its password in Mosquitto's own form."""

    __tablename__ = "device"

    site: Mapped[str] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    password_hash: Mapped[str]
    # The vehicle a telematics unit is built into, for messages that name only the unit.
    vin: Mapped[str | None]
    added_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class DeviceState(Base):
    """How a device is heard: its last message, its rate, and how far its clock is off. Derived."""

    __tablename__ = "device_state"

    site: Mapped[str] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    last_received_at: Mapped[datetime]
    messages: Mapped[int] = mapped_column(BigInteger)
    messages_per_minute: Mapped[float]
    # Our clock minus the device's, and the last live message that told it; null until measured.
    offset_seconds: Mapped[float | None]
    offset_measured_at: Mapped[datetime | None]


class SitePulse(Base):
    """When the newest message of a site reached us. Derived; one row a site."""

    __tablename__ = "site_pulse"

    site: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]


class QuarantinedMessage(Base):
    """A message that was refused, whole, with the reason. The digest of topic and payload makes it one."""

    __tablename__ = "quarantined_message"
    __table_args__ = (Index(None, "status", "received_at"), Index(None, "site", "device"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    received_at: Mapped[datetime]
    topic: Mapped[str]
    payload: Mapped[bytes]
    reason: Mapped[str]
    # new, replay_requested, replayed or discarded.
    status: Mapped[str]
    # Who sent it, where its topic tells.
    site: Mapped[str | None]
    device: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    # The event a replayed message was stored as, so that it stays linked.
    stored_device: Mapped[str | None]
    stored_event_id: Mapped[str | None]
    stored_at: Mapped[datetime | None]


class TimelessMessage(Base):
    """When the bytes of a message that carries no time were first received; its events bear that time."""

    __tablename__ = "timeless_message"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]


class ServiceReminder(Base):
    """A service of a vehicle's plan that has come due."""

    __tablename__ = "service_reminder"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    vin: Mapped[str] = mapped_column(index=True)
    plan: Mapped[str]
    due_km: Mapped[float | None]
    due_on: Mapped[date | None]
    raised_at: Mapped[datetime]
    state: Mapped[str]
    channel: Mapped[str | None]
