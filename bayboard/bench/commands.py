"""`bayboard bench …`: the commands that measure.

Imports what a benchmark needs only when it runs, so that no other command starts slower.
"""

import re
import signal
import sys
from typing import Annotated

import typer

from bayboard.entry import read_clock
from config.settings import Settings
from config.workshop import load_workshop

# From so many on, a dashboard of one process is not what one would run.
_SCREENS_FOR_TWO = 500

app = typer.Typer(help="Measure, on this machine.", no_args_is_help=True)

ServerUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        help="Another server to measure, such as TimescaleDB Community; its databases are left alone.",
    ),
]
YearsOfOneSite = Annotated[int, typer.Option("--years", min=1, max=10, help="Years of history of one site.")]
SitesOfAYear = Annotated[int, typer.Option("--sites", min=2, max=500, help="Sites with a year of history.")]


@app.callback()
def bench() -> None:
    """Measure, on this machine."""


@app.command()
def pixel(
    wall: Annotated[str, typer.Option(help="Address of a wall, as `bayboard demo` prints it.")],
    broker: Annotated[str, typer.Option(help="Address of its broker.")],
    site: Annotated[str, typer.Option(help="The wall's site.")] = "s1",
    bay: Annotated[str, typer.Option(help="A bay nobody else scans into.")] = "PROBE",
    scans: Annotated[int, typer.Option(min=2, help="How many scans to publish.")] = 100,
) -> None:
    """Time scans from being published to being painted on a running wall."""
    from bayboard.bench.pixel import measure_pixel  # noqa: PLC0415

    typer.echo(measure_pixel(wall_url=wall, mqtt_url=broker, site=site, bay=bay, scans=scans))


@app.command()
def screens(
    counts: Annotated[
        str, typer.Option("--screens", help="How many screens are open, one run for each number.")
    ] = "50,200,1000",
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, max=16, help="Processes of the dashboard; by default 2 from 500 screens on, else 1."
        ),
    ] = None,
    scans: Annotated[int, typer.Option(min=10, help="How many scans are published.")] = 100,
    idle_seconds: Annotated[
        float, typer.Option(min=1, help="How long nothing changes, to measure CPU.")
    ] = 30,
) -> None:
    """Open many screens of one wall; time scans to them and to a browser, and compare with polling."""
    from bayboard.bench.screens import describe_screens, measure_screens  # noqa: PLC0415
    from bayboard.entry import read_clock  # noqa: PLC0415

    if not re.fullmatch(r"[1-9]\d{0,4}(,[1-9]\d{0,4})*", counts):
        raise typer.BadParameter(f"--screens: {counts!r} is not like 50,200")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    workshop_file = Settings.from_environment().workshop_file
    site = load_workshop(workshop_file).sites[0]
    for count in map(int, counts.split(",")):
        found = measure_screens(
            site=site,
            workshop_file=workshop_file,
            screens=count,
            workers=workers or (2 if count >= _SCREENS_FOR_TWO else 1),
            scans=scans,
            idle_seconds=idle_seconds,
            now=read_clock(),
            say=_say,
        )
        typer.echo(describe_screens(found) + "\n")


@app.command()
def soak(
    hours: Annotated[int, typer.Option(min=4, help="How many simulated hours.")] = 24,
    speed: Annotated[float, typer.Option(min=1, help="How many times faster than life.")] = 60.0,
    most_growth: Annotated[
        float, typer.Option(min=0, help="By how many percent a page's heap may grow at most.")
    ] = 10.0,
) -> None:
    """Watch the memory of a wall, a lounge and their server over a day of the demo."""
    from bayboard.bench.soak import describe_soak, measure_soak  # noqa: PLC0415

    growths = measure_soak(hours, speed, _say)
    typer.echo(describe_soak(growths))
    if any(growth.percent > most_growth for growth in growths if growth.name.endswith("heap")):
        raise typer.Exit(1)


@app.command()
def ingest(
    messages: Annotated[
        int, typer.Option(min=10_000, help="How many messages each contender drains.")
    ] = 200_000,
) -> None:
    """Compare ingest with paho alone, COPY alone and the Rust bridge, on one broker and database."""
    from bayboard.bench.ingest import describe, measure_ingest  # noqa: PLC0415

    typer.echo(describe(measure_ingest(messages, _say)))


@app.command()
def backlog(
    messages: Annotated[int, typer.Option(min=10_000, help="How many messages wait.")] = 1_000_000,
) -> None:
    """Let messages wait in the broker, then watch the memory of ingest while it drains them."""
    from bayboard.bench.ingest import measure_backlog  # noqa: PLC0415

    typer.echo(measure_backlog(messages, _say))


@app.command()
def durability(
    kills: Annotated[int, typer.Option(min=0, help="How often a part is killed, in all.")] = 30,
    messages: Annotated[int, typer.Option(min=100, help="How many numbered messages are sent.")] = 20_000,
    keep: Annotated[
        float, typer.Option(min=0, help="For how many seconds the device keeps what was acknowledged.")
    ] = 12.0,
    seed: Annotated[int, typer.Option(help="The same seed kills in the same order.")] = 1,
) -> None:
    """Kill ingest, broker and database at random moments, and count what was lost or doubled."""
    from bayboard.bench.durability import measure_durability  # noqa: PLC0415

    ledger = measure_durability(kills=kills, messages=messages, keep_seconds=keep, seed=seed, say=_say)
    typer.echo(ledger)
    if not ledger.balanced:
        raise typer.Exit(1)


@app.command()
def chunks(
    days: Annotated[str, typer.Option(help="Chunk intervals to compare.")] = "7,30,90,365",
    years: Annotated[int, typer.Option(min=1, help="How many years of one site's scans.")] = 5,
) -> None:
    """Compare chunk intervals in scratch tables of the TimescaleDB that BAYBOARD_DATABASE_URL names."""
    from bayboard.bench.chunks import describe_chunks, measure_chunks  # noqa: PLC0415

    if not re.fullmatch(r"[1-9]\d{0,3}(,[1-9]\d{0,3})*", days):
        raise typer.BadParameter(f"--days: {days!r} is not like 7,30,90")
    settings = Settings.from_environment(required=("database_url",))
    assert settings.database_url  # noqa: S101  # required above
    intervals = [int(interval) for interval in days.split(",")]
    typer.echo(describe_chunks(measure_chunks(settings.database_url, intervals, years, _say)))


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
        lines = measure_power(site, tried, days, [float(each) for each in factors.split(",")], _say)
    else:
        lines = measure_detection(site, tried, days, _say)
    for line in lines:
        typer.echo(line)


@app.command()
def queries(server_url: ServerUrl = None, years: YearsOfOneSite = 5, sites: SitesOfAYear = 200) -> None:
    """Time what boards and analytics ask of years of history, on each kind of database present."""
    from bayboard.bench.queries import measure_queries  # noqa: PLC0415

    _end_on_sigterm()
    workshop = load_workshop(Settings.from_environment().workshop_file)
    for line in measure_queries(
        workshop, read_clock(), database_url=server_url, years=years, sites=sites, say=_say
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
    from bayboard.bench.analytics import make_years, measure_analytics  # noqa: PLC0415
    from bayboard.bench.analytics_pictures import measure_pictures  # noqa: PLC0415
    from dashboard.pages.analytics_layout import VIEWS  # noqa: PLC0415

    _end_on_sigterm()
    settings, now = Settings.from_environment(), read_clock()
    workshop = load_workshop(settings.workshop_file)
    if pictures:
        with make_years(workshop, now, server_url=server_url, years=years, sites=1, say=_say) as url:
            for line in measure_pictures(url, settings, VIEWS, ("28d", "5y"), now):
                typer.echo(line)
        return
    for line in measure_analytics(workshop, now, server_url=server_url, years=years, sites=sites, say=_say):
        typer.echo(line)


@app.command()
def reminders(
    cars: Annotated[int, typer.Option(min=50, help="How many cars drive for two years.")] = 3000,
    vehicles: Annotated[int, typer.Option(min=100, help="How many vehicles a pass goes over.")] = 200_000,
) -> None:
    """Count wrong odometer readings refused and services foreseen, and time a pass over every vehicle."""
    from bayboard.bench.reminders import (  # noqa: PLC0415
        measure_pass,
        measure_projections,
        measure_refusals,
    )

    workshop = load_workshop(Settings.from_environment().workshop_file)
    typer.echo(measure_refusals(cars))
    typer.echo(measure_projections(cars))
    typer.echo(measure_pass(vehicles, workshop, _say))


@app.command()
def deliveries(
    kills: Annotated[int, typer.Option(min=0, help="How often an engine is killed.")] = 50,
    vehicles: Annotated[int, typer.Option(min=10, help="How many vehicles there are.")] = 8000,
    seed: Annotated[int, typer.Option(help="The same seed draws the same answers.")] = 1,
) -> None:
    """Kill two engines that raise and send to a failing receiver, and count what arrived, and how often."""
    from bayboard.bench.deliveries import measure_deliveries  # noqa: PLC0415
    from bayboard.bench.rig import BenchError  # noqa: PLC0415

    _end_on_sigterm()
    counted = measure_deliveries(
        vehicles=vehicles,
        kills=kills,
        workshop_text=Settings.from_environment().workshop_file.read_text(encoding="utf-8"),
        now=read_clock(),
        seed=seed,
        say=_say,
    )
    typer.echo(counted)
    if not counted.balanced:
        raise BenchError("what arrived is not what was raised")


def _end_on_sigterm() -> None:
    """Let servers and databases that were made for a measurement go, however it ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def _say(line: str) -> None:
    typer.echo(line, err=True)
