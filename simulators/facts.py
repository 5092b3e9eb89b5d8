"""What happens in the shop, as values in simulated seconds.

Facts are what the shop yields, and the only thing it yields: the messages of devices and the
truth are both made from them. Knows neither topics nor payloads nor the time of day.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from config.kit.words import JobType
from simulators.vehicles import Car


class Stage(StrEnum):
    """The stages of the default flow."""

    RECEIVED = "received"
    INSPECTING = "inspecting"
    AWAITING_APPROVAL = "awaiting_approval"
    AWAITING_PARTS = "awaiting_parts"
    REPAIRING = "repairing"
    QUALITY_CHECK = "quality_check"
    WASHING = "washing"
    READY = "ready"
    DELIVERED = "delivered"


class Reason(StrEnum):
    """Why a car waits."""

    PARTS = "parts"
    APPROVAL = "approval"
    BAY = "bay"
    TECHNICIAN = "technician"


@dataclass(frozen=True, slots=True)
class Line:
    """A job sold on an order."""

    job: str
    operation: str
    hours: float


@dataclass(frozen=True, slots=True)
class Part:
    """A part an order needs; `eta_seconds` is set while it is on its way."""

    number: str
    description: str
    status: Literal["ordered", "arrived", "fitted"]
    eta_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened at a simulated second."""

    at_seconds: float


@dataclass(frozen=True, slots=True)
class OrderFact(Fact):
    """Something that happened to an order."""

    order: int


@dataclass(frozen=True, slots=True)
class OrderOpened(OrderFact):
    """An advisor opened an order and promised a time."""

    job_type: JobType
    car: Car
    waits: bool
    advisor: str
    promised_seconds: float
    lines: tuple[Line, ...]
    comeback_of: int | None = None
    """The order after which the car has the same complaint again."""


@dataclass(frozen=True, slots=True)
class OrderUpdated(OrderFact):
    """Jobs, parts or the promise of an order changed; None is what stayed."""

    promised_seconds: float | None = None
    lines: tuple[Line, ...] | None = None
    parts: tuple[Part, ...] | None = None


@dataclass(frozen=True, slots=True)
class OrderCancelled(OrderFact):
    """A customer changed their mind before anything was done."""


@dataclass(frozen=True, slots=True)
class StageEntered(OrderFact):
    """A car entered a stage, or its place or reason within the stage changed."""

    stage: Stage
    bay: str | None = None
    technician: str | None = None
    operation: str | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class LabourClocked(OrderFact):
    """A technician began or interrupted work on a job."""

    job: str
    technician: str
    bay: str | None
    action: Literal["on", "off"]


@dataclass(frozen=True, slots=True)
class ReportMade(OrderFact):
    """A diagnostic tool read a car; tools are numbered from 0."""

    car: Car
    tool: int
    codes: tuple[str, ...]
    measurements: tuple[tuple[str, float, str], ...]


@dataclass(frozen=True, slots=True)
class OdometerRead(Fact):
    """Cars reported their mileage, one or many at once; each with its own second."""

    readings: tuple[tuple[float, Car], ...]
