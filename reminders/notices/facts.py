"""What judging rules needs of the workshop file, ready to use: by site, with a clock of its opening hours.

Owns how a site's cars become what conditions look at. Reads no clock and no database.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from config.kit.complaints import Complaints
from config.notices import Rule
from config.workshop import Site, Stage, Workshop
from models.analytics.estimate.model import SiteModel
from models.analytics.estimate.ready import OpenCar, ReadyEstimate, expect_ready
from models.analytics.open_clock import OpenClock
from models.domain.notice.visit import OpenVisit
from reminders.notices.conditions import Floor
from reminders.service.plans import SiteFacts, make_site_facts

# In which even a site that seldom opens has been open for a rule's longest time; a clock is good for a day.
_CLOCK_LOOKS_BACK, _CLOCK_IS_GOOD = timedelta(days=400), timedelta(days=1)
_CLOCK_DAYS = 460


@dataclass(slots=True)
class RuleFacts:
    """The rules, and the sites they are judged at."""

    workshop: Workshop
    stages: Mapping[str, Stage]
    sites: Mapping[str, SiteFacts]
    fingerprints: Mapping[str, str]
    _clocks: dict[str, OpenClock] = field(default_factory=dict)
    _complaints: Complaints = field(default_factory=lambda: Complaints("rules"))

    @property
    def rules(self) -> Sequence[Rule]:
        """Return every rule."""
        return self.workshop.rules

    def asks_for_risk(self, site: str) -> bool:
        """Say whether some rule wants to know a site's promises at risk."""
        return any(
            rule.when == "promise_at_risk" and (rule.sites is None or site in rule.sites)
            for rule in self.rules
        )

    def find_clock(self, site: str, now: datetime) -> OpenClock:
        """Return the clock of a site's opening hours for rules that are judged now."""
        clock = self._clocks.get(site)
        if clock is None or not timedelta() <= now - clock.start - _CLOCK_LOOKS_BACK < _CLOCK_IS_GOOD:
            start = now - _CLOCK_LOOKS_BACK
            clock = self._clocks[site] = OpenClock(self.sites[site].hours, start, _CLOCK_DAYS)
        return clock

    def expect(
        self, site: str, visits: Sequence[OpenVisit], model: SiteModel | None, now: datetime
    ) -> Mapping[str, ReadyEstimate]:
        """Expect when a site's cars are ready, as its wall does; nothing where no rule asks."""
        if not self.asks_for_risk(site):
            return {}
        cars = [OpenCar.of(visit) for visit in visits]
        stages, hours = self.workshop.stages, self.sites[site].hours
        return expect_ready(cars, model, stages, hours, now, self._complaints.hear)

    def lay_floor(
        self, visits: Sequence[OpenVisit], estimates: Mapping[str, ReadyEstimate], now: datetime
    ) -> Floor:
        """Return a site's cars as conditions look at them."""
        return Floor(tuple(visits), estimates, self.stages, self.workshop.alarms.promise_risk, now)


def make_rule_facts(workshop: Workshop, only: Sequence[Site] | None = None) -> RuleFacts:
    """Take the rules from the workshop's facts, for every site or for some."""
    return RuleFacts(
        workshop,
        {stage.key: stage for stage in workshop.stages},
        {
            site.key: make_site_facts(site, workshop.reminders)
            for site in (workshop.sites if only is None else only)
        },
        {
            rule.name: hashlib.sha256(rule.model_dump_json().encode()).hexdigest()[:16]
            for rule in workshop.rules
        },
    )
