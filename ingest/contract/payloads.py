"""The payloads of the contract as types: what a message of each kind may carry.

The single source of the wire format: decoding, encoding, JSON Schema and AsyncAPI all
come from these structs. Checks a message can fail on its own stand here; checks that need
the workshop's facts (configured stages, our clock) belong to `ingest.decode`.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from config.words import JobType
from ingest.contract.topics import ContractError, Kind

MAX_PAYLOAD_BYTES = 256 * 1024

_Read = TypeVar("_Read")

EventId = Annotated[
    str, Meta(min_length=1, max_length=64, description="unique per device; a ULID or UUID is best")
]
Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset: the device's own clock")]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(max_length=500)]
Vin = Annotated[str, Meta(min_length=1, max_length=32, description="vehicle identification number")]
Count = Annotated[float, Meta(ge=0)]
Hours = Annotated[float, Meta(ge=0, le=10_000)]
DistanceUnit = Literal["km", "mi", "m"]


class Payload(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What every payload shares: fields in their order of declaration, unknown ones ignored."""


class StageScan(Payload, frozen=True, kw_only=True):
    """A work order enters a stage, in a bay or not; this ends the stage before it."""

    id: EventId
    at: Instant
    work_order: Name
    stage: Name
    bay: Name | None = None
    technician: Name | None = None
    operation: Text | None = None
    reason: Text | None = None


class LabourScan(Payload, frozen=True, kw_only=True):
    """A technician clocks on or off a job of a work order."""

    id: EventId
    at: Instant
    work_order: Name
    job: Name
    technician: Name
    action: Literal["on", "off"]
    bay: Name | None = None


class Odometer(Payload, frozen=True, kw_only=True):
    """A mileage as the device shows it."""

    value: Count
    unit: DistanceUnit


class TroubleCode(Payload, frozen=True, kw_only=True):
    """A diagnostic trouble code."""

    code: Annotated[str, Meta(min_length=1, max_length=16)]
    status: Literal["pending", "confirmed", "permanent"]


class Measurement(Payload, frozen=True, kw_only=True):
    """A measured value with its unit."""

    name: Name
    value: float
    unit: Annotated[str, Meta(max_length=16)] | None = None


class Tool(Payload, frozen=True, kw_only=True):
    """The diagnostic tool that made a report."""

    serial: Name
    calibration_due: date | None = None


class DiagnosticReport(Payload, frozen=True, kw_only=True):
    """Trouble codes, measurements and the odometer as a diagnostic tool read them."""

    id: EventId
    at: Instant
    vin: Vin
    work_order: Name | None = None
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
    value: Count


class VehicleReadings(Payload, frozen=True, kw_only=True):
    """Many readings of one vehicle."""

    id: EventId
    vin: Vin
    unit: DistanceUnit
    readings: Annotated[tuple[Reading, ...], Meta(min_length=1)]


class FleetReading(Reading, frozen=True, kw_only=True):
    """One of many readings, with the vehicle it belongs to."""

    vin: Vin


class FleetReadings(Payload, frozen=True, kw_only=True):
    """Readings of many vehicles."""

    id: EventId
    unit: DistanceUnit
    readings: Annotated[tuple[FleetReading, ...], Meta(min_length=1)]


class Vehicle(Payload, frozen=True, kw_only=True):
    """The vehicle of a work order; a field that is absent is left as it was."""

    vin: Vin | UnsetType | None = UNSET
    plate: Annotated[str, Meta(max_length=32)] | UnsetType | None = UNSET
    make: Text | UnsetType | None = UNSET
    model: Text | UnsetType | None = UNSET
    year: Annotated[int, Meta(ge=1886, le=2200)] | UnsetType | None = UNSET
    powertrain: Text | UnsetType | None = UNSET
    in_service_on: date | UnsetType | None = UNSET


class Customer(Payload, frozen=True, kw_only=True):
    """Who brought the car; a field that is absent is left as it was."""

    ref: Name | UnsetType | None = UNSET
    name: Text | UnsetType | None = UNSET
    phone: Annotated[str, Meta(max_length=32)] | UnsetType | None = UNSET
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
    status: Literal["ordered", "arrived", "fitted"] | None = None
    eta: Instant | None = None


class WorkOrderChange(Payload, frozen=True, kw_only=True):
    """A work order is opened, changed or cancelled; absent fields stay, lists replace."""

    id: EventId
    at: Instant
    work_order: Name
    change: Literal["opened", "updated", "cancelled"]
    vehicle: Vehicle | UnsetType = UNSET
    customer: Customer | UnsetType = UNSET
    job_type: JobType | UnsetType | None = UNSET
    advisor: Text | UnsetType | None = UNSET
    promised_at: Instant | UnsetType | None = UNSET
    lines: tuple[JobLine, ...] | UnsetType = UNSET
    parts: tuple[PartLine, ...] | UnsetType = UNSET


class DeviceStatus(Payload, frozen=True, kw_only=True):
    """A device is online or, by its last will, offline; retained by the broker."""

    at: Instant
    state: Literal["online", "offline"]
    firmware: Annotated[str, Meta(max_length=64)] | None = None


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


class _OdometerShape(Struct, gc=False):
    """Just enough of an odometer message to tell which of its three shapes it has."""

    readings: msgspec.Raw | UnsetType = UNSET
    vin: msgspec.Raw | UnsetType = UNSET


_DECODERS: dict[Kind, msgspec.json.Decoder[Message]] = {
    kind: msgspec.json.Decoder(types[0]) for kind, types in TYPES_OF_KIND.items()
}
_DECODE_READING = msgspec.json.Decoder(OdometerReading)
_DECODE_SHAPE = msgspec.json.Decoder(_OdometerShape)
_DECODE_VEHICLE = msgspec.json.Decoder(VehicleReadings)
_DECODE_FLEET = msgspec.json.Decoder(FleetReadings)
_ENCODER = msgspec.json.Encoder()


def encode(message: Message) -> bytes:
    """Write a message as the JSON of the contract."""
    return _ENCODER.encode(message)


def decode(kind: Kind, payload: bytes) -> Message:
    """Read the payload of a message; raises ContractError naming the field that is wrong."""
    return read_json(_decode_odometer if kind is Kind.ODOMETER else _DECODERS[kind].decode, payload)


def read_json(decode_payload: Callable[[bytes], _Read], payload: bytes) -> _Read:
    """Call a decoder of msgspec; raises ContractError naming the field that is wrong."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ContractError(f"payload: {len(payload)} bytes, more than {MAX_PAYLOAD_BYTES}")
    try:
        return decode_payload(payload)
    except msgspec.ValidationError as error:
        raise ContractError(_name_field(str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"payload: not JSON: {error}") from error


def _decode_odometer(payload: bytes) -> OdometerReading | VehicleReadings | FleetReadings:
    if b'"readings"' in payload:
        shape = _DECODE_SHAPE.decode(payload)
        if shape.readings is not UNSET:
            return (_DECODE_FLEET if shape.vin is UNSET else _DECODE_VEHICLE).decode(payload)
    return _DECODE_READING.decode(payload)


def _name_field(message: str) -> str:
    """Turn msgspec's "Expected … - at `$.odometer.unit`" into "odometer.unit: expected …"."""
    problem, _, path = message.partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    if "missing required field `" in problem:
        missing = problem.rsplit("field `", 1)[1].rstrip("`")
        return f"{f'{field}.{missing}' if field else missing}: missing"
    return f"{field or 'payload'}: {problem[0].lower()}{problem[1:]}"
