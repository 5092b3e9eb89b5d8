"""What people are told when something happens in the shop: `[[rule]]` of the workshop file.

Owns the shape of a rule and what makes one an error, each with its place and a sentence: stages, sites and
templates that are not there, times that make no sense, an escalation that does not ascend. Conditions are
data; what they mean of a car is `reminders.notices.judging`'.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from config.kit.words import ONE_OR_MORE, Audience, JobType, Names
from config.wording.events import EVENTS, VISIT_EVENTS

Condition = Literal[
    "stage_entered",
    "stage_lasts",
    "promise_at_risk",
    "part_arrived",
    "all_parts_arrived",
    "car_ready",
    "approval_unanswered",
]
# What is told of a condition unless the rule names another template.
TEMPLATES: Mapping[Condition, str] = {
    "stage_entered": "stage_entered",
    "stage_lasts": "stage_too_long",
    "promise_at_risk": "promise_at_risk",
    "part_arrived": "part_arrived",
    "all_parts_arrived": "all_parts_arrived",
    "car_ready": "ready_for_pickup",
    "approval_unanswered": "approval_unanswered",
}
Place = tuple[int | str, ...]

_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(s|min|h|d)")
LONGEST = timedelta(days=30)
# What came to be told longer ago is history, as after a backfill or a long silence of all engines.
OLDEST = timedelta(days=1)
# Conditions that are about a stage of the rule's own, and those that hold only after some time.
_OF_A_STAGE = {"stage_entered", "stage_lasts"}
_WITHIN_A_STAGE = _OF_A_STAGE | {"promise_at_risk", "part_arrived", "all_parts_arrived"}
_AFTER_A_TIME = {"stage_lasts", "approval_unanswered"}
# What is always known of a car for which a condition holds. One that was not scanned yet is in no stage, and
# a promise has a time that is ahead, of which nothing has gone by.
_KNOWN = {"site", "work_order"}
_KNOWN_OF: Mapping[Condition, Collection[str]] = {
    "stage_entered": {"stage", "minutes"},
    "stage_lasts": {"stage", "minutes"},
    "car_ready": {"stage", "minutes"},
    "approval_unanswered": {"stage", "minutes"},
    "part_arrived": {"minutes"},
    "all_parts_arrived": {"minutes"},
}


def _read_duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f'{value!r} is not a time such as "90 min", "2 h" or "3 d"')
    length = timedelta(**{_UNITS[found[2]]: float(found[1])})
    if not timedelta() < length <= LONGEST:
        raise ValueError(f"{value!r} is not between a second and {LONGEST.days} days")
    return length


Duration = Annotated[timedelta, BeforeValidator(_read_duration)]
_NAME = r"^[a-z0-9_-]{1,40}$"


JobTypes = Annotated[list[JobType], *ONE_OR_MORE]


class Escalation(BaseModel):
    """Whom to tell as well when the condition still holds so long after it began."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: Duration
    tell: Audience
    template: str | None = None


class Rule(BaseModel):
    """A condition, the cars it is asked of, and who is told; what is not named is any.

    `for` and `after` count from when the condition began, in the site's opening hours or by the calendar.
    `until` says what ends it, withdraws what waits and stops the escalation: that the condition no longer
    holds, or that the visit is over.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=_NAME)]
    when: Condition
    stages: Annotated[Names | None, Field(alias="stage")] = None
    lasts: Annotated[Duration | None, Field(alias="for")] = None
    hours: Literal["opening", "calendar"] = "opening"
    # How likely the promise must be to break; by default what raises the wall's alarm.
    risk: Annotated[float, Field(gt=0, le=1)] | None = None
    sites: Annotated[Names | None, Field(alias="site")] = None
    job_types: Annotated[JobTypes | None, Field(alias="job_type")] = None
    makes: Annotated[Names | None, Field(alias="make")] = None
    models: Annotated[Names | None, Field(alias="model")] = None
    # Whether the customer waits in the lounge.
    waiting: bool | None = None
    tell: Audience
    template: str | None = None
    escalate: list[Escalation] = []
    until: Literal["ended", "visit_over"] = "ended"
    # A rule that is new tells of what came to be told so long before.
    fresh: Duration = timedelta(hours=1)

    @property
    def steps(self) -> list[tuple[timedelta, Audience, str]]:
        """Return how long after its beginning who is told by which template; the first is the rule's own."""
        own = self.template or TEMPLATES[self.when]
        first = (self.lasts or timedelta(), self.tell, own)
        return [first, *((step.after, step.tell, step.template or own) for step in self.escalate)]


def find_rule_errors(
    rules: Sequence[Rule],
    *,
    stages: Collection[str],
    sites: Collection[str],
) -> Iterator[tuple[Place, str]]:
    """Yield the place of everything that is wrong with rules, and a sentence that says what."""
    for number, rule in enumerate(rules):
        place: Place = ("rule", number)
        if rule.name in (other.name for other in rules[:number]):
            yield (*place, "name"), f"{rule.name} is named more than once"
        for stage in rule.stages or ():
            if stage not in stages:
                yield (*place, "stage"), f"there is no stage {stage!r} in this file"
        for site in rule.sites or ():
            if site not in sites:
                yield (*place, "site"), f"there is no site {site!r} in this file"
        for key, template in [
            ("template", rule.template or TEMPLATES[rule.when]),
            *(("escalate", step.template) for step in rule.escalate if step.template),
        ]:
            if sentence := _find_problem(rule.when, template):
                yield (*place, key), sentence
        for key, sentence in _find_contradictions(rule):
            yield (*place, key), sentence


def _find_problem(when: Condition, template: str) -> str | None:
    """Say why a template cannot tell of a condition, if it cannot."""
    if template not in VISIT_EVENTS:
        return f"there is no template {template!r}, only {', '.join(sorted(VISIT_EVENTS))}"
    known = {*_KNOWN, *_KNOWN_OF.get(when, ())}
    wanted = {name for name, value in EVENTS[template].values.items() if value.always}
    if unknown := sorted(wanted - known):
        return f"{template} tells of {' and '.join(unknown)}, which {when} does not always know"
    return None


def _find_contradictions(rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield the keys of a rule that do not go together, each with a sentence."""
    when = rule.when
    if when in _OF_A_STAGE and not rule.stages:
        yield "when", f'{when} wants the stage or stages it is about: stage = "ready"'
    if rule.stages and when not in _WITHIN_A_STAGE:
        yield "stage", f"{when} is about a stage of its own, so stage does not go with it"
    if when in _AFTER_A_TIME and rule.lasts is None:
        yield "when", f'{when} wants to know for how long: for = "2 h"'
    if rule.lasts is not None and when not in _AFTER_A_TIME:
        yield "for", f"{when} is told at once, so for does not go with it; stage_lasts waits"
    if rule.risk is not None and when != "promise_at_risk":
        yield "risk", f"{when} knows no risk; promise_at_risk does"
    if rule.until == "visit_over" and rule.escalate and when in _AFTER_A_TIME:
        yield "until", f"{when} is escalated while it holds, so visit_over does not go with escalate"
    if rule.fresh > OLDEST:
        yield "fresh", f"nothing is told of that came to be told more than {OLDEST.days} day ago"
    times = [length for length, _, _ in rule.steps]
    if any(later <= earlier for earlier, later in pairwise(times)):
        yield "escalate", "each after must be longer than the one before it, and than for"
