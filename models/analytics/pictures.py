"""What the analytics pages draw beside sums: counted durations, heat, flow, cars and orders, as rows.

Owns the shapes that readers in `models.queries` give to figures, and the percentiles of counted
durations. Knows neither SQL nor pictures.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from models.analytics.bins import find_percentile

SHARES = (0.1, 0.25, 0.5, 0.75, 0.85, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class StageBin:
    """So many visits of a stage took between two bounds: `bin` of `models.analytics.bins`."""

    job_type: str | None
    stage: str
    bin: int
    visits: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Spread:
    """How long visits took: how many, their mean, and the percentiles of SHARES, all in seconds."""

    visits: int
    mean_seconds: float
    percentiles: Mapping[float, float]


def measure_spread(bins: Iterable[StageBin]) -> Spread | None:
    """Return how the visits of any bins spread; None of none."""
    counted: Counter[int] = Counter()
    seconds = 0.0
    for each in bins:
        counted[each.bin] += each.visits
        seconds += each.seconds
    visits = counted.total()
    found = {share: value for share in SHARES if (value := find_percentile(counted, share)) is not None}
    return Spread(visits, seconds / visits, found) if visits > 0 else None


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The geometric mean of a stage's visits in a bucket of time."""

    bucket: date
    visits: int
    mean_seconds: float


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A stage's visits that began in an hour of a weekday, 1 for Monday."""

    weekday: int
    hour: int
    visits: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CarHere:
    """A car that is in the workshop."""

    site: str
    work_order: str
    job_type: str | None
    plate: str | None
    stage: str | None
    bay: str | None
    opened_at: datetime
    promised_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """An order behind a figure; `asked_seconds` is what the list is sorted by, `orders` how many there are.

    What a list knows nothing of is None.
    """

    site: str
    work_order: str
    job_type: str | None
    plate: str | None
    asked_seconds: float
    orders: int
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    cycle_seconds: float | None = None
    touch_seconds: float | None = None
    on_time: bool | None = None
    came_back: bool | None = None
    bay: str | None = None
    technician: str | None = None
    entered_at: datetime | None = None
    left_at: datetime | None = None
