"""A clock that runs only while the site is open, for many instants at once.

Owns the conversion between instants and open seconds from a moment on. Where the spans come
from is the opening hours' business; beyond the horizon the site is taken as always open for a hundred
years, and then time stands still, so that no reckoning ever fails on a calendar.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt

Seconds = npt.NDArray[np.float64]

_HORIZON_DAYS = 30
_ALWAYS_OPEN = timedelta(days=36500)


class Hours(Protocol):
    """When a site is open; `config.opening.OpeningHours` is one."""

    def spans_between(self, start: datetime, end: datetime, /) -> Iterable[tuple[datetime, datetime]]:
        """Yield the open spans within an interval, in their order."""


class OpenClock:
    """Open seconds from `start` on, and back; exact within so many days, always open after them."""

    def __init__(self, hours: Hours, start: datetime, days: int = _HORIZON_DAYS) -> None:
        self.start = start
        end = start + timedelta(days=days)
        spans = [*hours.spans_between(start, end), (end, end + _ALWAYS_OPEN)]
        self._opens = np.array([(opens - start).total_seconds() for opens, _ in spans])
        lasts = np.array([(closes - opens).total_seconds() for opens, closes in spans])
        self._after = np.cumsum(lasts)
        self._before = self._after - lasts

    def instant_after(self, open_seconds: float) -> datetime:
        """Return the instant by which the site has been open for so long."""
        return self.start + timedelta(seconds=float(self.elapse(np.array([open_seconds]))[0]))

    def elapse(self, open_seconds: Seconds) -> Seconds:
        """Return the calendar seconds from the start by which the site has been open for so long."""
        known = np.minimum(open_seconds, self._after[-1])
        span = np.searchsorted(self._after, known, side="left")
        elapsed: Seconds = self._opens[span] + known - self._before[span]
        return elapsed

    def count(self, seconds: Seconds) -> Seconds:
        """Return for how much of so many calendar seconds from the start the site is open."""
        span = np.maximum(np.searchsorted(self._opens, seconds, side="right") - 1, 0)
        into = np.clip(seconds - self._opens[span], 0.0, self._after[span] - self._before[span])
        counted: Seconds = self._before[span] + into
        return counted

    def open_seconds_until(self, moment: datetime) -> float:
        """Return how long the site is open from the start until then; 0 for what is past."""
        seconds = max(0.0, (moment - self.start).total_seconds())
        return float(self.count(np.array([seconds]))[0])
