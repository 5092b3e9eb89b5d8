"""Bottlenecks over a period and on each of its days, by both methods.

Owns the putting together of `models.analytics.bottleneck.periods` for pages: who was the bottleneck for which
share of the time, in front of what cars waited, and whether both methods name the same stage.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from config.workshop import Stage
from models.analytics.bottleneck.periods import (
    BottleneckNow,
    Kind,
    Queue,
    Share,
    bottleneck_now,
    find_periods,
    list_activity,
    measure_queues,
    share_bottlenecks,
)
from models.analytics.kpis import LabourRow
from models.analytics.open_clock import Hours, OpenClock
from models.domain.intervals import IntervalRow

_LOOK_BACK = timedelta(days=31)
_DAY = timedelta(days=1)
# What has been active for longer than this is taken to have begun so long ago.
_RECENT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class DayBottleneck:
    """What held the site back on a day: the longest active of each kind, and the longest queue."""

    day: date
    active: Mapping[Kind, Share]
    queue: Queue | None


@dataclass(frozen=True, slots=True)
class Bottlenecks:
    """What held a site back over a period; `agrees` is None unless both methods name a stage.

    `at_end` is what both say of the period's last moment.
    """

    shares: Mapping[Kind, Sequence[Share]]
    queues: Sequence[Queue]
    days: Sequence[DayBottleneck]
    agrees: bool | None
    at_end: BottleneckNow


def find_bottlenecks(
    intervals: Sequence[IntervalRow],
    labour: Sequence[LabourRow],
    stages: Sequence[Stage],
    hours: Hours,
    zone: ZoneInfo,
    begin: datetime,
    end: datetime,
) -> Bottlenecks:
    """Find what held a site back between two instants; what lasts, lasts until the end."""
    clock = OpenClock(hours, begin - _LOOK_BACK, (end - begin + 2 * _LOOK_BACK).days)
    periods = {
        kind: find_periods(activity, clock)
        for kind, activity in list_activity(intervals, labour, stages, end).items()
    }

    def share(kind: Kind, since: datetime, until: datetime) -> list[Share]:
        open_since, open_until = clock.open_seconds_until(since), clock.open_seconds_until(until)
        found = share_bottlenecks(periods[kind], open_since, open_until)
        return [each for each in found if each.sole + each.shifting > 0]

    days, queues_by_day = [], []
    for since, until in _cut_days(begin, end, zone):
        inside = [
            row
            for row in intervals
            if row.entered_at < until and (row.left_at is None or row.left_at > since)
        ]
        queues = measure_queues(inside, stages, clock, since, until)
        queues_by_day.append(queues)
        first = {kind: found[0] for kind in Kind if (found := share(kind, since, until))}
        if first or queues:
            days.append(DayBottleneck(since.astimezone(zone).date(), first, queues[0] if queues else None))
    shares = {kind: share(kind, begin, end) for kind in Kind}
    queues = _add_up(queues_by_day)
    active = shares[Kind.STAGE]
    agrees = active[0].key == queues[0].stage if active and queues else None
    at_end = bottleneck_now(_see_at(intervals, end), labour, stages, clock, end)
    return Bottlenecks(shares, queues, days, agrees, at_end)


def _see_at(intervals: Sequence[IntervalRow], end: datetime) -> list[IntervalRow]:
    """Return the latest intervals as they were seen at an instant."""
    return [
        row if row.left_at and row.left_at < end else replace(row, left_at=None)
        for row in intervals
        if row.left_at is None or row.left_at > end - _RECENT
    ]


def _add_up(queues_by_day: Sequence[Sequence[Queue]]) -> list[Queue]:
    """Return the queues of all days together; those still wait that do on the last."""
    waited: defaultdict[str, float] = defaultdict(float)
    for queue in chain.from_iterable(queues_by_day):
        waited[queue.stage] += queue.waiting_seconds
    cars = {queue.stage: queue.cars for queue in queues_by_day[-1]} if queues_by_day else {}
    queues = [Queue(stage, cars.get(stage, 0), seconds) for stage, seconds in waited.items()]
    return sorted(queues, key=lambda queue: (-queue.waiting_seconds, queue.stage))


def _cut_days(begin: datetime, end: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    cuts = [begin]
    day = begin.astimezone(zone).date() + _DAY
    while (midnight := datetime.combine(day, time(), zone)) < end:
        cuts.append(midnight)
        day += _DAY
    return list(zip(cuts, [*cuts[1:], end], strict=True))
