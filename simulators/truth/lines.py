"""What really happened, as JSON lines: each line says its `kind` first.

Owns the lines, and the file of them. Nothing here has met a fault, except the lines about faults
themselves. docs/simulator.md describes every field; when a line is written is `simulators.truth.telling`'s.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from simulators.facts import Stage


class Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every line of the truth shares."""

    site: str


class RunTruth(Line, frozen=True, kw_only=True, tag="run"):
    """How a site was simulated, and what was hidden in it."""

    seed: int
    speed: float
    scenario: str
    started_at: datetime
    faults: Mapping[str, float]
    slow_bay: str | None
    slow_technician: str | None


class StageTruth(Line, frozen=True, kw_only=True, tag="stage"):
    """A stage interval as it was lived; `device` and `id` name the scan that tells of its beginning."""

    work_order: str
    stage: Stage
    bay: str | None
    technician: str | None
    entered_at: datetime
    left_at: datetime | None = None
    device: str
    id: str


class BayTruth(Line, frozen=True, kw_only=True, tag="bay"):
    """A car stood in a bay, through however many stages."""

    bay: str
    work_order: str
    entered_at: datetime
    left_at: datetime | None = None


class LabourTruth(Line, frozen=True, kw_only=True, tag="labour"):
    """A technician worked on a job; the ids name the scans of the beginning and the end."""

    work_order: str
    job: str
    technician: str
    bay: str | None
    began_at: datetime
    ended_at: datetime | None = None
    device: str
    on_id: str
    off_id: str | None = None


class ReadyTruth(Line, frozen=True, kw_only=True, tag="ready"):
    """A car was ready for its customer."""

    work_order: str
    at: datetime


class OdometerTruth(Line, frozen=True, kw_only=True, tag="odometer"):
    """What an odometer really showed when a message read it."""

    device: str
    id: str
    vin: str
    at: datetime
    km: float


class ComebackTruth(Line, frozen=True, kw_only=True, tag="comeback"):
    """A car came again with the complaint of an order before."""

    work_order: str
    again: str


class FaultTruth(Line, frozen=True, kw_only=True, tag="fault"):
    """A message that met faults: as it was published, unless it was `lost` before.

    `origin_device` and `origin_id` name the message that would have been sent without them,
    `sha256` is that of topic, a zero byte and payload, in hexadecimal.
    """

    faults: tuple[str, ...]
    origin_device: str
    origin_id: str
    device: str
    id: str
    lost: bool
    topic: str
    sha256: str


class EndTruth(Line, frozen=True, kw_only=True, tag="end"):
    """The simulation of a site ended; what had no end by then goes on."""

    at: datetime


Truth = (
    RunTruth
    | StageTruth
    | BayTruth
    | LabourTruth
    | ReadyTruth
    | OdometerTruth
    | ComebackTruth
    | FaultTruth
    | EndTruth
)
Write = Callable[[Line], None]


def write_to(file: IO[bytes] | None) -> Write:
    """Return what writes lines into a file; without a file, into nothing."""

    def write(line: Line) -> None:
        if file:
            file.write(msgspec.json.encode(line) + b"\n")
            file.flush()

    return write


def read_truth(file: Path) -> list[Truth]:
    """Read the lines of a file; raises msgspec.DecodeError where one is not of the truth."""
    decoder = msgspec.json.Decoder(Truth)
    return [decoder.decode(line) for line in file.read_bytes().splitlines()]
