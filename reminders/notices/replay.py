"""Rules tried on the past: a site's day lived through again, moment by moment, and what would have been told.

Owns how the past becomes moments: every change is one, and so is every fifth minute, for what lasts. Sends
and writes nothing. Promises are judged by what the site has learned until now.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby

from config.notices import OLDEST
from models.analytics.estimate.model import SiteModel
from models.analytics.estimate.ready import ReadyEstimate
from models.domain.delivery import NewMessage, Role
from models.domain.notice.firing import Fired
from models.domain.notice.story import OrderStory, tell_visits
from models.domain.notice.visit import OpenVisit
from reminders.notices.facts import RuleFacts
from reminders.notices.judging import Firing, judge_rules
from reminders.notices.messages import find_role, may_be_told, write_message

_TICK = timedelta(minutes=5)
# So that it is known what had been told when the day began.
WARM_UP = OLDEST

# Nobody is given a link while rules are tried.

_Change = tuple[datetime, str, OpenVisit | None]


@dataclass(frozen=True, slots=True)
class Told:
    """What would have been told: the firing, when, and its message; `over_at` is when it was over."""

    firing: Firing
    told_at: datetime
    message: NewMessage
    over_at: datetime | None = None

    @property
    def is_withdrawn(self) -> bool:
        """Say whether it was over before the message could leave."""
        return self.over_at is not None and self.over_at < self.message.due_at


def replay_rules(
    facts: RuleFacts,
    site: str,
    stories: Iterable[OrderStory],
    model: SiteModel | None,
    begins: datetime,
    ends: datetime,
) -> list[Told]:
    """Live through a site's time again, from WARM_UP before it on, of which the stories tell as well."""
    starts = begins - WARM_UP
    end_stages = {stage.key for stage in facts.workshop.stages if stage.kind == "end"}
    changes = [
        (max(at, starts), story.work_order, visit)
        for story in stories
        for at, visit in tell_visits(story, end_stages)
        if at < ends
    ]
    replay = _Replay(facts, site, model, dict.fromkeys(facts.fingerprints, starts - WARM_UP))
    for now, changed in _list_moments(changes, starts, ends):
        replay.live(now, changed)
    told = (each for each in replay.told.values() if each.told_at >= begins)
    return [each for each in told if may_be_told(each.firing, {})]


@dataclass(slots=True)
class _Replay:
    """A site at a moment of its past, and what was told until then."""

    facts: RuleFacts
    site: str
    model: SiteModel | None
    known_since: Mapping[str, datetime]
    visits: dict[str, OpenVisit] = field(default_factory=dict)
    standing: set[Fired] = field(default_factory=set)
    told: dict[Fired, Told] = field(default_factory=dict)
    estimates: Mapping[str, ReadyEstimate] = field(default_factory=dict)
    expected_at: datetime | None = None

    def live(self, now: datetime, changed: Iterable[_Change]) -> None:
        """Go on to a moment, with what changed at it."""
        for _, work_order, visit in changed:
            self.visits.pop(work_order, None)
            if visit:
                self.visits[work_order] = visit
        here = list(self.visits.values())
        if self.expected_at is None or now - self.expected_at >= _TICK:
            self.estimates, self.expected_at = self.facts.expect(self.site, here, self.model, now), now
        clock = self.facts.find_clock(self.site, now)
        floor = self.facts.lay_floor(here, self.estimates, now)
        verdict = judge_rules(self.facts.rules, floor, self.standing, self.known_since, clock)
        self.standing -= set(verdict.over)
        for fired in verdict.over:
            self.told[fired] = replace(self.told[fired], over_at=now)
        for firing in verdict.firings:
            fired = firing.become(now)
            self.standing.add(fired)
            message = write_message(
                firing,
                self.facts.sites[self.site],
                self.facts.stages,
                clock,
                now,
                with_link=find_role(firing) is Role.CUSTOMER,
            )
            self.told[fired] = Told(firing, now, message)


def _list_moments(
    changes: list[_Change], starts: datetime, ends: datetime
) -> Iterator[tuple[datetime, list[_Change]]]:
    """Yield every moment at which something changed or some minutes have gone by, with what changed."""
    ticks: list[_Change] = [
        (starts + number * _TICK, "", None) for number in range(int((ends - starts) / _TICK))
    ]
    for now, group in groupby(sorted([*changes, *ticks], key=lambda each: each[0]), key=lambda each: each[0]):
        yield now, list(group)
