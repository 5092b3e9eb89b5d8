"""Chance that can be repeated: named streams of random numbers, and how long things take.

Every stream is opened under a name that contains the seed, so that one more draw in one
place moves nothing in another. Durations are lognormal: never negative, most near the
median, a few very long.
"""

import math
from dataclasses import dataclass
from random import Random

_MINUTE = 60.0


def open_stream(name: str) -> Random:
    """Open the stream of random numbers of that name: the same numbers for the same name."""
    return Random(name)  # noqa: S311  # chance, not secrets


@dataclass(frozen=True, slots=True)
class Spread:
    """A lognormal duration; `sigma` 0.25 keeps two of three within a quarter of the median."""

    median_minutes: float
    sigma: float

    def draw(self, rng: Random) -> float:
        """Draw a duration in seconds, at least one minute and at most twenty medians."""
        minutes = self.median_minutes * math.exp(rng.gauss(0.0, self.sigma))
        return _MINUTE * min(max(minutes, 1.0), 20 * self.median_minutes)
