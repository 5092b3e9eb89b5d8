"""What each condition of a rule means of a car in the shop: whether it holds, of what, and since when.

Owns these meanings and the filters. Pure: it reads no clock and knows nothing of what was told before.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from config.notices import Condition, Rule
from config.workshop import Stage, find_ready_stage
from models.analytics.estimate.ready import ReadyEstimate
from models.domain.notice.visit import ARRIVED, OpenVisit, PartOfVisit

# A promise that was at risk is so until its risk is less than this share of the rule's.
_CALMED = 0.5


@dataclass(frozen=True, slots=True)
class Holding:
    """A condition holds for something at a car; `since` names this time that it holds.

    What was told of a time before `before` was told of an earlier holding. Without `begins` what was told of
    it stands, and nothing more is told.
    """

    visit: OpenVisit
    subject: str
    since: datetime
    before: datetime | None = None
    begins: bool = True
    part: PartOfVisit | None = None
    estimate: ReadyEstimate | None = None


@dataclass(frozen=True, slots=True)
class Floor:
    """A site at one moment, as conditions look at it; `risk` is the wall's, for rules that name none."""

    visits: tuple[OpenVisit, ...]
    estimates: Mapping[str, ReadyEstimate]
    stages: Mapping[str, Stage]
    risk: float
    now: datetime


def find_holdings(rule: Rule, floor: Floor) -> Iterator[Holding]:
    """Yield what a rule's condition holds for at a site, now."""
    find = _CONDITIONS[rule.when]
    for visit in floor.visits:
        if _is_meant(rule, visit):
            yield from find(rule, visit, floor)


def _is_meant(rule: Rule, visit: OpenVisit) -> bool:
    return (
        (rule.sites is None or visit.site in rule.sites)
        and (rule.job_types is None or visit.job_type in rule.job_types)
        and (rule.makes is None or _lower(visit.make) in map(_lower, rule.makes))
        and (rule.models is None or _lower(visit.model) in map(_lower, rule.models))
        and (rule.waiting is None or bool(visit.customer_waiting) == rule.waiting)
        and (rule.stages is None or visit.stage in rule.stages)
    )


def _lower(word: str | None) -> str | None:
    return word and word.lower()


def _in_stage(_rule: Rule, visit: OpenVisit, _floor: Floor) -> Iterator[Holding]:
    if visit.stage_entered_at:
        yield Holding(visit, visit.subject, visit.stage_entered_at, visit.stage_left_before)


def _is_ready(rule: Rule, visit: OpenVisit, floor: Floor) -> Iterator[Holding]:
    if visit.stage == find_ready_stage(list(floor.stages.values())):
        yield from _in_stage(rule, visit, floor)


def _awaits_approval(rule: Rule, visit: OpenVisit, floor: Floor) -> Iterator[Holding]:
    stage = floor.stages.get(visit.stage or "")
    if stage is None or stage.find_cause(visit.reason) != "approval":
        return
    if stage.waits_for == "approval":
        yield from _in_stage(rule, visit, floor)
    elif visit.reason_since:
        yield Holding(visit, visit.subject, visit.reason_since, visit.reason_left_before)


def _is_at_risk(rule: Rule, visit: OpenVisit, floor: Floor) -> Iterator[Holding]:
    """Yield a promise that is likely to break: each promise is one, however its risk goes up and down."""
    estimate = floor.estimates.get(visit.work_order)
    if visit.promised_at is None or estimate is None or estimate.risk is None:
        return
    least = rule.risk or floor.risk
    if estimate.risk >= least * _CALMED:
        begins = estimate.risk >= least
        promise = visit.promised_at
        yield Holding(visit, visit.subject, promise, promise, begins=begins, estimate=estimate)


def _has_part(_rule: Rule, visit: OpenVisit, _floor: Floor) -> Iterator[Holding]:
    for part in visit.parts:
        if part.status == ARRIVED:
            yield Holding(visit, visit.name_part(part), part.since, part.before, part=part)


def _has_all_parts(_rule: Rule, visit: OpenVisit, _floor: Floor) -> Iterator[Holding]:
    if complete_at := visit.parts_complete_at:
        missing = [part.before for part in visit.parts if part.before]
        yield Holding(visit, visit.subject, complete_at, max(missing, default=None))


_CONDITIONS: Mapping[Condition, Callable[[Rule, OpenVisit, Floor], Iterator[Holding]]] = {
    "stage_entered": _in_stage,
    "stage_lasts": _in_stage,
    "promise_at_risk": _is_at_risk,
    "part_arrived": _has_part,
    "all_parts_arrived": _has_all_parts,
    "car_ready": _is_ready,
    "approval_unanswered": _awaits_approval,
}
