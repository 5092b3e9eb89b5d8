"""From an event to rows: which table, which columns, in which order.

Owns the one mapping between the contract's payloads and the event tables. Pure; it neither
decodes nor writes.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from models.contract.payloads import (
    DeviceStatus,
    DiagnosticReport,
    FleetReadings,
    LabourScan,
    Message,
    OdometerReading,
    Reading,
    StageScan,
    VehicleReadings,
    WorkOrderChange,
)
from models.contract.topics import Topic
from models.domain.notes import Note
from models.domain.odometer.reading import KM_PER_UNIT

Row = tuple[Any, ...]
Rows = Iterator[tuple[str, Row]]

_EVENT = ("site", "device", "event_id", "at", "received_at", "corrected_at")

# The columns ingest fills, table by table, in the order of the rows below and of writing.
COLUMNS: dict[str, tuple[str, ...]] = {
    "stage_scan": (*_EVENT, "work_order", "stage", "bay", "technician", "operation", "reason", "notes"),
    "work_order_change": (*_EVENT, "work_order", "change", "notes"),
    "labour_scan": (*_EVENT, "work_order", "job", "technician", "bay", "action", "notes"),
    "diagnostic_report": (
        *_EVENT,
        "vin",
        "work_order",
        "measurements",
        "tool_serial",
        "tool_calibration_due",
        "notes",
    ),
    "trouble_code": ("site", "device", "event_id", "at", "code", "status", "vin"),
    "odometer_reading": (*_EVENT, "vin", "km", "value", "unit", "notes"),
    "device_status": ("site", "source", "device", "at", "state", "received_at", "firmware", "notes"),
}


def make_rows(
    topic: Topic,
    message: Message,
    received_at: datetime,
    correction: timedelta,
    notes: Sequence[Note] = (),
) -> Rows:
    """Yield the rows of an event, each with the table it belongs to; its times corrected beside its own."""
    stored = Jsonb([note.express() for note in notes]) if notes else None
    return _ROWS[type(message)](topic, message, received_at, correction, stored)


def _stage_rows(
    topic: Topic, scan: StageScan, received_at: datetime, correction: timedelta, notes: Jsonb | None
) -> Rows:
    event = (topic.site, topic.device, scan.id, scan.at, received_at, scan.at + correction)
    yield (
        "stage_scan",
        (*event, scan.work_order, scan.stage, scan.bay, scan.technician, scan.operation, scan.reason, notes),
    )


def _labour_rows(
    topic: Topic, scan: LabourScan, received_at: datetime, correction: timedelta, notes: Jsonb | None
) -> Rows:
    event = (topic.site, topic.device, scan.id, scan.at, received_at, scan.at + correction)
    yield "labour_scan", (*event, scan.work_order, scan.job, scan.technician, scan.bay, scan.action, notes)


def _report_rows(
    topic: Topic, report: DiagnosticReport, received_at: datetime, correction: timedelta, notes: Jsonb | None
) -> Rows:
    key = (topic.site, topic.device, report.id, report.at)
    event = (*key, received_at, report.at + correction)
    tool = report.tool
    yield (
        "diagnostic_report",
        (
            *event,
            report.vin,
            report.work_order,
            Jsonb(msgspec.to_builtins(report.measurements)),
            tool.serial if tool else None,
            tool.calibration_due if tool else None,
            notes,
        ),
    )
    for code in report.dtcs:
        yield "trouble_code", (*key, code.code, code.status, report.vin)
    if report.odometer:
        value, unit = report.odometer.value, report.odometer.unit
        yield "odometer_reading", (*event, report.vin, value * KM_PER_UNIT[unit], value, unit, notes)


def _reading_rows(
    topic: Topic, reading: OdometerReading, received_at: datetime, correction: timedelta, notes: Jsonb | None
) -> Rows:
    event = (topic.site, topic.device, reading.id, reading.at, received_at, reading.at + correction)
    value, unit = reading.odometer.value, reading.odometer.unit
    yield "odometer_reading", (*event, reading.vin, value * KM_PER_UNIT[unit], value, unit, notes)


def _readings_rows(
    topic: Topic,
    batch: VehicleReadings | FleetReadings,
    received_at: datetime,
    correction: timedelta,
    notes: Jsonb | None,
) -> Rows:
    site, device, event_id, unit = topic.site, topic.device, batch.id, batch.unit
    factor = KM_PER_UNIT[unit]
    of_vehicles: list[tuple[str, Reading]] = (
        [(batch.vin, reading) for reading in batch.readings]
        if isinstance(batch, VehicleReadings)
        else [(reading.vin, reading) for reading in batch.readings]
    )
    for vin, reading in of_vehicles:
        at, value = reading.at, reading.value
        yield (
            "odometer_reading",
            (
                site,
                device,
                event_id,
                at,
                received_at,
                at + correction,
                vin,
                value * factor,
                value,
                unit,
                notes,
            ),
        )


def _change_rows(
    topic: Topic, change: WorkOrderChange, received_at: datetime, correction: timedelta, notes: Jsonb | None
) -> Rows:
    event = (topic.site, topic.device, change.id, change.at, received_at, change.at + correction)
    said = msgspec.to_builtins(change)
    for known in ("id", "at", "work_order"):
        del said[known]
    yield "work_order_change", (*event, change.work_order, Jsonb(said), notes)


def _status_rows(
    topic: Topic, status: DeviceStatus, received_at: datetime, _correction: timedelta, notes: Jsonb | None
) -> Rows:
    yield (
        "device_status",
        (
            topic.site,
            topic.source,
            topic.device,
            status.at,
            status.state,
            received_at,
            status.firmware,
            notes,
        ),
    )


_ROWS: dict[type[Message], Callable[[Topic, Any, datetime, timedelta, Jsonb | None], Rows]] = {
    StageScan: _stage_rows,
    LabourScan: _labour_rows,
    DiagnosticReport: _report_rows,
    OdometerReading: _reading_rows,
    VehicleReadings: _readings_rows,
    FleetReadings: _readings_rows,
    WorkOrderChange: _change_rows,
    DeviceStatus: _status_rows,
}
