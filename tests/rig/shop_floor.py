"""A shop floor for tests of rules: a rule as the workshop file says it, cars, and what is told from them.

Owns no promise. Keeps what was told as the database would, so that a test can go from moment to moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from config.notices import Rule
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from models.analytics.estimate.ready import ReadyEstimate
from models.domain.notice.firing import Fired
from models.domain.notice.visit import OpenVisit
from reminders.notices.facts import make_rule_facts
from reminders.notices.judging import Verdict, judge_rules

# A Wednesday at ten in Shanghai, two hours after the demo's site has opened; it closes at six.
NOON = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
FACTS = make_rule_facts(WORKSHOP)


def make_rule(when: str, **said: Any) -> Rule:
    """Return a rule as the workshop file would say it."""
    return Rule.model_validate({"name": when, "when": when, "tell": "foreman", **said})


def make_visit(stage: str = "ready", entered_at: datetime = NOON, **fields: Any) -> OpenVisit:
    return replace(
        OpenVisit("s1", "RO-1", stage=stage, stage_entered_at=entered_at, customer_ref="C1"), **fields
    )


@dataclass(slots=True)
class Desk:
    """Somebody who has told things before; `known_since` is when its rules were written."""

    rules: tuple[Rule, ...]
    known_since: datetime = NOON - 30 * DAY
    standing: set[Fired] = field(default_factory=set)
    ever: set[tuple[str, str, datetime, int]] = field(default_factory=set)

    def tell(
        self, now: datetime, *visits: OpenVisit, estimates: Mapping[str, ReadyEstimate] | None = None
    ) -> list[tuple[str, int]]:
        """Judge the shop as of a moment; return rule and step of what is told that never was."""
        verdict = self.judge(now, *visits, estimates=estimates)
        self.standing -= set(verdict.over)
        told = []
        for firing in verdict.firings:
            fired = firing.become(now)
            self.standing.add(fired)
            key = (fired.rule, fired.subject, fired.since, fired.step)
            if key not in self.ever:
                told.append((fired.rule, fired.step))
            self.ever.add(key)
        return told

    def judge(
        self, now: datetime, *visits: OpenVisit, estimates: Mapping[str, ReadyEstimate] | None = None
    ) -> Verdict:
        """Judge the shop as of a moment, and keep nothing of it."""
        return judge_rules(
            self.rules,
            FACTS.lay_floor(visits, estimates or {}, now),
            self.standing,
            {rule.name: self.known_since for rule in self.rules},
            FACTS.find_clock("s1", now),
        )
