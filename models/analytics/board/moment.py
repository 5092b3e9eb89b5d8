"""A site at one moment, judged: what is expected, what is wrong, what the day has come to.

Owns how the reckonings meet for a wall, so that they are made once a reading and not once a
language. Pure: the moment is the snapshot's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config.workshop import Site, Workshop
from models.analytics.board.alarms import Alarm, find_alarms, waits_for_bay
from models.analytics.board.sparing import Complain, let_fail, spare_others
from models.analytics.bottleneck.periods import Kind, bottleneck_now
from models.analytics.estimate.model import SiteModel
from models.analytics.estimate.ready import OpenCar, ReadyEstimate, expect_ready, list_stages_before_ready
from models.analytics.open_clock import OpenClock
from models.analytics.stage_time import StageTime, count_stage_times
from models.domain.board.wall import SiteSnapshot

# A site that is closed and in which nothing has moved for so long is asleep.
_ASLEEP_AFTER = timedelta(minutes=30)
# What has gone on for longer is reckoned as if it began so long ago: the clock knows no hours beyond weeks.
_LONGEST_STAY = timedelta(days=14)
# How far back the last closing time is looked for.
_CLOSED_DAYS = 30


@dataclass(frozen=True, slots=True)
class DayCounts:
    """Cars of the site's day. Late: their promise is past. Carried over: kpis.md, as of the last closing."""

    came_in: int
    went_out: int
    in_progress: int
    late: int
    carried_over: int


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """What has been active longest, since when without a break, and how many cars wait for it or its like."""

    kind: Kind
    key: str
    since: datetime
    waiting: int


@dataclass(frozen=True, slots=True)
class Moment:
    """What a wall shows beside the cars themselves; estimates and times by work order."""

    snapshot: SiteSnapshot
    estimates: Mapping[str, ReadyEstimate]
    times: Mapping[str, StageTime]
    alarms: tuple[Alarm, ...]
    bottleneck: Bottleneck | None
    counts: DayCounts
    is_open: bool
    asleep: bool


def begin_day(site: Site, now: datetime) -> datetime:
    """Return when the site's own day began."""
    return now.astimezone(site.zone).replace(hour=0, minute=0, second=0, microsecond=0)


def judge_moment(
    snapshot: SiteSnapshot,
    site: Site,
    workshop: Workshop,
    model: SiteModel | None = None,
    complain: Complain = let_fail,
) -> Moment:
    """Reckon everything that follows from a snapshot; `model` is what the site's history says.

    `complain` is told what cannot be judged, of a car or, unnamed, of all; the moment is without it.
    """
    now = snapshot.read_at
    opened_at = _find_opening(site, now)
    cars = [OpenCar.of(car) for car in snapshot.cars]
    estimates = expect_ready(cars, model, workshop.stages, site.hours, now, complain)
    times = count_stage_times(snapshot.cars, site.hours, now)
    bottleneck = None
    if opened_at:
        with spare_others("", "bottleneck", complain):
            bottleneck = _find_bottleneck(snapshot, site, workshop, opened_at)
    moved = [at for stay in snapshot.stays for at in (stay.entered_at, stay.left_at)]
    moved += [car.stage_entered_at for car in snapshot.cars]
    moved_at = max((at for at in moved if at and at <= now), default=None)
    return Moment(
        snapshot=snapshot,
        estimates=estimates,
        times=times,
        alarms=find_alarms(snapshot, site, workshop, estimates, times, opened_at, complain),
        bottleneck=bottleneck,
        counts=_count_day(snapshot, site, workshop),
        is_open=opened_at is not None,
        asleep=opened_at is None and (moved_at is None or now - moved_at >= _ASLEEP_AFTER),
    )


def _find_bottleneck(
    snapshot: SiteSnapshot, site: Site, workshop: Workshop, opened_at: datetime
) -> Bottleneck | None:
    """Return the stage that cars wait for without a break, else the bay that is in use longest, today."""
    now = snapshot.read_at
    earliest = now - _LONGEST_STAY
    rows = [
        replace(stay, entered_at=max(stay.entered_at, earliest))
        for stay in snapshot.stays
        if stay.entered_at <= now
    ]
    clock = OpenClock(site.hours, min([row.entered_at for row in rows] + [opened_at]))
    found = bottleneck_now(rows, (), workshop.stages, clock, now)
    active = next((each for kind in Kind for each in found.active if each.kind is kind), None)
    if active is None:
        return None
    since = max(now - timedelta(seconds=active.active_seconds), opened_at)
    queues = {queue.stage: queue.cars for queue in found.queues}
    waiting = queues.get(active.key, 0) if active.kind is Kind.STAGE else _count_waiting(snapshot, workshop)
    return Bottleneck(active.kind, active.key, since, waiting)


def _count_waiting(snapshot: SiteSnapshot, workshop: Workshop) -> int:
    """Count the cars that wait for any bay."""
    return sum(waits_for_bay(car, workshop) for car in snapshot.cars)


def _find_opening(site: Site, now: datetime) -> datetime | None:
    """Return when the site opened for the hours that last now; None while it is closed."""
    spans = site.hours.spans_on(now.astimezone(site.zone).date())
    return next((opens for opens, closes in spans if opens <= now < closes), None)


def _find_last_closing(site: Site, now: datetime) -> datetime:
    """Return when the site closed last before its day began."""
    day = begin_day(site, now)
    spans = (
        [] if site.hours.never_closes else site.hours.spans_between(day - timedelta(days=_CLOSED_DAYS), day)
    )
    return max((closes for _, closes in spans), default=day)


def _count_day(snapshot: SiteSnapshot, site: Site, workshop: Workshop) -> DayCounts:
    before_ready = {stage.key for stage in list_stages_before_ready(workshop.stages)}
    here = [car for car in snapshot.cars if car.stage]
    in_progress = [car for car in here if car.stage in before_ready]
    closed_at = _find_last_closing(site, snapshot.read_at)
    return DayCounts(
        came_in=snapshot.came_in,
        went_out=snapshot.went_out,
        in_progress=len(in_progress),
        late=sum(car.promised_at is not None and car.promised_at < snapshot.read_at for car in in_progress),
        carried_over=sum(
            car.came_at is not None
            and car.came_at < closed_at
            and (car.promised_at is None or car.promised_at <= closed_at)
            for car in here
        ),
    )
