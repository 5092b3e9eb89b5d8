"""The payloads of the contract as types: what a message of each kind may carry.

The single source of the wire format: decoding, encoding, JSON Schema and AsyncAPI all
come from these structs. Checks a message can fail on its own stand here; checks that need
the workshop's facts (configured stages, our clock) belong to `ingest.steps.decode`.
"""

from datetime import date, datetime, tzinfo
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from config.kit.words import JobType
from models.contract.liberal import FORM, READ, WORDS, Form, convert, settle
from models.contract.topics import ContractError, Kind
from models.contract.values import (
    MAX_DEPTH,
    CodeStatus,
    DistanceUnit,
    UnreadableError,
    bound_mileage,
    check_date,
    check_time,
    clean_words,
    is_too_deep,
    read_code_status,
    read_json,
    read_unit,
)
from models.domain.names import (
    canonical_bay,
    canonical_name,
    canonical_plate,
    canonical_stage,
    canonical_technician,
    canonical_trouble_code,
    canonical_vin,
    canonical_work_order,
)
from models.domain.notes import Note

MAX_PAYLOAD_BYTES = 256 * 1024

# Other words for the contract's, where there is one meaning.
_ACTIONS = {"in": "on", "start": "on", "out": "off", "stop": "off"}
_CHANGES = {
    **dict.fromkeys(("open", "new", "created"), "opened"),
    **dict.fromkeys(("update", "changed", "modified"), "updated"),
    **dict.fromkeys(("cancel", "canceled"), "cancelled"),
}
_JOB_TYPES = {
    "保养": "maintenance",
    "维修": "repair",
    "钣喷": "body",
    "保修": "warranty",
    "索赔": "warranty",
    "检测": "inspection",
}
_PART_STATES = {"on_order": "ordered", "backorder": "ordered", "received": "arrived", "installed": "fitted"}


def _text(most: int, form: Form = canonical_name, **schema: Any) -> Meta:
    """Return what a name of at least one character is, in the canonical form that `form` gives it."""
    return Meta(min_length=1, max_length=most, extra={FORM: form}, **schema)


EventId = Annotated[str, _text(64, clean_words, description="unique per device; a ULID or UUID is best")]
Instant = Annotated[
    datetime,
    Meta(tz=True, description="RFC 3339 with an offset: the device's own clock", extra={FORM: check_time}),
]
Day = Annotated[date, Meta(extra={FORM: check_date})]
Name = Annotated[str, _text(64)]
WorkOrder = Annotated[str, _text(64, canonical_work_order)]
Stage = Annotated[str, _text(64, canonical_stage)]
Bay = Annotated[str, _text(64, canonical_bay)]
Technician = Annotated[str, _text(64, canonical_technician)]
Text = Annotated[str, Meta(max_length=500, extra={FORM: clean_words})]
Plate = Annotated[str, Meta(max_length=32, extra={FORM: canonical_plate})]
Vin = Annotated[str, _text(32, canonical_vin, description="vehicle identification number")]
Code = Annotated[str, _text(16, canonical_trouble_code)]
Count = Annotated[float, Meta(ge=0, le=1_000_000)]
Mileage = Annotated[float, Meta(ge=0, extra={FORM: bound_mileage})]
Hours = Annotated[float, Meta(ge=0, le=10_000)]
Measured = Annotated[float, Meta(ge=-1e15, le=1e15)]
Unit = Annotated[DistanceUnit, Meta(extra={READ: read_unit})]


class Payload(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What every payload shares: fields in their order of declaration, unknown ones ignored."""


class StageScan(Payload, frozen=True, kw_only=True):
    """A work order enters a stage, in a bay or not; this ends the stage before it."""

    id: EventId
    at: Instant
    work_order: WorkOrder
    stage: Stage
    bay: Bay | None = None
    technician: Technician | None = None
    operation: Text | None = None
    reason: Text | None = None


class LabourScan(Payload, frozen=True, kw_only=True):
    """A technician clocks on or off a job of a work order."""

    id: EventId
    at: Instant
    work_order: WorkOrder
    job: Name
    technician: Technician
    action: Annotated[Literal["on", "off"], Meta(extra={WORDS: _ACTIONS})]
    bay: Bay | None = None


class Odometer(Payload, frozen=True, kw_only=True):
    """A mileage as the device shows it."""

    value: Mileage
    unit: Unit

    @staticmethod
    def from_text(text: str) -> Any:
        """Return a mileage written with its unit, such as 45210 km, as an object."""
        value, _, unit = text.strip().partition(" ")
        return {"value": value, "unit": unit} if unit else text


class TroubleCode(Payload, frozen=True, kw_only=True):
    """A diagnostic trouble code."""

    code: Code
    status: Annotated[CodeStatus, Meta(extra={READ: read_code_status})] = "confirmed"

    @staticmethod
    def from_text(text: str) -> Any:
        """Return a code without a status as an object."""
        return {"code": text}


class Measurement(Payload, frozen=True, kw_only=True):
    """A measured value with its unit."""

    name: Name
    value: Measured
    unit: Annotated[str, Meta(max_length=16, extra={FORM: clean_words})] | None = None


class Tool(Payload, frozen=True, kw_only=True):
    """The diagnostic tool that made a report."""

    serial: Name
    calibration_due: Day | None = None

    @staticmethod
    def from_text(text: str) -> Any:
        """Return a tool of which only the serial number is given as an object."""
        return {"serial": text}


class DiagnosticReport(Payload, frozen=True, kw_only=True):
    """Trouble codes, measurements and the odometer as a diagnostic tool read them."""

    id: EventId
    at: Instant
    vin: Vin
    work_order: WorkOrder | None = None
    odometer: Odometer | None = None
    dtcs: tuple[TroubleCode, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    tool: Tool | None = None


class OdometerReading(Payload, frozen=True, kw_only=True):
    """One reading of one vehicle."""

    id: EventId
    at: Instant
    vin: Vin
    odometer: Odometer


class Reading(Payload, frozen=True, kw_only=True):
    """One of many readings of a vehicle named by the message around it."""

    at: Instant
    value: Mileage


class VehicleReadings(Payload, frozen=True, kw_only=True):
    """Many readings of one vehicle."""

    id: EventId
    vin: Vin
    unit: Unit
    readings: Annotated[tuple[Reading, ...], Meta(min_length=1)]


class FleetReading(Reading, frozen=True, kw_only=True):
    """One of many readings, with the vehicle it belongs to."""

    vin: Vin


class FleetReadings(Payload, frozen=True, kw_only=True):
    """Readings of many vehicles."""

    id: EventId
    unit: Unit
    readings: Annotated[tuple[FleetReading, ...], Meta(min_length=1)]


class Vehicle(Payload, frozen=True, kw_only=True):
    """The vehicle of a work order; a field that is absent is left as it was."""

    vin: Vin | UnsetType | None = UNSET
    plate: Plate | UnsetType | None = UNSET
    make: Text | UnsetType | None = UNSET
    model: Text | UnsetType | None = UNSET
    year: Annotated[int, Meta(ge=1886, le=2200)] | UnsetType | None = UNSET
    powertrain: Text | UnsetType | None = UNSET
    in_service_on: Day | UnsetType | None = UNSET


class Customer(Payload, frozen=True, kw_only=True):
    """Who brought the car; a field that is absent is left as it was."""

    ref: Name | UnsetType | None = UNSET
    name: Text | UnsetType | None = UNSET
    phone: Annotated[str, Meta(max_length=64, extra={FORM: clean_words})] | UnsetType | None = UNSET
    waiting: bool | UnsetType = UNSET


class JobLine(Payload, frozen=True, kw_only=True):
    """A job sold on a work order, with its flat-rate hours."""

    job: Name
    operation: Text | None = None
    hours: Hours | None = None


class PartLine(Payload, frozen=True, kw_only=True):
    """A part a work order needs."""

    part: Name
    description: Text | None = None
    quantity: Count = 1
    status: Annotated[Literal["ordered", "arrived", "fitted"], Meta(extra={WORDS: _PART_STATES})] | None = (
        None
    )
    eta: Instant | None = None


class WorkOrderChange(Payload, frozen=True, kw_only=True):
    """A work order is opened, changed or cancelled; absent fields stay, lists replace."""

    id: EventId
    at: Instant
    work_order: WorkOrder
    change: Annotated[Literal["opened", "updated", "cancelled"], Meta(extra={WORDS: _CHANGES})]
    vehicle: Vehicle | UnsetType = UNSET
    customer: Customer | UnsetType = UNSET
    job_type: Annotated[JobType, Meta(extra={WORDS: _JOB_TYPES})] | UnsetType | None = UNSET
    advisor: Text | UnsetType | None = UNSET
    promised_at: Instant | UnsetType | None = UNSET
    lines: tuple[JobLine, ...] | UnsetType = UNSET
    parts: tuple[PartLine, ...] | UnsetType = UNSET


class DeviceStatus(Payload, frozen=True, kw_only=True):
    """A device is online or, by its last will, offline; retained by the broker."""

    at: Instant
    state: Literal["online", "offline"]
    firmware: Annotated[str, Meta(max_length=64, extra={FORM: clean_words})] | None = None


Message = (
    StageScan
    | LabourScan
    | DiagnosticReport
    | OdometerReading
    | VehicleReadings
    | FleetReadings
    | WorkOrderChange
    | DeviceStatus
)

TYPES_OF_KIND: dict[Kind, tuple[type[Message], ...]] = {
    Kind.STAGE: (StageScan,),
    Kind.LABOUR: (LabourScan,),
    Kind.REPORT: (DiagnosticReport,),
    Kind.ODOMETER: (OdometerReading, VehicleReadings, FleetReadings),
    Kind.WORK_ORDER: (WorkOrderChange,),
    Kind.STATUS: (DeviceStatus,),
}


_DECODERS: dict[type[Message], msgspec.json.Decoder[Message]] = {
    shape: msgspec.json.Decoder(shape) for shapes in TYPES_OF_KIND.values() for shape in shapes
}
_ENCODER = msgspec.json.Encoder()


def encode(message: Message) -> bytes:
    """Write a message as the JSON of the contract."""
    return _ENCODER.encode(message)


def decode(kind: Kind, payload: bytes, zone: tzinfo | None = None) -> Message:
    """Read the payload of a message; raises ContractError naming the field that is wrong."""
    return read_message(kind, payload, zone)[0]


def read_message(kind: Kind, payload: bytes, zone: tzinfo | None = None) -> tuple[Message, list[Note]]:
    """Read the payload of a message, with notes of what was left out or brought into canonical form.

    `zone` is the site's, for times without an offset. Raises ContractError naming the field that is wrong.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ContractError(f"payload: {len(payload)} bytes, more than {MAX_PAYLOAD_BYTES}")
    if is_too_deep(payload):
        raise ContractError(f"payload: nested deeper than {MAX_DEPTH} levels")
    shape = _guess_shape(kind, payload)
    try:
        message = _DECODERS[shape].decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _read_liberally(kind, payload, zone)
    return settle(message)


def _guess_shape(kind: Kind, payload: bytes) -> type[Message]:
    """Return the likely type of a message; where it is another one, reading it strictly fails."""
    if kind is Kind.ODOMETER and b'"readings"' in payload:
        return VehicleReadings if payload.count(b'"vin"') == 1 else FleetReadings
    return TYPES_OF_KIND[kind][0]


def _read_liberally(kind: Kind, payload: bytes, zone: tzinfo | None) -> tuple[Message, list[Note]]:
    try:
        value = read_json(payload)
    except UnreadableError as error:
        raise ContractError(f"payload: {error}") from error
    shape = TYPES_OF_KIND[kind][0]
    if kind is Kind.ODOMETER and isinstance(value, dict) and value.get("readings") is not None:
        shape = VehicleReadings if value.get("vin") else FleetReadings
    return convert(shape, value, zone)
