"""What can be said of a figure of the truth, and what the database holds that it is compared with.

Owns the words and the shapes; judges nothing and reads nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

OrderKey = tuple[str, str]
MessageKey = tuple[str, str, str]
"""Site, device and id."""


class Verdict(StrEnum):
    """What is to be said of one figure of the truth."""

    EQUAL = "equal"
    MARKED = "marked"
    """Not equal, and the system says so: an inferred interval, a reading that is not trusted."""
    QUARANTINED = "quarantined"
    """The message that tells of it was refused, with a reason."""
    UNTOLD = "never told"
    """The scan or message that would have told of it was never made or never sent."""
    UNJUDGED = "not judged"
    """An odometer reading that differs, and that nothing has judged yet."""
    WRONG = "wrong"
    MISSING = "missing"


SILENT = (Verdict.WRONG, Verdict.MISSING)


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure of the truth, with its verdict and a line that says what is there instead."""

    figure: str
    verdict: Verdict
    what: str = ""


@dataclass(frozen=True, slots=True)
class StoredInterval:
    """A row of stage_interval."""

    stage: str
    bay: str | None
    technician: str | None
    entered_at: datetime
    left_at: datetime | None
    inferred: bool


@dataclass(frozen=True, slots=True)
class StoredReading:
    """A row of odometer_reading."""

    at: datetime
    km: float
    trusted: bool | None


@dataclass(frozen=True, slots=True)
class StoredLabour:
    """A row of labour_scan; `at` is the corrected time."""

    at: datetime
    action: str


LabourKey = tuple[str, str, str, str]
"""Site, work order, job and technician."""
ReadingKey = tuple[str, str, str, str]
"""Site, device, message id and VIN."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database holds of the sites and work orders of the truth, each list by its time."""

    intervals: Mapping[OrderKey, Sequence[StoredInterval]] = field(default_factory=dict)
    labour: Mapping[LabourKey, Sequence[StoredLabour]] = field(default_factory=dict)
    readings: Mapping[ReadingKey, Sequence[StoredReading]] = field(default_factory=dict)
    messages: frozenset[MessageKey] = frozenset()
    quarantined: frozenset[str] = frozenset()
    """SHA-256 of topic and payload, in hexadecimal."""
