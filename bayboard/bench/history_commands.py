"""`bayboard bench …`: the commands that measure on simulated history, without a running system.

Imports what a benchmark needs only when it runs, so that no other command starts slower.
"""

import re
from typing import Annotated

import typer

from bayboard.entry import read_clock
from config.settings import Settings
from config.workshop import load_workshop

app = typer.Typer()

ServerUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        help="Another server to measure, such as TimescaleDB Community; its databases are left alone.",
    ),
]
YearsOfOneSite = Annotated[int, typer.Option("--years", min=1, max=10, help="Years of history of one site.")]
SitesOfAYear = Annotated[int, typer.Option("--sites", min=2, max=500, help="Sites with a year of history.")]


@app.command()
def chunks(
    days: Annotated[str, typer.Option(help="Chunk intervals to compare.")] = "7,30,90,365",
    years: Annotated[int, typer.Option(min=1, help="How many years of one site's scans.")] = 5,
) -> None:
    """Compare chunk intervals in scratch tables of the TimescaleDB that BAYBOARD_DATABASE_URL names."""
    from bayboard.bench.queries.chunks import describe_chunks, measure_chunks  # noqa: PLC0415

    if not re.fullmatch(r"[1-9]\d{0,3}(,[1-9]\d{0,3})*", days):
        raise typer.BadParameter(f"--days: {days!r} is not like 7,30,90")
    settings = Settings.from_environment(required=("database_url",))
    assert settings.database_url  # noqa: S101  # required above
    intervals = [int(interval) for interval in days.split(",")]
    typer.echo(describe_chunks(measure_chunks(settings.database_url, intervals, years, say)))


@app.command()
def estimates(
    seeds: Annotated[int, typer.Option(min=1, help="How many shops are simulated.")] = 5,
    training_days: Annotated[int, typer.Option(min=7, help="Days the estimator learns from.")] = 60,
    test_days: Annotated[int, typer.Option(min=1, help="Days after them on which it is tried.")] = 30,
    relearn_days: Annotated[int, typer.Option(min=1, help="Days after which it learns anew.")] = 7,
    scenario: Annotated[str, typer.Option(help="Kind of days, as for simulate.")] = "normal",
) -> None:
    """Try expected ready times on simulated history that the training has not seen."""
    from bayboard.bench.estimates import print_estimates, try_estimates  # noqa: PLC0415

    workshop = load_workshop(Settings.from_environment().workshop_file)
    trials = try_estimates(
        workshop,
        seeds=range(1, seeds + 1),
        scenario=scenario,
        training_days=training_days,
        test_days=test_days,
        relearn_days=relearn_days,
    )
    print_estimates(trials, typer.echo)


@app.command()
def detection(
    seeds: Annotated[int, typer.Option(min=1, help="How many shops are simulated, each twice.")] = 100,
    days: Annotated[int, typer.Option(min=7, help="How many days of each.")] = 60,
    factors: Annotated[
        str, typer.Option(help="Instead, how often technicians so many times as slow are found: 1.3,1.5")
    ] = "",
) -> None:
    """Count how often the hidden slow bay and technician are found, and others accused."""
    from bayboard.bench.detection import measure_detection, measure_power  # noqa: PLC0415

    if not re.fullmatch(r"(\d\.\d+(,\d\.\d+)*)?", factors):
        raise typer.BadParameter(f"--factors: {factors!r} is not like 1.3,1.5")
    site, tried = load_workshop(Settings.from_environment().workshop_file).sites[0], range(1, seeds + 1)
    if factors:
        lines = measure_power(site, tried, days, [float(each) for each in factors.split(",")], say)
    else:
        lines = measure_detection(site, tried, days, say)
    for line in lines:
        typer.echo(line)


@app.command()
def queries(server_url: ServerUrl = None, years: YearsOfOneSite = 5, sites: SitesOfAYear = 200) -> None:
    """Time what boards and analytics ask of years of history, on each kind of database present."""
    from bayboard.bench.queries.run import measure_queries  # noqa: PLC0415

    workshop = load_workshop(Settings.from_environment().workshop_file)
    for line in measure_queries(
        workshop, read_clock(), database_url=server_url, years=years, sites=sites, say=say
    ):
        typer.echo(line)


@app.command()
def analytics(
    server_url: ServerUrl = None,
    years: YearsOfOneSite = 5,
    sites: SitesOfAYear = 200,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Instead, time one site's views in Chromium, to the picture.")
    ] = False,
) -> None:
    """Time every view of the analytics pages, over years of one site and a year of many."""
    from bayboard.bench.analytics.pages import make_years, measure_analytics  # noqa: PLC0415
    from bayboard.bench.analytics.pictures import measure_pictures  # noqa: PLC0415
    from dashboard.pages.analytics.layout import VIEWS  # noqa: PLC0415

    settings, now = Settings.from_environment(), read_clock()
    workshop = load_workshop(settings.workshop_file)
    if pictures:
        with make_years(workshop, now, server_url=server_url, years=years, sites=1, say=say) as url:
            for line in measure_pictures(url, settings, VIEWS, ("28d", "5y"), now):
                typer.echo(line)
        return
    for line in measure_analytics(workshop, now, server_url=server_url, years=years, sites=sites, say=say):
        typer.echo(line)


@app.command()
def reminders(
    cars: Annotated[int, typer.Option(min=50, help="How many cars drive for two years.")] = 3000,
    vehicles: Annotated[int, typer.Option(min=100, help="How many vehicles a pass goes over.")] = 200_000,
) -> None:
    """Count wrong odometer readings refused and services foreseen, and time a pass over every vehicle."""
    from bayboard.bench.odometer.refusals import measure_refusals  # noqa: PLC0415
    from bayboard.bench.reminders import measure_pass, measure_projections  # noqa: PLC0415

    workshop = load_workshop(Settings.from_environment().workshop_file)
    typer.echo(measure_refusals(cars))
    typer.echo(measure_projections(cars))
    typer.echo(measure_pass(vehicles, workshop, say))


def say(line: str) -> None:
    """Tell how far a measurement is, beside its result."""
    typer.echo(line, err=True)
