"""The service plans of the workshop file as the engine uses them: ready to choose from and to compare.

Owns the translation from the file's facts, and the fingerprint by which an edited plan is noticed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from config.opening import OpeningHours
from config.plans import PlanItem, ReminderRules, ServicePlan
from config.workshop import Site, Workshop
from models.domain.service.due import NoticeRules
from models.domain.service.plan import Item, Plan


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What of a site decides when reminders leave and what day it is."""

    key: str
    zone: ZoneInfo
    hours: OpeningHours
    not_before: time
    not_after: time


@dataclass(frozen=True, slots=True)
class Plans:
    """Every plan and rule; `names` maps an item to its names by language."""

    plans: tuple[Plan, ...]
    rules: ReminderRules
    notices: NoticeRules
    sites: Mapping[str, SiteFacts]
    names: Mapping[str, Mapping[str, str]]
    fingerprint: str
    one_company: bool = False

    @property
    def jobs(self) -> list[str]:
        """Return every job that does an item of some plan."""
        return sorted({job for plan in self.plans for item in plan.items for job in item.jobs})

    def tell_time(self, site: str | None, now: datetime) -> datetime:
        """Return an instant as the site's own clock shows it; of a site we do not know, the first one's."""
        facts = self.sites.get(site or "") or next(iter(self.sites.values()))
        return now.astimezone(facts.zone)


def make_plans(workshop: Workshop) -> Plans:
    """Take plans and rules from the workshop's facts."""
    rules = workshop.reminders
    told = "".join(plan.model_dump_json() for plan in workshop.plans) + rules.model_dump_json()
    return Plans(
        plans=tuple(_make_plan(plan) for plan in workshop.plans),
        rules=rules,
        notices=NoticeRules(
            km_before=rules.km_before,
            first_days_before=rules.first_days_before,
            second_days_before=rules.second_days_before,
            overdue_after_days=rules.overdue_after_days,
            too_late_after_days=rules.too_late_after_days,
        ),
        sites={site.key: make_site_facts(site, rules) for site in workshop.sites},
        names={item.key: {"en": item.en, "zh": item.zh} for plan in workshop.plans for item in plan.items},
        fingerprint=hashlib.sha256(told.encode()).hexdigest()[:16],
        one_company=workshop.one_company,
    )


def make_site_facts(site: Site, rules: ReminderRules) -> SiteFacts:
    """Take what decides when a site's messages leave from its facts."""
    return SiteFacts(site.key, site.zone, site.hours, *site.find_telling_hours(rules))


def _make_plan(plan: ServicePlan) -> Plan:
    return Plan(
        key=plan.key,
        km_per_day=plan.km_per_day,
        items=tuple(map(_make_item, plan.items)),
        makes=_lower(plan.make),
        models=_lower(plan.model),
        powertrains=_lower(plan.powertrain),
    )


def _make_item(item: PlanItem) -> Item:
    return Item(
        key=item.key,
        first_km=item.first_km or item.every_km,
        first_months=item.first_months or item.every_months,
        every_km=item.every_km,
        every_months=item.every_months,
        anchor=item.anchor,
        jobs=_lower(item.done_by),
    )


def _lower(names: Sequence[str] | None) -> frozenset[str]:
    return frozenset(name.lower() for name in names or ())
