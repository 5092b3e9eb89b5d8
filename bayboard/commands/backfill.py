"""`bayboard backfill`: simulated history straight into the database.

Owns the options, the progress bar, and the sentence at the end.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from bayboard.entry import CommandError, read_clock, stop_on_signals
from config.settings import Settings
from config.workshop import load_workshop


def backfill(
    days: Annotated[int, typer.Option(min=1, help="How many days of history.")] = 365,
    sites: Annotated[
        int,
        typer.Option(
            min=1,
            help="How many sites. Beyond those of the workshop file they are copies of its sites with keys"
            " like s1-2, which pages show once the workshop file names them (--workshop-out).",
        ),
    ] = 1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same history.")] = 1,
    scenario: Annotated[
        str, typer.Option(help="normal, calm, busy, short-of-parts or hidden-slow.")
    ] = "normal",
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day before which history ends; else today."),
    ] = None,
    truth: Annotated[Path | None, typer.Option(help="Write what really happened to this file.")] = None,
    workshop_out: Annotated[
        Path | None, typer.Option(help="Write a workshop file that names all of the sites.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes that write, a site each; else one a core.")
    ] = None,
) -> None:
    """Write simulated history straight into the database; killed, the same command goes on where it was."""
    import psycopg  # noqa: PLC0415  # keeps the other commands quick to start

    from bayboard.backfill.run import run_backfill, settle_history  # noqa: PLC0415
    from bayboard.backfill.sites import keep_first_days, list_sites, make_plans, name_sites  # noqa: PLC0415
    from bayboard.parts.estimates import learn_histories  # noqa: PLC0415
    from bayboard.parts.ingest import make_rules  # noqa: PLC0415
    from simulators.check import SimulationError, check_workshop  # noqa: PLC0415

    stop = stop_on_signals()
    settings = Settings.from_environment(required=("database_url",))
    assert settings.database_url  # noqa: S101  # required above
    workshop = load_workshop(settings.workshop_file)
    try:
        check_workshop(workshop, scenario)
    except SimulationError as error:
        raise CommandError(str(error)) from error
    chosen, now = list_sites(workshop, sites), read_clock()
    if workshop_out:
        text = settings.workshop_file.read_text(encoding="utf-8")
        workshop_out.write_text(name_sites(text, workshop, chosen), encoding="utf-8")
    ends_on = until.date() if until else None
    plans = make_plans(chosen, seed=seed, scenario=scenario, days=days, until=ends_on, now=now)
    if not until:
        with psycopg.connect(settings.database_url) as connection:
            plans = keep_first_days(connection, plans)
    with _draw_progress(sites * days) as progress:
        stored = run_backfill(
            settings.database_url,
            plans,
            make_rules(workshop),
            jobs=jobs or os.cpu_count() or 1,
            truth=truth,
            stop=stop,
            tell=progress,
        )
    with Console(stderr=True).status("adding up the figures of each day"):
        settle_history(settings.database_url, plans, workshop, now)
    with Console(stderr=True).status("learning how long things take"):
        histories = [(plan.site, min(now, plan.begins_at + timedelta(plan.days))) for plan in plans]
        learn_histories(settings.database_url, workshop, histories, jobs or os.cpu_count() or 1)
    if not stored:
        typer.echo("nothing to write: the history is there already")
    for table, rows in sorted(stored.items()):
        typer.echo(f"{table}: {rows:,} rows")


@contextmanager
def _draw_progress(site_days: int) -> Iterator[Callable[[str, int], None]]:
    """Draw a bar of all sites' days with the time left; yield what is told the days of a site."""
    console = Console(stderr=True)
    written: Counter[str] = Counter()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("site-days,"),
        TimeRemainingColumn(),
        TextColumn("left after"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("writing history", total=site_days)

        def tell(site: str, days: int) -> None:
            written[site] = days
            progress.update(task, completed=written.total())

        yield tell
