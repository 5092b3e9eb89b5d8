"""Faults, parts and answers of a period, as rows that queries fill and pictures draw.

Owns the bands of mileage and the shapes. A code is counted once for each visit on which it was found. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from models.analytics.pictures import SHARES, Spread

# Where one band of mileage ends and the next begins; a vehicle whose mileage nobody knows is in none.
BANDS_KM = (20_000.0, 50_000.0, 100_000.0, 150_000.0)
NO_BAND = -1


@dataclass(frozen=True, slots=True)
class CodeCount:
    """On so many visits a code was found, of a model or in a band of mileage; without a code: all visits.

    A model or a band that is None is any; a model nobody named is the empty one.
    """

    code: str | None
    model: str | None
    band: int | None
    visits: int


@dataclass(frozen=True, slots=True)
class PartUse:
    """So many pieces of a part were needed on so many orders: of a month or a job type if one is named."""

    part: str
    description: str | None
    month: date | None
    job_type: str | None
    quantity: float
    orders: int


@dataclass(frozen=True, slots=True)
class MissingPart:
    """A part that open orders wait for; `late` of them longer than was expected."""

    part: str
    description: str | None
    quantity: float
    orders: int
    since: datetime | None
    eta: datetime | None
    late: int


@dataclass(frozen=True, slots=True)
class LeadTime:
    """How long a part took from being ordered to being here: the median and the P85, in seconds."""

    part: str
    description: str | None
    times: int
    median_seconds: float
    most_seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """How long it took from `what` to what was done about it; any job type where none is named."""

    what: str
    job_type: str | None
    times: int
    mean_seconds: float
    percentiles: Sequence[float]

    @property
    def spread(self) -> Spread:
        """Return how the times spread."""
        return Spread(self.times, self.mean_seconds, dict(zip(SHARES, self.percentiles, strict=True)))


@dataclass(frozen=True, slots=True)
class FaultsRead:
    """Everything the view draws; codes and parts of the latest `days`, leads and answers of `answer_days`."""

    codes: Sequence[CodeCount]
    parts: Sequence[PartUse]
    missing: Sequence[MissingPart]
    leads: Sequence[LeadTime]
    answers: Sequence[Answer]
    days: int
    answer_days: int

    @property
    def visits(self) -> int:
        """Return how many visits there were."""
        whole = (
            each for each in self.codes if each.code is None and each.model is None and each.band is None
        )
        return next((each.visits for each in whole), 0)
