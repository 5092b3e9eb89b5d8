"""Learns from a site's past visits how long things take there.

Owns the training of a `SiteModel`: which visits count, the bay work ahead of each, and the line
through them. Pure; the rows are read by `models.queries.estimate.ready`, and whether what was learned
is any good is asked in `models.analytics.estimate.calibration`.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import fmean

import numpy as np

from models.analytics.estimate.model import FEWEST_VISITS, Past, SiteModel, Situation
from models.analytics.estimate.visits import PastInterval, Visit, list_visits, share_bays
from models.analytics.open_clock import Hours, OpenClock, Seconds

# Visits of a group that are kept; more would sharpen the eightieth percentile by less than 2 points.
_KEPT_VISITS = 300
# The shop fills before its queues can be learned from: cars from before the first row are not known.
_SETTLING = timedelta(days=2)
_ROUNDS = 50
_CLOSE_SECONDS = 60.0


def train(intervals: Sequence[PastInterval], ready_stage: str, hours: Hours, until: datetime) -> SiteModel:
    """Learn from the orders that were ready by then; rows of later times are not looked at."""
    known = [_cut(row, until) for row in intervals if row.entered_at < until]
    since = min((row.entered_at for row in known), default=until)
    visits = list_visits(known, ready_stage, OpenClock(hours, since, (until - since).days + 2))
    shop = SiteModel(
        since=since,
        until=until,
        orders=len({visit.work_order for visit in visits if visit.ready is not None}),
        pasts=(),
        bay_work=_weigh_cars(visits),
        shared_bays=tuple((job, other, round(share, 4)) for (job, other), share in share_bays(known).items()),
    )
    situations = describe_situations(visits, shop)
    groups: defaultdict[tuple[str | None, str, bool], list[tuple[Visit, Situation]]] = defaultdict(list)
    for visit, situation in zip(visits, situations, strict=True):
        if visit.ready is not None and visit.entered_at >= since + _SETTLING:
            groups[visit.job_type, visit.stage, visit.again].append((visit, situation))
            if visit.job_type is not None:
                groups[None, visit.stage, visit.again].append((visit, situation))
    pasts = [_learn(key, seen) for key, seen in groups.items() if len(seen) >= FEWEST_VISITS]
    return SiteModel(shop.since, until, shop.orders, tuple(pasts), shop.bay_work, shop.shared_bays)


def describe_situations(visits: Sequence[Visit], shop: SiteModel) -> list[Situation]:
    """Say of each visit what was known as it began, with the bay work of all cars that were there."""
    ahead = _reckon_work_ahead(visits, shop)
    return [
        Situation(
            visit.job_type, visit.stage, visit.again, visit.sold_hours, visit.parts_seconds, float(seconds)
        )
        for visit, seconds in zip(visits, ahead, strict=True)
    ]


def _cut(row: PastInterval, until: datetime) -> PastInterval:
    if row.left_at is None or row.left_at <= until:
        return row
    return PastInterval(
        row.work_order,
        row.job_type,
        row.stage,
        row.bay,
        row.entered_at,
        None,
        row.sold_hours,
        row.parts_due_at,
    )


def _weigh_cars(visits: Sequence[Visit]) -> tuple[tuple[str, str, float], ...]:
    seen: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for visit in visits:
        if visit.ready is not None:
            seen["", visit.stage].append(visit.bay_seconds)
            if visit.job_type:
                seen[visit.job_type, visit.stage].append(visit.bay_seconds)
    return tuple((job_type, stage, round(fmean(each), 1)) for (job_type, stage), each in seen.items())


def _reckon_work_ahead(visits: Sequence[Visit], shop: SiteModel) -> Seconds:
    """Add up, at the beginning of each visit, the bay work of all other cars, by the bays they share."""
    if not visits:
        return np.zeros(0)
    begins = np.array([visit.entered_at.timestamp() for visit in visits])
    ends = np.array([visit.left_at.timestamp() if visit.left_at else np.inf for visit in visits])
    weights = np.array([shop.weigh_car(visit.job_type, visit.stage) for visit in visits])
    jobs = np.array([visit.job_type or "" for visit in visits])
    ahead = -weights  # the car itself is counted below
    for job in np.unique(jobs):
        there = jobs == job
        times = np.concatenate([begins[there], ends[there]])
        steps = np.concatenate([weights[there], -weights[there]])
        order = np.argsort(times, kind="stable")
        level = np.concatenate([[0.0], np.cumsum(steps[order])])
        work = level[np.searchsorted(times[order], begins, side="right")]
        overlaps = {
            other: shop.weigh_overlap(str(other) or None, str(job) or None) for other in np.unique(jobs)
        }
        ahead += work * np.array([overlaps[other] for other in jobs])
    not_negative: Seconds = np.maximum(ahead, 0.0)
    return not_negative


def _learn(key: tuple[str | None, str, bool], seen: Sequence[tuple[Visit, Situation]]) -> Past:
    left = np.array([(visit.ready or 0.0) - visit.entered for visit, _ in seen])
    own = np.array([visit.own_seconds for visit, _ in seen])
    regressors = np.array([situation.regressors() for _, situation in seen])
    line = fit_median_line(regressors, left)
    floor = max(1.0, float(np.quantile(left, 0.05)))
    usual = np.maximum(regressors @ line, floor)
    newest = np.argsort([visit.entered for visit, _ in seen])[-_KEPT_VISITS:]
    job_type, stage, again = key
    return Past(
        job_type,
        stage,
        again,
        median_seconds=float(np.median(left)),
        line=tuple(float(each) for each in line),
        floor=floor,
        own=tuple(np.round(own / usual, 4)[newest].tolist()),
        left=tuple(np.round(left / usual, 4)[newest].tolist()),
    )


def fit_median_line(regressors: Seconds, seconds: Seconds) -> Seconds:
    """Fit the line that halves what was seen: least absolute deviations, by reweighted least squares.

    Schlossmacher (1973); deviations below a minute weigh alike. A regressor that never varies gets 0.
    """
    weights = np.ones(len(seconds))
    line: Seconds = np.zeros(regressors.shape[1])
    for _ in range(_ROUNDS):
        before = line
        line = np.asarray(np.linalg.lstsq(regressors * weights[:, None], seconds * weights, rcond=None)[0])
        if np.allclose(line, before, rtol=1e-3, atol=1e-6):
            break
        weights = 1 / np.sqrt(np.maximum(np.abs(seconds - regressors @ line), _CLOSE_SECONDS))
    return line
