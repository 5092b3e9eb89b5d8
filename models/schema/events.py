"""What devices said, stored once and never updated: the truth everything else is reckoned from."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.schema.base import Base, Event

# Event tables partitioned by time where TimescaleDB is there: table -> time column.
HYPERTABLES = {
    "stage_scan": "at",
    "labour_scan": "at",
    "diagnostic_report": "at",
    "trouble_code": "at",
    "odometer_reading": "at",
    "device_status": "at",
}


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
    __table_args__ = (
        Index(None, "vin", "at"),
        # What waits to be judged: found by the reminder engine, whenever it was away.
        Index("odometer_reading_unjudged_idx", "vin", postgresql_where=text("trusted IS NULL")),
    )

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
    notes: Mapped[list[dict[str, Any]] | None]
