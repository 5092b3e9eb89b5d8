"""Fits a simulated shop to a site's own history.

Owns what of the simulator's parameters history can tell: arrivals by hour and weekday, the mix of
jobs, how long work takes against the flat rate, and the shares of rework, washes and missing parts.
What history does not say stays as in `simulators.parameters`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import exp, inf, log, sqrt
from statistics import fmean, median, quantiles

from config.kit.words import JobType
from config.opening import OpeningHours as SiteHours
from config.workshop import Bay, Site
from models.analytics.estimate.visits import PastInterval
from models.analytics.significance import JobRow
from simulators.chance import Spread
from simulators.facts import Stage
from simulators.jobs import CHECKS, MIX
from simulators.opening import HOUR, AlwaysOpen, Hours, OpeningHours
from simulators.parameters import Parameters

_FEWEST = 20
_MINUTE = 60.0
_NEVER_MINUTES = 1e9
# Parts that take longer than a working afternoon come from afar.
_FROM_AFAR_MINUTES = 360.0
# Between the quartiles of a normal distribution lie so many standard deviations.
_QUARTILES_APART = 1.349


class WhatIfError(ValueError):
    """The question cannot be asked of this shop; the message says why."""


@dataclass(frozen=True, slots=True)
class FittedShop:
    """A simulated shop that is like a site."""

    bays: tuple[Bay, ...]
    parameters: Parameters
    hours: Hours


@dataclass(frozen=True, slots=True)
class PartUse:
    """A part that an order needed, and whether it was missing then."""

    part: str
    missing: bool


def fit_shop(
    site: Site,
    intervals: Sequence[PastInterval],
    jobs: Sequence[JobRow],
    parts: Iterable[PartUse],
    begin: datetime,
    end: datetime,
) -> FittedShop:
    """Fit a shop to what happened at a site between two instants.

    Raises WhatIfError where there is too little to fit.
    """
    visits = _list_orders(intervals)
    open_hours = site.hours.open_seconds(begin, end) / HOUR
    if len(visits) < _FEWEST or not site.bays or not open_hours:
        raise WhatIfError("this site has too little history for a simulated shop")
    usual = Parameters()
    share, sigma = _fit_work(jobs, usual)
    town, afar_share, afar = _fit_deliveries(intervals, usual)
    parameters = replace(
        usual,
        orders_per_bay_hour=len(visits) / open_hours / len(site.bays),
        # Those who went elsewhere are not among them.
        walk_ins_turn_away_at=inf,
        # Nobody asks a fitted shop about cars on the road.
        telematics_poll_minutes=_NEVER_MINUTES,
        mix=_fit_mix(visits),
        work_share=share,
        work_sigma=sigma,
        short_check=_fit_check(visits, usual.short_check, ("maintenance",)),
        long_check=_fit_check(visits, usual.long_check, [job for job in MIX if job != "maintenance"]),
        wash_share=_fit_share(visits, Stage.QUALITY_CHECK, Stage.WASHING, usual.wash_share),
        quality_failure_share=_fit_rework(visits, usual.quality_failure_share),
        part_missing_shares=_fit_parts(parts),
        part_from_town=town,
        part_from_afar_share=afar_share,
        part_from_afar=afar,
    )
    arrivals = [rows[0].entered_at.astimezone(site.zone) for rows in visits]
    first = begin.astimezone(site.zone)
    days = [first.date() + timedelta(n) for n in range((end - begin).days)]
    return FittedShop(tuple(site.bays), parameters, _fit_hours(site.hours, arrivals, first, days))


def _list_orders(intervals: Iterable[PastInterval]) -> list[list[PastInterval]]:
    orders: defaultdict[str, list[PastInterval]] = defaultdict(list)
    for row in sorted(intervals, key=lambda row: row.entered_at):
        orders[row.work_order].append(row)
    return list(orders.values())


def _fit_mix(visits: Sequence[Sequence[PastInterval]]) -> Mapping[JobType, float]:
    counted = Counter(rows[0].job_type for rows in visits)
    mix = {job_type: float(counted[job_type]) for job_type in MIX}
    return mix if any(mix.values()) else MIX


def _fit_work(jobs: Sequence[JobRow], usual: Parameters) -> tuple[float, float]:
    """Return which share of the flat rate a job takes, and how far it strays beside the technicians."""
    logs = [
        log(job.seconds / job.sold_hours / HOUR)
        for job in jobs
        if job.sold_hours and job.crew == 1 and job.kind not in CHECKS
    ]
    if len(logs) < _FEWEST:
        return usual.work_share, usual.work_sigma
    low, middle, high = quantiles(logs, n=4)
    spread = ((high - low) / _QUARTILES_APART) ** 2 - usual.technician_sigma**2
    return exp(middle), sqrt(max(spread, 0.01))


def _fit_check(visits: Sequence[Sequence[PastInterval]], usual: Spread, job_types: Collection[str]) -> Spread:
    minutes = [
        (row.left_at - row.entered_at).total_seconds() / _MINUTE
        for rows in visits
        for row in rows
        if row.stage == Stage.INSPECTING and row.left_at and row.job_type in job_types
    ]
    return Spread(median(minutes), usual.sigma) if len(minutes) >= _FEWEST else usual


def _fit_share(visits: Sequence[Sequence[PastInterval]], among: str, stage: str, usual: float) -> float:
    stages = [{row.stage for row in rows} for rows in visits]
    asked = [stage in each for each in stages if among in each and Stage.READY in each]
    return fmean(asked) if len(asked) >= _FEWEST else usual


def _fit_rework(visits: Sequence[Sequence[PastInterval]], usual: float) -> float:
    """Return how often a car goes back from its check to repair, of all checks."""
    checks = back = 0
    for rows in visits:
        stages = [row.stage for row in rows]
        steps = [b for a, b in pairwise(stages) if a == Stage.QUALITY_CHECK != b]
        checks += len(steps)
        back += steps.count(Stage.REPAIRING)
    return back / checks if checks >= _FEWEST else usual


def _fit_parts(parts: Iterable[PartUse]) -> Mapping[str, float]:
    uses: defaultdict[str, list[bool]] = defaultdict(list)
    for use in parts:
        uses[use.part].append(use.missing)
    return {part: fmean(missing) for part, missing in uses.items() if len(missing) >= _FEWEST}


def _fit_deliveries(intervals: Iterable[PastInterval], usual: Parameters) -> tuple[Spread, float, Spread]:
    """Return how long parts take from town, how many come from afar, and how long those take."""
    minutes = [
        (row.parts_due_at - row.entered_at).total_seconds() / _MINUTE
        for row in intervals
        if row.stage == Stage.AWAITING_PARTS and row.parts_due_at and row.parts_due_at > row.entered_at
    ]
    near = [each for each in minutes if each < _FROM_AFAR_MINUTES]
    far = [each for each in minutes if each >= _FROM_AFAR_MINUTES]
    if len(near) < _FEWEST or not far:
        return usual.part_from_town, usual.part_from_afar_share, usual.part_from_afar
    return (
        Spread(median(near), usual.part_from_town.sigma),
        len(far) / len(minutes),
        Spread(median(far), usual.part_from_afar.sigma),
    )


def _fit_hours(
    hours: SiteHours, arrivals: Sequence[datetime], begin: datetime, days: Sequence[date]
) -> Hours:
    """Return a site's usual opening hours with its own spread of arrivals over hours and weekdays."""
    if hours.never_closes:
        return AlwaysOpen()
    spans = {day: hours.spans_on(day) for day in days}
    usual = Counter(
        (each[0][0].astimezone(begin.tzinfo).hour, each[-1][1].astimezone(begin.tzinfo).hour)
        for each in spans.values()
        if each
    )
    if not usual:
        raise WhatIfError("this site is never open")
    opens, closes = usual.most_common(1)[0][0]
    by_hour = Counter(min(max(at.hour, opens), closes - 1) - opens for at in arrivals)
    by_weekday = Counter(at.weekday() for at in arrivals)
    open_days = Counter(day.weekday() for day, each in spans.items() if each)
    rates = {weekday: by_weekday[weekday] / days_open for weekday, days_open in open_days.items()}
    average = fmean(rates.values())
    hourly = tuple(by_hour[n] * (closes - opens) / len(arrivals) for n in range(closes - opens))
    weekly = tuple(rates.get(weekday, 0.0) / average for weekday in range(7))
    return OpeningHours(
        opens * HOUR,
        closes * HOUR,
        appointment_hours=hourly,
        walk_in_hours=hourly,
        appointment_weekdays=weekly,
        walk_in_weekdays=weekly,
        first_weekday=begin.weekday(),
    )
