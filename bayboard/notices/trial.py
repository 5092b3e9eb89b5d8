"""A workshop file's rules tried on a day that was: who would have been told what, when and why.

Owns the reading of the day and how it is printed. It loads what judges and foresees, so it is imported
only by the command that tries rules. Nothing is sent and nothing is written.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import psycopg

from bayboard.console import print_table, say_length
from config.notices import Rule
from config.wording.templates import Templates
from config.workshop import Site, Workshop
from models.queries.notice.facts import read_news_of_models
from models.queries.notice.history import read_stories
from reminders.notices.facts import make_rule_facts
from reminders.notices.replay import WARM_UP, Told, replay_rules

_SOME_LINK = "…/progress/…"


def replay_day(
    database_url: str, workshop: Workshop, sites: Sequence[Site], day: date | None, now: datetime
) -> list[Told]:
    """Return what the rules would have told on a day, by default each site's yesterday, in order."""
    facts = make_rule_facts(workshop, sites)
    told: list[Told] = []
    with psycopg.connect(database_url) as connection:
        connection.read_only = True
        models = read_news_of_models(connection, {})
        for site in sites:
            chosen = day or now.astimezone(site.zone).date() - timedelta(days=1)
            begins = datetime.combine(chosen, time(), site.zone)
            ends = min(now, datetime.combine(chosen + timedelta(days=1), time(), site.zone))
            stories = read_stories(connection, site.key, begins - WARM_UP, ends)
            _, model = models.get(site.key, (now, None))
            told += replay_rules(facts, site.key, stories, model, begins, ends)
    return sorted(told, key=lambda each: each.told_at)


def print_told(told: Sequence[Told], workshop: Workshop, *, many: bool) -> None:
    """Print a line for each message: when, to whom and why."""
    rows, zones = [], {site.key: site.zone for site in workshop.sites}
    for each in told:
        message, visit = each.message, each.firing.holding.visit
        zone = zones[message.site]
        row = [
            f"{each.told_at.astimezone(zone):%H:%M}",
            each.firing.rule.name,
            message.role + (f" {message.recipient}" if message.recipient else ""),
            visit.work_order,
            visit.plate or "",
            _say_why(each),
            _say_leaving(each, zone),
        ]
        rows.append([message.site, *row] if many else row)
    headings = ["at", "rule", "told", "work order", "plate", "why", "leaves"]
    print_table(["site", *headings] if many else headings, rows)


def _say_why(told: Told) -> str:
    firing, payload = told.firing, told.message.payload
    steps = f", escalated ({firing.step})" if firing.step else ""
    holding = firing.holding
    if holding.estimate:
        return f"promise at risk, {holding.estimate.risk:.0%}{steps}"
    if holding.part:
        return f"part {holding.part.part} has arrived{steps}"
    lasted = timedelta(minutes=round(payload["minutes"]))
    return (
        f"{holding.visit.stage}, for {say_length(lasted)}{steps}"
        if lasted
        else f"{holding.visit.stage}{steps}"
    )


def _say_leaving(told: Told, zone: ZoneInfo) -> str:
    if told.is_withdrawn:
        return "withdrawn, over before it could leave"
    due_at = told.message.due_at
    return "at once" if due_at <= told.told_at else f"{due_at.astimezone(zone):%m-%d %H:%M}"


def print_texts(told: Sequence[Told], workshop: Workshop, templates: Templates, lang: str) -> None:
    """Print every message that would have left, as people would have read it."""
    for each in told:
        message, site = each.message, workshop.site(each.message.site)
        if site is None or each.is_withdrawn:
            continue
        payload = {**message.payload, "site": {"en": site.en, "zh": site.zh}}
        if payload.get("with_link"):
            payload["link"] = _SOME_LINK
        words = templates.write(message.template, message.role, lang, payload, site.zone)
        sys.stdout.write(
            f"\n── {each.told_at.astimezone(site.zone):%H:%M} {message.role}: {words.title}\n{words.body}\n"
        )


def print_counts(told: Sequence[Told], rules: Sequence[Rule]) -> None:
    """Print how often each rule would have told somebody."""
    names = [each.firing.rule.name for each in told]
    escalated = Counter(each.firing.rule.name for each in told if each.firing.step)
    withdrawn = Counter(each.firing.rule.name for each in told if each.is_withdrawn)
    counts = Counter(names)
    sys.stdout.write("\n")
    print_table(
        ["rule", "messages", "of them escalations", "withdrawn before they left"],
        [
            [rule.name, str(counts[rule.name]), str(escalated[rule.name]), str(withdrawn[rule.name])]
            for rule in rules
        ],
    )
