"""Who and what is slower than the rest, said only where it is significant and large enough to matter.

Owns the comparison of bays and of technicians over the same kind of job. What a job would take is its
kind's, measured against the flat rate where hours were sold; what the technician does to a bay's
figures, and the bay to a technician's, is taken out before. People differ by nature: a technician is
marked only beyond what colleagues who all work well differ by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log

import numpy as np
import numpy.typing as npt

from models.analytics.open_clock import Seconds

_FEWEST_JOBS = 30
_ERROR_RATE = 0.05
_ROUNDS = 30

Codes = npt.NDArray[np.intp]


class Factor(StrEnum):
    """What is compared."""

    BAY = "bay"
    TECHNICIAN = "technician"


# The ratio of medians from which a difference matters. Bays are alike. People are not: of sixteen who all
# work well, their speeds straying by a tenth, the slowest exceeds 1.31 in one shop of twenty.
LEAST_RATIO = {Factor.BAY: 1.15, Factor.TECHNICIAN: 1.31}


@dataclass(frozen=True, slots=True)
class JobRow:
    """A technician's part in a job done in one bay: how long, and of what kind it was.

    `kind` is the operation, or the job type and job where nothing was sold; `crew` how many technicians
    clocked on the job, so that half a job is not compared with a whole one.
    """

    kind: str
    technician: str
    bay: str | None
    seconds: float
    sold_hours: float | None
    crew: int = 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """One bay or technician against all others; `ratio` of medians above 1 is slower.

    `p_value` is that of the rank test, corrected for the number of comparisons.
    """

    key: str
    jobs: int
    ratio: float
    p_value: float
    marked: bool


def compare(jobs: Sequence[JobRow], factor: Factor) -> list[Comparison]:
    """Compare all bays, or all technicians, that have done enough jobs; the slowest first.

    Medians and ranks are those of durations aligned for kind and for the other factor (Hodges and Lehmann,
    1962), tested one-sided (Mann and Whitney, 1947) and corrected by Holm (1979). What two technicians
    do together says nothing of one of them, so it counts for bays only.
    """
    used = [job for job in jobs if job.seconds > 0 and (factor is Factor.BAY or job.crew == 1)]
    used = [job for job in used if job.bay or factor is Factor.TECHNICIAN]
    if not used:
        return []
    keys = np.array([job.bay or "" if factor is Factor.BAY else job.technician for job in used])
    aligned = _align(used, keys, factor)
    names, counts = np.unique(keys, return_counts=True)
    tested = [str(name) for name, count in zip(names, counts, strict=True) if count >= _FEWEST_JOBS]
    if len(tested) < 2:  # noqa: PLR2004  # one alone has no rest
        return []
    from scipy.stats import mannwhitneyu  # noqa: PLC0415  # 75 MB that a process without managers never needs

    found = []
    for name in tested:
        own, rest = aligned[keys == name], aligned[keys != name]
        p_value = float(mannwhitneyu(own, rest, alternative="greater").pvalue)
        found.append((name, len(own), exp(float(np.median(own) - np.median(rest))), p_value))
    corrected = correct_for_many([p_value for *_, p_value in found])
    least = LEAST_RATIO[factor]
    comparisons = [
        Comparison(name, count, ratio, p_value, p_value < _ERROR_RATE and ratio >= least)
        for (name, count, ratio, _), p_value in zip(found, corrected, strict=True)
    ]
    return sorted(comparisons, key=lambda comparison: (-comparison.ratio, comparison.key))


def correct_for_many(p_values: Sequence[float]) -> list[float]:
    """Correct the p-values of several tests together (Holm, 1979)."""
    corrected = [1.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda n: p_values[n])):
        highest = max(highest, min(1.0, p_values[place] * (len(p_values) - rank)))
        corrected[place] = highest
    return corrected


def _align(jobs: Sequence[JobRow], keys: npt.NDArray[np.str_], factor: Factor) -> Seconds:
    """Return log durations without the effects of kind and of the other factor.

    The effects of kinds, bays and technicians are fitted together by least squares (backfitting), so
    that whoever gets the hard jobs or the slow bay is not blamed for them.
    """
    others = np.array([job.technician if factor is Factor.BAY else job.bay or "" for job in jobs])
    values = np.array([log(job.seconds / ((job.sold_hours or 0.0) * 3600 or 1.0)) for job in jobs])
    kinds = np.array([f"{job.kind}/{job.crew}/{bool(job.sold_hours)}" for job in jobs])
    codes = [np.unique(each, return_inverse=True)[1] for each in (kinds, others, keys)]
    effects = [np.zeros(len(jobs)) for _ in codes]
    for _ in range(_ROUNDS):
        for place, code in enumerate(codes):
            without = values - sum(effects) + effects[place]
            effects[place] = _mean_by(code, without)
    aligned: Seconds = values - effects[0] - effects[1]
    return aligned


def _mean_by(code: Codes, values: Seconds) -> Seconds:
    means: Seconds = (np.bincount(code, values) / np.bincount(code))[code]
    return means
