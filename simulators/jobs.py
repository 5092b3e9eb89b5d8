"""What is done to cars: operations with flat-rate hours, and what an order asks for.

Owns the catalogue and the mix of job types. Operations carry names a customer understands.
Flat-rate hours are what is sold; how long a technician really takes is reckoned in the shop.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from config.kit.words import JobType
from simulators.vehicles import Powertrain


class Skill(StrEnum):
    """What a technician must be able to do."""

    SERVICE = "service"
    MECHANICAL = "mechanical"
    DIAGNOSTIC = "diagnostic"
    BODY = "body"
    PAINT = "paint"
    QUALITY = "quality"


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that is sold: its name, its flat-rate hours, the part it needs, who can do it."""

    name: str
    hours: float
    part: str | None = None
    skill: Skill = Skill.SERVICE


@dataclass(frozen=True, slots=True)
class Complaint:
    """A fault as a diagnostic tool sees it, and what mends it."""

    codes: tuple[str, ...]
    remedies: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What an order asks for: the check, what is sold from the start, what the check will find."""

    job_type: JobType
    check: Operation
    bay_kinds: tuple[str, ...]
    planned: tuple[Operation, ...] = ()
    found: tuple[Operation, ...] = ()
    codes: tuple[str, ...] = ()


def _mechanical(name: str, hours: float, part: str | None = None) -> Operation:
    return Operation(name, hours, part, Skill.MECHANICAL)


OIL_SERVICE = Operation("Oil and filter service", 0.6, "Oil filter and 5 l engine oil")
ELECTRIC_SERVICE = Operation("Electric drive service", 0.5)
EXTRAS = (
    Operation("Cabin air filter", 0.2, "Cabin air filter"),
    Operation("Engine air filter", 0.2, "Engine air filter"),
    Operation("Brake fluid change", 0.5, "Brake fluid DOT 4"),
    Operation("Coolant change", 0.6, "Coolant 6 l"),
    Operation("Tyre rotation and balance", 0.5),
    Operation("Air conditioning clean", 0.4, "Cleaning foam"),
)
ENGINE_ONLY = frozenset({"Engine air filter"})
REPAIRS = (
    _mechanical("Front brake pads", 0.9, "Front brake pad set"),
    _mechanical("Rear brake pads and discs", 1.6, "Rear brake disc set"),
    _mechanical("12 V battery", 0.4, "12 V battery 70 Ah"),
    _mechanical("Two new tyres", 0.7, "Tyre 225/55 R17"),
    _mechanical("Wheel alignment", 0.8),
    _mechanical("Front shock absorbers", 2.2, "Front shock absorber pair"),
    _mechanical("Air conditioning compressor", 2.4, "Compressor"),
    _mechanical("Control arm bushings", 1.5, "Bushing set"),
    _mechanical("Window regulator", 1.0, "Window regulator"),
)
FINDINGS = (
    Operation("Wiper blades", 0.1, "Wiper blade pair"),
    Operation("Headlight bulb", 0.2, "Headlight bulb"),
    _mechanical("Front brake pads", 0.9, "Front brake pad set"),
    _mechanical("12 V battery", 0.4, "12 V battery 70 Ah"),
    _mechanical("Two new tyres", 0.7, "Tyre 225/55 R17"),
    _mechanical("Wheel alignment", 0.8),
)
ENGINE_COMPLAINTS = (
    Complaint(("P0301", "P0300"), (_mechanical("Ignition coil and spark plugs", 0.9, "Ignition coil"),)),
    Complaint(("P0420",), (_mechanical("Catalytic converter", 2.2, "Catalytic converter"),)),
    Complaint(("P0171",), (_mechanical("Intake leak repair", 1.2, "Intake gasket"),)),
    Complaint(("P0128",), (_mechanical("Thermostat", 1.1, "Thermostat"),)),
    Complaint(("P0455",), (_mechanical("Fuel vapour valve", 0.7, "Purge valve"),)),
    Complaint(("P0741", "P0700"), (_mechanical("Transmission valve body", 3.2, "Valve body"),)),
)
COMPLAINTS = (
    Complaint(("U0100",), (_mechanical("Wiring harness repair", 2.0),)),
    Complaint(("C0035",), (_mechanical("Wheel speed sensor, front left", 0.8, "Wheel speed sensor"),)),
    Complaint(("B0001",), (_mechanical("Airbag clock spring", 1.2, "Clock spring"),)),
    Complaint(("U0140", "U0422"), (_mechanical("Body control module software", 0.8),)),
)
BATTERY_COMPLAINTS = (
    Complaint(("P0AA6",), (_mechanical("High-voltage insulation repair", 2.4, "High-voltage cable"),)),
    Complaint(("P0A80",), (_mechanical("Battery cell module", 3.4, "Cell module"),)),
)
ANNUAL_CHECK = Operation("Annual inspection check", 0.6)
HEALTH_CHECK = Operation("Vehicle health check", 0.2)
VEHICLE_CHECK = _mechanical("Vehicle check", 0.3)
DIAGNOSIS = Operation("Fault diagnosis", 0.7, skill=Skill.DIAGNOSTIC)
ASSESSMENT = Operation("Damage assessment", 0.4, skill=Skill.BODY)
# What is sold before anything is mended takes as long as it takes, whatever was sold.
CHECKS = frozenset(each.name for each in (ANNUAL_CHECK, HEALTH_CHECK, VEHICLE_CHECK, DIAGNOSIS, ASSESSMENT))
_BODY_PARTS = "Body parts"
BODY_WORK = (
    (("Straighten front wing", 2.4), ("Repaint front wing", 1.6)),
    (("Replace front bumper", 1.6), ("Repaint front bumper", 1.8)),
    (("Repair rear bumper", 1.8), ("Repaint rear bumper", 1.6)),
    (("Straighten door and sill", 4.2), ("Repaint door and sill", 2.6)),
    (("Remove dents without paint", 2.2), None),
)

# Shares of a dealer's orders. Body work takes a working day; three bays of twelve can do 6 %.
MIX: Mapping[JobType, float] = {
    "maintenance": 60,
    "repair": 17,
    "inspection": 11,
    "warranty": 6,
    "body": 6,
}
_LAMP_SHARE = 0.5
_GENERAL = ("general", "diagnostic")
_DIAGNOSTIC = ("diagnostic", "general")
# Every part that some operation needs.
_MENDED = (one for each in (*ENGINE_COMPLAINTS, *COMPLAINTS, *BATTERY_COMPLAINTS) for one in each.remedies)
_SOLD = (OIL_SERVICE, ELECTRIC_SERVICE, *EXTRAS, *REPAIRS, *FINDINGS, *_MENDED)
PARTS = frozenset({_BODY_PARTS, *(one.part for one in _SOLD if one.part)})


def draw_request(
    rng: Random, powertrain: Powertrain, mix: Mapping[JobType, float], *, has_body_bay: bool
) -> Request:
    """Draw what a customer comes for."""
    possible = {job_type: share for job_type, share in mix.items() if has_body_bay or job_type != "body"}
    job_type = rng.choices(list(possible), list(possible.values()))[0]
    match job_type:
        case "maintenance":
            return _draw_maintenance(rng, powertrain)
        case "repair":
            # Half know what they need, half have a warning lamp.
            by_lamp = rng.random() < _LAMP_SHARE
            return _draw_diagnosis(rng, powertrain, "repair") if by_lamp else _draw_known_repair(rng)
        case "warranty":
            return _draw_diagnosis(rng, powertrain, "warranty")
        case "inspection":
            return Request(job_type, ANNUAL_CHECK, _GENERAL, found=_draw_findings(rng, 0.45))
        case "body":
            return _draw_body_work(rng)


def ask_again(request: Request, main: Operation) -> Request:
    """Return what a customer asks for whose car has the same complaint again: the same done better."""
    return replace(request, planned=(main,), found=())


def _draw_findings(rng: Random, share: float) -> tuple[Operation, ...]:
    if rng.random() >= share:
        return ()
    return tuple(rng.sample(FINDINGS, rng.choice((1, 1, 2))))


def _draw_maintenance(rng: Random, powertrain: Powertrain) -> Request:
    engine = powertrain is not Powertrain.ELECTRIC
    extras = [extra for extra in EXTRAS if engine or extra.name not in ENGINE_ONLY]
    planned = (OIL_SERVICE if engine else ELECTRIC_SERVICE, *rng.sample(extras, rng.choice((0, 0, 1, 1, 2))))
    return Request("maintenance", HEALTH_CHECK, ("express", "general"), planned, _draw_findings(rng, 0.2))


def _draw_known_repair(rng: Random) -> Request:
    planned = tuple(rng.sample(REPAIRS, rng.choice((1, 1, 2))))
    found = tuple(finding for finding in _draw_findings(rng, 0.3) if finding not in planned)
    return Request("repair", VEHICLE_CHECK, _GENERAL, planned, found)


def _draw_diagnosis(rng: Random, powertrain: Powertrain, job_type: JobType) -> Request:
    by_powertrain = {
        Powertrain.PETROL: ENGINE_COMPLAINTS,
        Powertrain.PLUG_IN: ENGINE_COMPLAINTS + BATTERY_COMPLAINTS,
        Powertrain.ELECTRIC: BATTERY_COMPLAINTS,
    }
    complaint = rng.choice(COMPLAINTS + by_powertrain[powertrain])
    return Request(job_type, DIAGNOSIS, _DIAGNOSTIC, found=complaint.remedies, codes=complaint.codes)


def _draw_body_work(rng: Random) -> Request:
    damage, paint = rng.choice(BODY_WORK)
    planned = [Operation(*damage, _BODY_PARTS if damage[0].startswith("Replace") else None, Skill.BODY)]
    if paint:
        planned.append(Operation(*paint, skill=Skill.PAINT))
    return Request("body", ASSESSMENT, ("body",), tuple(planned))
