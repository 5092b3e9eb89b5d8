"""The console command `bayboard`: one function a subcommand, each a thin entry point.

Owns wiring and exit statuses: 0 success, 1 a failure explained in one sentence on stderr,
2 wrong usage. This is the only place that reads settings and clocks.
"""

import re
import sys
from contextlib import nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from bayboard.bench.commands import app as bench
from bayboard.bench.rig.real import BenchError
from bayboard.commands.access import app as access
from bayboard.commands.account import app as account
from bayboard.commands.backfill import backfill
from bayboard.commands.customer import app as customer
from bayboard.commands.customer import find_erasures, say_applied
from bayboard.commands.device import app as device
from bayboard.commands.notices import app as rules
from bayboard.commands.outbox import app as outbox
from bayboard.commands.progress import app as progress
from bayboard.commands.quarantine import app as quarantine
from bayboard.commands.remind import odometer, remind, service
from bayboard.commands.screen import app as screen
from bayboard.commands.secrets import secrets
from bayboard.commands.verify import verify
from bayboard.demo.embedded import EmbeddedError, refuse_missing_parts
from bayboard.entry import CommandError, call_on_signals, read_clock, stop_on_signals
from config.kit.log import configure_log
from config.settings import Settings, SettingsError
from config.workshop import Workshop, WorkshopError, load_workshop

app = typer.Typer(
    name="bayboard",
    help="The live operations board of a car workshop.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(access, name="access")
app.add_typer(account, name="account")
app.add_typer(bench, name="bench")
app.add_typer(customer, name="customer")
app.add_typer(device, name="device")
app.add_typer(outbox, name="outbox")
app.add_typer(progress, name="progress")
app.add_typer(odometer, name="odometer")
app.add_typer(quarantine, name="quarantine")
app.add_typer(rules, name="rules")
app.add_typer(service, name="service")
app.add_typer(screen, name="screen")
app.command()(backfill)
app.command()(remind)
app.command()(verify)
app.command()(secrets)

Speed = Annotated[float, typer.Option(min=0.1, max=1000, help="How many times faster than life.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same workshop.")]


def main() -> None:
    """Run the command; turn expected failures into one sentence and exit status 1."""
    try:
        app()
    except (SettingsError, WorkshopError, EmbeddedError, BenchError, CommandError) as error:
        _fail(str(error))
    except Exception as error:
        sentence = _explain(error)
        if sentence is None:
            raise
        _fail(sentence)


def _explain(error: Exception) -> str | None:
    """Return what a failure of the database means, None for one that is our own fault."""
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415  # a third of a second of every command's start

    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.errors.UndefinedTable):
        return "the database has not our tables yet: run `bayboard migrate`"
    if isinstance(cause, psycopg.OperationalError | psycopg.errors.ReadOnlySqlTransaction):
        return f"the database cannot be used: {str(cause).strip().splitlines()[0]}"
    return None


def _fail(message: str) -> None:
    sys.stderr.write(f"bayboard: {message}\n")
    sys.exit(1)


@app.command()
def doctor() -> None:
    """Check settings, files, channels, broker, database, clocks, sites, devices and messages, a line each."""
    from bayboard.commands.doctor import examine  # noqa: PLC0415  # brings SQLAlchemy

    examine()


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the dashboard.")] = 8050,
    mqtt_port: Annotated[int, typer.Option(help="Port of the MQTT broker.")] = 1883,
    speed: Speed = 20.0,
    seed: Seed = 1,
    data: Annotated[
        Path | None, typer.Option(help="Directory that keeps the data; else it is thrown away.")
    ] = None,
    duration: Annotated[float | None, typer.Option(min=0, help="Stop after so many seconds.")] = None,
) -> None:
    """Run everything on this machine: database, broker, ingest, dashboard, a simulated workshop."""
    from bayboard.demo.run import Demo  # noqa: PLC0415  # keeps the other commands quick to start

    refuse_missing_parts()
    stop = stop_on_signals()
    settings = Settings.from_environment()
    configure_log(settings.log_format)
    Demo(
        port=port,
        mqtt_port=mqtt_port,
        speed=speed,
        seed=seed,
        data=data,
        workshop_file=settings.workshop_file,
        now=read_clock(),
    ).run(stop, duration)


@app.command()
def migrate() -> None:
    """Bring the database to the current schema and the workshop file's [store]; say what was switched on."""
    from models.migrations.run import migrate as bring_up  # noqa: PLC0415

    settings = Settings.from_environment(required=("database_url",))
    assert settings.database_url  # noqa: S101  # required above
    store, roles = load_workshop(settings.workshop_file).store, dict(settings.database_roles or ())
    typer.echo(bring_up(settings.database_url, store, roles))
    if settings.erasures_file and settings.erasures_file.exists():
        typer.echo(say_applied(settings))


@app.command()
def ingest(
    share: Annotated[
        str | None, typer.Option(help="Share the load with every other process of this group.")
    ] = None,
    client_id: Annotated[
        str | None,
        typer.Option(help="Name of the session the broker keeps, unique for each process; else found."),
    ] = None,
    http_host: Annotated[str, typer.Option(help="Where to answer health and metrics.")] = "127.0.0.1",
    http_port: Annotated[
        int | None, typer.Option(help="Port of /healthz, /readyz and /metrics; none if not given.")
    ] = None,
) -> None:
    """Store what the broker has, each message once, until stopped."""
    from bayboard.parts.ingest import make_ingest, take_session  # noqa: PLC0415
    from ingest.health import serve_health  # noqa: PLC0415
    from ingest.tend.pruning import Pruning  # noqa: PLC0415
    from ingest.tend.settling import Settling  # noqa: PLC0415

    if share and not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", share):
        raise typer.BadParameter(f"--share: {share!r} is not 1 to 64 of A-Z a-z 0-9 . _ -")
    settings, workshop = _configure(("database_url", "mqtt_url"))
    with nullcontext(client_id) if client_id else take_session(share) as session:
        service, condition, metrics = make_ingest(
            settings, workshop, share=share, session=session, clock=read_clock
        )
        call_on_signals(service.stop)
        server = (
            serve_health(
                http_host, http_port, metrics.registry, lambda: condition.find_troubles(read_clock())
            )
            if http_port
            else None
        )
        assert settings.database_url  # noqa: S101  # required above
        pruning = Pruning(database_url=settings.database_url, rules=workshop.store, clock=read_clock)
        settling = Settling(
            database_url=settings.database_url, workshop=workshop, metrics=metrics, clock=read_clock
        )
        pruning.start()
        settling.start()
        service.run()
        settling.stop()
        pruning.stop()
        if server:
            server.shutdown()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8050,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the port.")] = 1,
) -> None:
    """Serve the dashboard until stopped."""
    from bayboard.parts.estimates import start_estimating  # noqa: PLC0415
    from bayboard.parts.provider import make_provider  # noqa: PLC0415
    from bayboard.parts.whatif import WhatIfDesk  # noqa: PLC0415
    from dashboard.edge.limits import Limits  # noqa: PLC0415
    from dashboard.serve import ServeError  # noqa: PLC0415
    from dashboard.serve import serve as serve_dashboard  # noqa: PLC0415

    settings, workshop = _configure(("database_url",), open_to_strangers=True)
    assert settings.database_url  # noqa: S101  # required above
    start_estimating(settings.database_url, workshop, read_clock)
    try:
        serve_dashboard(
            database_url=settings.database_url,
            workshop=workshop,
            secret_key=settings.secret_key,
            require_second_factor=settings.require_second_factor,
            public_url=settings.public_url,
            lan_http=settings.lan_http,
            provider=make_provider(settings, workshop),
            open_what_if=partial(WhatIfDesk, settings.database_url, workshop),
            erasures=find_erasures(settings),
            trusted_proxies=settings.trusted_proxies,
            limits=Limits(
                connections=settings.connections,
                connections_an_address=settings.connections_an_address,
                requests_a_second=settings.requests_a_second,
            ),
            metrics_token=settings.metrics_token,
            security_contact=settings.security_contact,
            host=host,
            port=port,
            workers=workers,
            log_format=settings.log_format,
        )
    except ServeError as error:
        _fail(str(error))


@app.command()
def simulate(
    speed: Speed = 1.0,
    seed: Seed = 1,
    scenario: Annotated[
        str, typer.Option(help="normal, calm, busy, short-of-parts or hidden-slow.")
    ] = "normal",
    faults: Annotated[
        str, typer.Option(help="none, some, many, or name=rate,name=rate (docs/simulator.md has the names).")
    ] = "none",
    truth: Annotated[Path | None, typer.Option(help="Write what really happened to this file.")] = None,
    hours: Annotated[float | None, typer.Option(min=0, help="Stop after so many simulated hours.")] = None,
    started_at: Annotated[
        str | None,
        typer.Option(help="Go on with the run of the same options that began then (RFC 3339)."),
    ] = None,
) -> None:
    """Publish a simulated workshop to the broker until stopped."""
    from simulators.check import SimulationError  # noqa: PLC0415
    from simulators.devices.spoil import FaultError, read_rates  # noqa: PLC0415
    from simulators.publish import run_simulation  # noqa: PLC0415

    stop = stop_on_signals()
    settings, workshop = _configure(("mqtt_url",))
    assert settings.mqtt_url  # noqa: S101  # required above
    try:
        run_simulation(
            mqtt_url=settings.mqtt_url,
            ca_file=settings.mqtt_ca_file,
            workshop=workshop,
            seed=seed,
            speed=speed,
            started_at=_read_time("--started-at", started_at) if started_at else read_clock(),
            clock=read_clock,
            stop=stop,
            truth=truth,
            hours=hours,
            scenario=scenario,
            faults=read_rates(faults),
        )
    except (SimulationError, FaultError) as error:
        _fail(str(error))


@app.command()
def docs(
    check: Annotated[bool, typer.Option("--check", help="Only say whether they are current.")] = False,
    directory: Annotated[Path, typer.Option(help="The documents' directory.")] = Path("docs"),
) -> None:
    """Write the documents that are generated from the code: contract, settings, commands."""
    from bayboard.documents import find_stale, write_documents  # noqa: PLC0415

    if not check:
        write_documents(directory)
    elif stale := find_stale(directory):
        _fail(f"not current, run `bayboard docs`: {', '.join(stale)}")


def _configure(required: tuple[str, ...], *, open_to_strangers: bool = False) -> tuple[Settings, Workshop]:
    settings = Settings.from_environment(required=required)
    configure_log(settings.log_format, open_to_strangers=open_to_strangers)
    return settings, load_workshop(settings.workshop_file)


def _read_time(option: str, text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option}: {error}") from error
    if time.tzinfo is None:
        raise typer.BadParameter(f"{option}: {text} has no offset; write it like 2026-11-21T08:00:00+08:00")
    return time
