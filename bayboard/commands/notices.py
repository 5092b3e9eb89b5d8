"""`bayboard rules …`: a workshop file's rules checked, and tried on a day that was.

Owns what may be asked. Nothing is sent and nothing is written.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from bayboard.console import print_table, say_length
from bayboard.entry import CommandError, read_clock
from config.settings import Settings
from config.texts import LANGS
from config.workshop import Site, Workshop, load_workshop

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
        [rule.name, rule.when, say_length(length), audience, template]
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
    # What judges and foresees is large; the other commands start without it.
    from bayboard.notices.trial import print_counts, print_texts, print_told, replay_day  # noqa: PLC0415
    from config.wording.templates import load_templates  # noqa: PLC0415

    if lang not in LANGS:
        raise typer.BadParameter(f"--lang: {lang!r} is not one of {', '.join(LANGS)}")
    settings = Settings.from_environment(required=("database_url",))
    workshop = load_workshop(file)
    if not workshop.rules:
        raise CommandError(f"{file} has no [[rule]]")
    sites = _choose_sites(workshop, site)
    assert settings.database_url  # noqa: S101  # required above
    told = replay_day(settings.database_url, workshop, sites, day, read_clock())
    print_told(told, workshop, many=len(sites) > 1)
    if texts:
        print_texts(told, workshop, load_templates(), lang)
    print_counts(told, workshop.rules)


def _choose_sites(workshop: Workshop, keys: Sequence[str] | None) -> list[Site]:
    if unknown := [key for key in keys or () if workshop.site(key) is None]:
        raise CommandError(f"there is no site {', '.join(unknown)} in the file")
    return [each for each in workshop.sites if not keys or each.key in keys]
