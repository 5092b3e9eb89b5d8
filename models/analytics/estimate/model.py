"""What a site's history says of how long things take there, as one compact value.

Owns the value, how an estimate is drawn from it, and its bytes. `models.analytics.estimate.training` makes
one from history, `models.analytics.estimate.ready` asks it. Where a group has seen too little, a wider
one answers; where that has too, nothing does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import msgspec
import numpy as np

from models.analytics.open_clock import Seconds

HOUR = 3600.0
# Fewer visits than this say nothing of one car in five.
FEWEST_VISITS = 30
# With fewer orders a site has no history yet.
FEWEST_ORDERS = 100
# How many of the longest visits speak for a car that has been longer in its stage than almost all.
_TAIL_VISITS = 20


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a car in its stage, in open seconds as on entering it."""

    job_type: str | None
    stage: str
    again: bool
    sold_hours: float | None
    parts_seconds: float
    work_ahead: float

    def regressors(self) -> tuple[float, ...]:
        """Return what the time left depends on, in seconds of like size."""
        sold = (self.sold_hours or 0.0) * HOUR
        return (HOUR, sold, 0.0 if sold else HOUR, self.work_ahead, self.parts_seconds)


@dataclass(frozen=True)
class Past:
    """The past visits of a stage for a job type, or for all of them where `job_type` is None.

    `line` gives the median time from entering to ready for a situation, never below `floor`; `own` and
    `left` are, for each visit, its own length and the time from entering to ready as shares of that.
    `median_seconds` is the plain median of the time from entering to ready, to compare with.
    """

    job_type: str | None
    stage: str
    again: bool
    median_seconds: float
    line: tuple[float, ...]
    floor: float
    own: tuple[float, ...]
    left: tuple[float, ...]

    @cached_property
    def _shares(self) -> tuple[Seconds, Seconds]:
        return np.array(self.own), np.array(self.left)

    def draw(self, situation: Situation, spent_seconds: float) -> Seconds:
        """Return the time left of each past visit that lasted longer than this one, in open seconds, sorted.

        Where hardly any did, the longest ones speak by how much each exceeded the shortest of them: the
        excess over a high threshold hardly depends on the threshold (Balkema and de Haan, 1974).
        """
        scale = max(self.floor, float(np.dot(self.line, situation.regressors())))
        own, left = (scale * shares for shares in self._shares)
        lasting = own > spent_seconds
        if np.count_nonzero(lasting) >= _TAIL_VISITS:
            return np.sort(left[lasting] - spent_seconds)
        longest = np.argsort(own)[-_TAIL_VISITS:]
        return np.sort(left[longest] - own[longest[0]])


@dataclass(frozen=True)
class SiteModel:
    """A site's past, as seen between two instants.

    `bay_work` is the bay time a car has ahead of it by job type and stage, the empty type standing for
    any; `shared_bays` says of two job types how far they need the same bays.
    """

    since: datetime
    until: datetime
    orders: int
    pasts: tuple[Past, ...]
    bay_work: tuple[tuple[str, str, float], ...]
    shared_bays: tuple[tuple[str, str, float], ...]

    @property
    def has_history(self) -> bool:
        """Say whether the site has seen enough for estimates of its own."""
        return self.orders >= FEWEST_ORDERS

    def find_past(self, job_type: str | None, stage: str, again: bool) -> Past | None:
        """Return the narrowest group of past visits that has seen enough."""
        found = self._pasts.get((job_type, stage, again)) or self._pasts.get((None, stage, again))
        return found or self._pasts.get((None, stage, False))

    def weigh_car(self, job_type: str | None, stage: str) -> float:
        """Return the bay time such a car has ahead of it, in open seconds."""
        weight = self._bay_work.get((job_type or "", stage))
        return self._bay_work.get(("", stage), 0.0) if weight is None else weight

    def weigh_overlap(self, job_type: str | None, other: str | None) -> float:
        """Say how far two job types need the same bays; an unknown one needs every bay."""
        return self._shared_bays.get((job_type, other), 0.0) if job_type and other else 1.0

    @cached_property
    def _pasts(self) -> Mapping[tuple[str | None, str, bool], Past]:
        return {(past.job_type, past.stage, past.again): past for past in self.pasts}

    @cached_property
    def _bay_work(self) -> Mapping[tuple[str, str], float]:
        return {(job_type, stage): seconds for job_type, stage, seconds in self.bay_work}

    @cached_property
    def _shared_bays(self) -> Mapping[tuple[str | None, str | None], float]:
        return {(job_type, other): share for job_type, other, share in self.shared_bays}


def encode_model(model: SiteModel) -> bytes:
    """Turn a model into bytes, as JSON."""
    return msgspec.json.encode(model)


def decode_model(stored: bytes) -> SiteModel:
    """Turn bytes into the model; raises msgspec.DecodeError for those of another version."""
    return msgspec.json.decode(stored, type=SiteModel)
