"""`bayboard bench …`: the commands that measure a running system, while parts of it are loaded or killed.

Imports what a benchmark needs only when it runs, so that no other command starts slower. What is measured
on simulated history stands in `history_commands`.
"""

import re
import signal
import sys
from typing import Annotated

import typer

from bayboard.bench.history_commands import app as history
from bayboard.bench.history_commands import say
from bayboard.bench.rig.real import BenchError
from bayboard.entry import read_clock
from config.settings import Settings
from config.workshop import load_workshop

# From so many on, a dashboard of one process is not what one would run.
_SCREENS_FOR_TWO = 500

app = typer.Typer(help="Measure, on this machine.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure, on this machine."""
    # Servers and databases that were made for a measurement go with it, however it ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


@app.command()
def pixel(
    wall: Annotated[str, typer.Option(help="Address of a wall, as `bayboard demo` prints it.")],
    broker: Annotated[str, typer.Option(help="Address of its broker.")],
    site: Annotated[str, typer.Option(help="The wall's site.")] = "s1",
    bay: Annotated[str, typer.Option(help="A bay nobody else scans into.")] = "PROBE",
    scans: Annotated[int, typer.Option(min=2, help="How many scans to publish.")] = 100,
) -> None:
    """Time scans from being published to being painted on a running wall."""
    from bayboard.bench.screens.pixel import measure_pixel  # noqa: PLC0415

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
    from bayboard.bench.screens.run import describe_screens, measure_screens  # noqa: PLC0415

    if not re.fullmatch(r"[1-9]\d{0,4}(,[1-9]\d{0,4})*", counts):
        raise typer.BadParameter(f"--screens: {counts!r} is not like 50,200")
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
            say=say,
        )
        typer.echo(describe_screens(found) + "\n")


@app.command()
def attacks() -> None:
    """Attack a dashboard as strangers could; measure what everybody else notices."""
    from bayboard.bench.attacks.measured import describe_attacks, measure_attacks  # noqa: PLC0415

    workshop_file = Settings.from_environment().workshop_file
    typer.echo(describe_attacks(measure_attacks(workshop_file, say)))


@app.command()
def beside(
    managers: Annotated[int, typer.Option(min=1, max=20, help="How many managers ask at once.")] = 1,
) -> None:
    """Time scans to walls alone, then beside analytics, quarantine, what-if questions and exports."""
    from bayboard.bench.screens.beside import describe_beside, measure_beside  # noqa: PLC0415

    workshop_file = Settings.from_environment().workshop_file
    site = load_workshop(workshop_file).sites[0]
    found = measure_beside(
        site=site, workshop_file=workshop_file, managers=managers, now=read_clock(), say=say
    )
    typer.echo(describe_beside(found))


@app.command()
def soak(
    hours: Annotated[int, typer.Option(min=4, help="How many simulated hours.")] = 24,
    speed: Annotated[float, typer.Option(min=1, help="How many times faster than life.")] = 60.0,
    most_growth: Annotated[
        float, typer.Option(min=0, help="By how many percent a page's heap may grow at most.")
    ] = 10.0,
) -> None:
    """Watch the memory of a wall, a lounge and their server over a day of the demo."""
    from bayboard.bench.screens.soak import describe_soak, measure_soak  # noqa: PLC0415

    growths = measure_soak(hours, speed, say)
    typer.echo(describe_soak(growths))
    if any(growth.percent > most_growth for growth in growths if growth.name.endswith("heap")):
        raise BenchError(f"a page's heap grew by more than {most_growth:g} %")


@app.command()
def ingest(
    messages: Annotated[
        int, typer.Option(min=10_000, help="How many messages each contender drains.")
    ] = 200_000,
) -> None:
    """Compare ingest with paho alone, COPY alone and the Rust bridge, on one broker and database."""
    from bayboard.bench.ingest.throughput import describe, measure_ingest  # noqa: PLC0415

    typer.echo(describe(measure_ingest(messages, say)))


@app.command()
def backlog(
    messages: Annotated[int, typer.Option(min=10_000, help="How many messages wait.")] = 1_000_000,
) -> None:
    """Let messages wait in the broker, then watch the memory of ingest while it drains them."""
    from bayboard.bench.ingest.throughput import measure_backlog  # noqa: PLC0415

    typer.echo(measure_backlog(messages, say))


@app.command()
def malformed(
    messages: Annotated[
        int, typer.Option(min=1000, help="How many malformed messages are sent.")
    ] = 1_000_000,
    seed: Annotated[int, typer.Option(help="Another seed spoils other messages.")] = 1,
) -> None:
    """Send messages that are wrong in every way; each must be stored or refused with a reason."""
    from bayboard.bench.ingest.malformed import measure_malformed  # noqa: PLC0415

    typer.echo(measure_malformed(messages, seed, read_clock(), say))


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
    from bayboard.bench.ingest.durability import measure_durability  # noqa: PLC0415

    ledger = measure_durability(kills=kills, messages=messages, keep_seconds=keep, seed=seed, say=say)
    typer.echo(ledger)
    if not ledger.balanced:
        raise BenchError("what is stored is not what was sent")


@app.command()
def deliveries(
    kills: Annotated[int, typer.Option(min=0, help="How often an engine is killed.")] = 50,
    vehicles: Annotated[int, typer.Option(min=10, help="How many vehicles there are.")] = 8000,
    seed: Annotated[int, typer.Option(help="The same seed draws the same answers.")] = 1,
) -> None:
    """Kill two engines that raise and send to a failing receiver, and count what arrived, and how often."""
    from bayboard.bench.deliveries.kills import measure_deliveries  # noqa: PLC0415

    counted = measure_deliveries(
        vehicles=vehicles,
        kills=kills,
        workshop_text=Settings.from_environment().workshop_file.read_text(encoding="utf-8"),
        now=read_clock(),
        seed=seed,
        say=say,
    )
    typer.echo(counted)
    if not counted.balanced:
        raise BenchError("what arrived is not what was raised")


app.add_typer(history)
