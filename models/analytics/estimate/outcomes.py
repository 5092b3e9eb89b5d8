"""What many judged estimates add up to: coverage with its confidence, errors, reliability.

Owns the goals of coverage, the band within which a share that was counted may really lie, and the
verdict, which is only given where there is enough to give it. The sums come from the database.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import accumulate
from math import sqrt

# Between which shares the cars that were ready before their P50, and their P80, should lie.
GOALS = {50: (0.45, 0.55), 80: (0.75, 0.85)}
# A fifth below the plain median's is what learning must at least be worth.
LEAST_GAIN = 0.2
# The normal quantile of a band that holds 95 times of 100.
_Z = 1.959964
BINS = 20


class Verdict(StrEnum):
    """Whether a share meets its goal; it may be too early to say."""

    MET = "met"
    UNSURE = "unsure"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Share:
    """A share that was counted, and between which it really lies, 95 times of 100."""

    value: float
    low: float
    high: float
    count: int

    def judge(self, goal: tuple[float, float]) -> Verdict:
        """Say whether it lies within a goal; unsure is what may, for all that was counted."""
        least, most = goal
        if least <= self.value <= most:
            return Verdict.MET
        return Verdict.MISSED if self.high < least or self.low > most else Verdict.UNSURE


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Estimates made on entering a stage and how they turned out; errors are sums of absolute ones.

    `job_type` and the Monday `week` are None in a sum over all of them. `promised_error_seconds` is that of
    the estimates of the orders that had a promise, to set beside `promise_error_seconds`.
    """

    stage: str
    job_type: str | None
    week: date | None
    orders: int
    by_p50: int
    by_p80: int
    error_seconds: float
    median_error_seconds: float
    promised: int
    promised_error_seconds: float
    promise_error_seconds: float

    def cover(self, percentile: int) -> Share | None:
        """Return the share that was ready before P50 or P80."""
        return count_share({50: self.by_p50, 80: self.by_p80}[percentile], self.orders)

    @property
    def mean_error_seconds(self) -> float | None:
        """Return by how much an estimate was wrong on average."""
        return self.error_seconds / self.orders if self.orders else None

    @property
    def mean_promise_error_seconds(self) -> float | None:
        """Return by how much a first promise was wrong on average."""
        return self.promise_error_seconds / self.promised if self.promised else None

    @property
    def mean_median_error_seconds(self) -> float | None:
        """Return by how much the plain median was wrong on average."""
        return self.median_error_seconds / self.orders if self.orders else None

    @property
    def median_gain(self) -> float | None:
        """Return by which share the error is below the plain median's."""
        return 1 - self.error_seconds / self.median_error_seconds if self.median_error_seconds else None

    @property
    def promise_gain(self) -> float | None:
        """Return by which share the error is below the promise's, on the orders that had one."""
        return (
            1 - self.promised_error_seconds / self.promise_error_seconds
            if self.promise_error_seconds
            else None
        )


@dataclass(frozen=True, slots=True)
class Reached:
    """How many estimates of a stage ended in a bin of what was said: `bin` of `BINS`, from 0.

    `kind` is "reached" (bins of the past that was over) or "risk" (bins of the risk that was shown; `late`
    of those orders were, and `said` is the sum of their risks).
    """

    stage: str
    kind: str
    bin: int
    orders: int
    said: float
    late: int


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a reliability diagram: what was said, and what came."""

    said: float
    came: Share


@dataclass(frozen=True, slots=True)
class Learning:
    """What a site has learned, until when, and from how many orders."""

    site: str
    until: datetime
    orders: int


def count_share(hits: int, count: int) -> Share | None:
    """Return a share with its band (Wilson, 1927); None of nothing."""
    if not count:
        return None
    share, spread = hits / count, _Z**2 / count
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    # At 0 and at 1 the band ends there, but for the last digit of a float.
    return Share(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)), count)


def list_reliability(bins: Iterable[Reached], stage: str) -> list[Point]:
    """Return, for every twentieth, how many cars were ready by when that share of the past was."""
    counts = [0] * BINS
    for each in bins:
        if each.stage == stage and each.kind == "reached":
            counts[each.bin] += each.orders
    total = sum(counts)
    below = list(accumulate(counts))[:-1]
    points = ((number / BINS, count_share(hits, total)) for number, hits in enumerate(below, start=1))
    return [Point(said, came) for said, came in points if came]


def list_risks(bins: Sequence[Reached], stage: str, fewest: int = 20) -> list[Point]:
    """Return, for each bin of risk with enough orders, the mean that was said and the share that was late."""
    found = []
    for each in sorted(bins, key=lambda each: each.bin):
        if each.stage == stage and each.kind == "risk" and each.orders >= fewest:
            came = count_share(each.late, each.orders)
            found += [Point(each.said / each.orders, came)] if came else []
    return found
