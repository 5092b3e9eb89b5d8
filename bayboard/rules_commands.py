"""`bayboard rules …`: a workshop file's rules checked, and tried on a day that was.

Owns what is asked and how it is printed. Nothing is sent and nothing is written.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import psycopg
import typer

from bayboard.access_rows import print_table
from bayboard.entry import CommandError, read_clock
from config.messages import Templates, load_templates
from config.rules import Rule
from config.settings import Settings
from config.texts import LANGS
from config.workshop import Site, Workshop, load_workshop
from models.queries.rules import read_news_of_models
from models.queries.rules_history import read_stories
from reminders.rules_facts import RuleFacts, make_rule_facts
from reminders.rules_replay import WARM_UP, Told, replay_rules

app = typer.Typer(help="What people are told when something happens in the shop.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help="A workshop file with its rules.")]


@app.callback()
def rules() -> None:
    """Check the rules of a workshop file, and try them on a day that was."""


@app.command()
def check(file: File) -> None:
    """Say what is wrong with a file's rules, each with its line, or list them."""
    workshop = load_workshop(file)
    rows = [
        [rule.name, rule.when, _say_length(length), audience, template]
        for rule in workshop.rules
        for length, audience, template in rule.steps
    ]
    print_table(["rule", "when", "after", "told", "template"], rows)
    typer.echo(f"{len(workshop.rules)} rules, nothing wrong with them")


@app.command("test")
def try_rules(
    file: File,
    day: Annotated[
        date | None,
        typer.Option(parser=date.fromisoformat, metavar="DATE", help="Which day; by default yesterday."),
    ] = None,
    site: Annotated[list[str] | None, typer.Option(help="Only this site; may be given again.")] = None,
    texts: Annotated[
        bool, typer.Option("--texts", help="Print every message as people would read it.")
    ] = False,
    lang: Annotated[str, typer.Option(help="The language of the messages: en or zh.")] = LANGS[0],
) -> None:
    """Print what a file's rules would have told on a day, to whom, and why. Sends and writes nothing."""
    if lang not in LANGS:
        raise typer.BadParameter(f"--lang: {lang!r} is not one of {', '.join(LANGS)}")
    settings = Settings.from_environment(required=("database_url",))
    workshop = load_workshop(file)
    if not workshop.rules:
        raise CommandError(f"{file} has no [[rule]]")
    sites = _choose_sites(workshop, site)
    assert settings.database_url  # noqa: S101  # required above
    told = _replay(settings.database_url, make_rule_facts(workshop, sites), sites, day, read_clock())
    _print_told(told, workshop, many=len(sites) > 1)
    if texts:
        _print_texts(told, workshop, load_templates(), lang)
    _print_counts(told, workshop.rules)


def _choose_sites(workshop: Workshop, keys: Sequence[str] | None) -> list[Site]:
    if unknown := [key for key in keys or () if workshop.site(key) is None]:
        raise CommandError(f"there is no site {', '.join(unknown)} in the file")
    return [each for each in workshop.sites if not keys or each.key in keys]


def _replay(
    database_url: str, facts: RuleFacts, sites: Sequence[Site], day: date | None, now: datetime
) -> list[Told]:
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


def _print_told(told: Sequence[Told], workshop: Workshop, *, many: bool) -> None:
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
        f"{holding.visit.stage}, for {_say_length(lasted)}{steps}"
        if lasted
        else f"{holding.visit.stage}{steps}"
    )


def _say_leaving(told: Told, zone: ZoneInfo) -> str:
    if told.is_withdrawn:
        return "withdrawn, over before it could leave"
    due_at = told.message.due_at
    return "at once" if due_at <= told.told_at else f"{due_at.astimezone(zone):%m-%d %H:%M}"


def _print_texts(told: Sequence[Told], workshop: Workshop, templates: Templates, lang: str) -> None:
    for each in told:
        message, site = each.message, workshop.site(each.message.site)
        if site is None or each.is_withdrawn:
            continue
        payload = {**message.payload, "site": {"en": site.en, "zh": site.zh}}
        words = templates.write(message.template, message.role, lang, payload, site.zone)
        sys.stdout.write(
            f"\n── {each.told_at.astimezone(site.zone):%H:%M} {message.role}: {words.title}\n{words.body}\n"
        )


def _print_counts(told: Sequence[Told], rules: Sequence[Rule]) -> None:
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


def _say_length(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    if minutes == 0:
        return "at once"
    hours, rest = divmod(minutes, 60)
    return " ".join(filter(None, (f"{hours} h" if hours else "", f"{rest} min" if rest else "")))
