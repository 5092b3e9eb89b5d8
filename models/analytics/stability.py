"""Whether durations stay as they were: XmR charts on the logarithm, because durations are skewed.

Owns the limits, mean ± 2.66 × mean moving range (Shewhart; Wheeler, Understanding Variation, 1993),
reckoned on logarithms and given back in seconds, and which points are signals.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import exp, log
from statistics import fmean

# 3 ÷ 1.128, the mean range of two values in standard deviations.
_LIMIT_FACTOR = 2.66
_RUN = 8
_LEAST_SECONDS = 1.0
_FEWEST = 8


class Signal(StrEnum):
    """Why a point is no mere noise."""

    ABOVE = "above"
    BELOW = "below"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Chart:
    """An XmR chart in seconds; `signals` has one for each point, None where it is noise.

    `centre_seconds` is the geometric mean. A run is the eighth or later point in a row on one side of it.
    """

    centre_seconds: float
    lower_seconds: float
    upper_seconds: float
    signals: tuple[Signal | None, ...]

    @property
    def is_stable(self) -> bool:
        """Say whether no point is a signal."""
        return not any(self.signals)


def chart_durations(seconds: Sequence[float], baseline: int | None = None) -> Chart | None:
    """Chart durations in the order of their time; None for fewer than eight.

    The limits come from the first `baseline` points, or from all of them. Durations below a second
    count as one.
    """
    logs = [log(max(each, _LEAST_SECONDS)) for each in seconds]
    known = logs[:baseline]
    if len(known) < _FEWEST:
        return None
    centre = fmean(known)
    mean_range = fmean(abs(later - earlier) for earlier, later in pairwise(known))
    reach = _LIMIT_FACTOR * mean_range
    signals: list[Signal | None] = []
    side, run = 0, 0
    for value in logs:
        now = (value > centre) - (value < centre)
        run = run + 1 if now and now == side else abs(now)
        side = now
        signals.append(_judge(value - centre, reach, run))
    return Chart(exp(centre), exp(centre - reach), exp(centre + reach), tuple(signals))


def _judge(off: float, reach: float, run: int) -> Signal | None:
    if off > reach:
        return Signal.ABOVE
    if off < -reach:
        return Signal.BELOW
    return Signal.RUN if run >= _RUN else None
