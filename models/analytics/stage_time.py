"""Time in a stage, as it counts against a target: it runs in the site's opening hours and stands between.

Owns what it is counted from and where it stops: two instants that change only when the site opens, so
that a page ticks by a subtraction and is sent nothing meanwhile. A site that never closes
counts by the calendar. Overtime does not count (decision 16). Refuses to judge.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.opening import OpeningHours
from models.domain.board.wall import CarOnBoard

# What has gone on for longer is reckoned as if it began so long ago: a forgotten car costs every reading.
_LONGEST_STAY = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class StageTime:
    """A time that has run since an instant, and stands from another one on; None is never."""

    since: datetime
    stops_at: datetime | None = None

    def reckon(self, now: datetime) -> timedelta:
        """Return how long it has run."""
        until = now if self.stops_at is None else min(now, self.stops_at)
        return max(until - self.since, timedelta())


def count_stage_times(
    cars: Iterable[CarOnBoard], hours: OpeningHours, now: datetime
) -> Mapping[str, StageTime]:
    """Count each car's open time in its stage, by work order; a car that never entered one has none."""
    stops_at = hours.closing_as_of(now)
    return {
        car.work_order: _count(car.stage_entered_at, hours, stops_at) for car in cars if car.stage_entered_at
    }


def _count(entered_at: datetime, hours: OpeningHours, stops_at: datetime | None) -> StageTime:
    """Count back from closing time: from one opening to the next the answer is the same."""
    if stops_at is None:
        return StageTime(entered_at)
    begun_at = max(entered_at, stops_at - _LONGEST_STAY)
    return StageTime(stops_at - timedelta(seconds=hours.open_seconds(begun_at, stops_at)), stops_at)
