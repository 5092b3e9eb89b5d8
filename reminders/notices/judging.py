"""Rules judged at one moment: which steps are to be told now, and which that were told are over.

Owns when a step is due, that it is told once for each time its condition holds, and that a rule which is
new tells nothing of long ago. Pure: a site, what stands told, and `now` in; what to do out. Asked again,
also by another engine, it says the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.notices import OLDEST, Rule
from models.analytics.open_clock import OpenClock
from models.domain.notice.firing import Fired
from models.domain.notice.visit import OpenVisit
from reminders.notices.conditions import Floor, Holding, find_holdings


@dataclass(frozen=True, slots=True)
class Firing:
    """A step of a rule to be told of now; `due_at` is when it became so."""

    rule: Rule
    holding: Holding
    since: datetime
    step: int
    due_at: datetime

    def become(self, now: datetime) -> Fired:
        """Return it as it stands once it is told of."""
        visit = self.holding.visit
        return Fired(self.rule.name, visit.site, self.holding.subject, self.since, self.step, now)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be told at a site, and what was told of that is over."""

    firings: tuple[Firing, ...] = ()
    over: tuple[Fired, ...] = ()


def judge_rules(
    rules: Sequence[Rule],
    floor: Floor,
    standing: Iterable[Fired],
    known_since: Mapping[str, datetime],
    clock: OpenClock,
) -> Verdict:
    """Judge the rules at a site; `known_since` says from when on each rule has been there."""
    told: defaultdict[tuple[str, str], list[Fired]] = defaultdict(list)
    for fired in standing:
        told[fired.rule, fired.subject].append(fired)
    firings: list[Firing] = []
    over: list[Fired] = []
    for rule in rules:
        for holding in find_holdings(rule, floor):
            before = told.pop((rule.name, holding.subject), [])
            same = [fired for fired in before if holding.before is None or fired.since >= holding.before]
            over += (fired for fired in before if fired not in same)
            firings += _find_due(rule, holding, same, known_since[rule.name], clock, floor.now)
        if rule.until == "visit_over":
            for holding in _find_lasting(rule, floor.visits, told):
                same = told.pop((rule.name, holding.subject))
                firings += _find_due(rule, holding, same, known_since[rule.name], clock, floor.now)
    over += (fired for ended in told.values() for fired in ended)
    return Verdict(tuple(firings), tuple(over))


def _find_due(
    rule: Rule,
    holding: Holding,
    told: Sequence[Fired],
    known_since: datetime,
    clock: OpenClock,
    now: datetime,
) -> Iterator[Firing]:
    """Yield the steps of a holding that are due and were not told of; none before the first one was."""
    if not holding.begins:
        return
    first = next((fired for fired in told if fired.step == 0), None)
    since = first.since if first else holding.since
    # What names a promise is its own time, which is ahead: there, times count from when it was told of.
    began = min(since, first.fired_at if first else now)
    steps = {fired.step for fired in told}
    for step, (length, audience, _) in enumerate(rule.steps):
        due_at = _add(began, length, rule, clock, now)
        # A customer whom the dealer system has not named yet is told once it has.
        if due_at > now or (audience == "customer" and not holding.visit.customer_is_known):
            return
        if step == 0 and not first and _is_history(rule, due_at, known_since, now):
            return
        if step not in steps:
            yield Firing(rule, holding, since, step, due_at)


def _is_history(rule: Rule, due_at: datetime, known_since: datetime, now: datetime) -> bool:
    return due_at < max(known_since - rule.fresh, now - OLDEST)


def _add(began: datetime, length: timedelta, rule: Rule, clock: OpenClock, now: datetime) -> datetime:
    # The site is open for no longer than the calendar runs, which spares most cars the reckoning.
    if not length or rule.hours == "calendar" or began + length > now:
        return began + length
    return clock.instant_after(clock.open_seconds_until(began) + length.total_seconds())


def _find_lasting(
    rule: Rule, visits: Iterable[OpenVisit], told: Mapping[tuple[str, str], Sequence[Fired]]
) -> Iterator[Holding]:
    """Yield what was told of cars that are still here, though the condition no longer holds."""
    for visit in visits:
        parts = {visit.name_part(part): part for part in visit.parts}
        for subject in (visit.subject, *parts):
            if stands := told.get((rule.name, subject)):
                since = min(fired.since for fired in stands)
                yield Holding(visit, subject, since, part=parts.get(subject))
