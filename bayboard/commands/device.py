"""`bayboard device …`: who may publish, at a terminal.

Owns what is asked and how it is answered. The registry, the broker's files and what is put
into a device have modules of their own. Passwords are made here and shown once.
"""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import msgspec
import psycopg
import typer
from rich.console import Console

from bayboard.entry import CommandError, read_clock, stop_on_signals
from bayboard.operator import name_operator
from config.kit.log import configure_log
from config.settings import Settings, check_mqtt_url
from config.workshop import Workshop, load_workshop
from models.contract.topics import ContractError, Kind, Source, Topic, parse_topic
from models.domain.access.audit import COMMAND, Action
from models.queries.access.audit import add_by_command

if TYPE_CHECKING:
    from sqlalchemy import Connection

app = typer.Typer(help="Devices, their credentials and what they may publish.", no_args_is_help=True)

SiteName = Annotated[str, typer.Argument(metavar="SITE", help="Key of the site, as in the workshop file.")]
DeviceName = Annotated[str, typer.Argument(metavar="DEVICE", help="The device's own name at the site.")]
# Where no terminal says how wide it is, a line of a table stays a line.
_WIDTH_OF_A_FILE = 200


@app.callback()
def device() -> None:
    """Devices, their credentials and what they may publish."""


@app.command()
def add(
    site: SiteName,
    source: Annotated[Source, typer.Argument(help="What kind of device it is.")],
    device: DeviceName,
    vin: Annotated[str | None, typer.Option(help="The vehicle a telematics unit is built into.")] = None,
    known_as: Annotated[
        str | None,
        typer.Option(help="What its messages call it, where that is another name: a phone number, a MAC."),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="The broker as the device reaches it, mqtt://host or mqtts://host:port."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="New credentials for a device that is registered.")
    ] = False,
    qr: Annotated[
        Path | None, typer.Option(help="Write the QR code to this .png or .svg file, not to the terminal.")
    ] = None,
) -> None:
    """Register a device and show, this once, what to put into it."""
    from bayboard.device.mosquitto import hash_password, make_password  # noqa: PLC0415
    from bayboard.device.sheet import Credentials, draw_qr, save_qr, write_sheet  # noqa: PLC0415
    from models.domain.names import canonical_device, canonical_vin  # noqa: PLC0415
    from models.queries.device.registry import AdmittedDevice, RegistryError, admit_device  # noqa: PLC0415

    settings, workshop = _configure(("database_url",))
    _check_names(site, source, device)
    if vin is not None and source is not Source.TELEMATICS:
        raise typer.BadParameter(f"a {source} is not built into a vehicle", param_hint="--vin")
    if vin is not None and not (vin := canonical_vin(vin)):
        raise typer.BadParameter(
            "is no number of a vehicle, but stands for an unknown one", param_hint="--vin"
        )
    if known_as is not None and not (known_as := canonical_device(known_as)):
        raise typer.BadParameter("is empty, or stands for an unknown id", param_hint="--known-as")
    credentials = Credentials(_find_broker(url, settings), site, source, device, make_password())
    admitted = AdmittedDevice(site, source, device, hash_password(credentials.password), known_as)
    now = read_clock()
    try:
        with _begin(settings) as connection:
            admit_device(connection, admitted, vin=vin, now=now, again=again)
            _note(connection, Action.DEVICE_ADDED, admitted.user, site, now, {"source": source, "vin": vin})
            if qr:
                save_qr(credentials, qr)
    except RegistryError as error:
        raise CommandError(str(error)) from error
    facts = workshop.site(site)
    if facts is None:
        typer.echo(f"Note: the workshop file has no site {site}.\n", err=True)
    typer.echo(write_sheet(credentials, now.astimezone(facts.zone if facts else None)))
    typer.echo(f"\nThe same as a QR code: {qr}" if qr else f"\n{draw_qr(credentials)}")


@app.command("list")
def list_devices(
    site: Annotated[list[str] | None, typer.Option(help="Only this site; may be given again.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, times in full.")] = False,
) -> None:
    """Show every device that is registered or was heard, and how it is doing."""
    from bayboard.device.table import draw_devices  # noqa: PLC0415
    from models.domain.device.health import DeviceRow  # noqa: PLC0415
    from models.queries.device.health import read_devices  # noqa: PLC0415

    settings = Settings.from_environment(required=("database_url",))

    async def read() -> list[DeviceRow]:
        async with await psycopg.AsyncConnection.connect(_database_url(settings)) as connection:
            return await read_devices(connection, site)

    devices = asyncio.run(read())
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(devices)))
        return
    console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
    console.print(draw_devices(devices, read_clock()))


@app.command()
def revoke(site: SiteName, device: DeviceName) -> None:
    """Take a device's right to connect; what it has sent stays."""
    from models.queries.device.registry import RegistryError, name_user, revoke_device  # noqa: PLC0415

    settings = Settings.from_environment(required=("database_url",))
    try:
        with _begin(settings) as connection:
            now = read_clock()
            revoke_device(connection, site, device, now)
            _note(connection, Action.DEVICE_REVOKED, name_user(site, device), site, now)
    except RegistryError as error:
        raise CommandError(str(error)) from error
    typer.echo(f"{site}/{device} is revoked; the broker throws it out when it has read its files anew.")


@app.command()
def access(
    directory: Annotated[
        Path, typer.Option(help="Where Mosquitto looks for devices.passwords, devices.acl and services.…")
    ],
    reload: Annotated[
        Path | None, typer.Option(help="Mosquitto's pid_file: have it read the files anew after a change.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Follow the registry until stopped.")] = False,
) -> None:
    """Write the broker's password files and access lists: who may connect, and what for."""
    from bayboard.device.broker_access import AccessFiles, follow_registry  # noqa: PLC0415
    from bayboard.device.mosquitto import GATEWAYS, make_service_account  # noqa: PLC0415
    from models.database.engine import connect_database  # noqa: PLC0415
    from models.queries.device.registry import AdmittedDevice, read_admitted_devices  # noqa: PLC0415

    settings, workshop = _configure(("database_url", "mqtt_services"))
    adapters = workshop.ingest.adapters
    accounts = [make_service_account(*named, adapters) for named in settings.mqtt_services or ()]
    services = [account for account in accounts if account.user not in GATEWAYS]
    gateways = [account for account in accounts if account.user in GATEWAYS]
    files = AccessFiles(directory, services, gateways, adapters, reload)
    engine = connect_database(_database_url(settings))

    def read() -> Sequence[AdmittedDevice]:
        with engine.connect() as connection:
            return read_admitted_devices(connection)

    if watch:
        follow_registry(files, read, stop_on_signals())
    else:
        files.write(read())


def _configure(required: tuple[str, ...]) -> tuple[Settings, Workshop]:
    settings = Settings.from_environment(required=required)
    configure_log(settings.log_format)
    return settings, load_workshop(settings.workshop_file)


def _database_url(settings: Settings) -> str:
    assert settings.database_url  # noqa: S101  # required by every command here
    return settings.database_url


@contextmanager
def _begin(settings: Settings) -> Iterator["Connection"]:
    """Open a transaction that is committed unless it fails."""
    from models.database.engine import connect_database  # noqa: PLC0415

    engine = connect_database(_database_url(settings))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _note(
    connection: "Connection",
    what: Action,
    about: str,
    site: str,
    now: datetime,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Note in the audit trail what was done to a device, in the same transaction."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101  # connect_database names no other driver
    add_by_command(
        driver,
        at=now,
        who=name_operator(),
        from_address=COMMAND,
        what=what,
        about=about,
        after=after,
        sites=[site],
    )


def _check_names(site: str, source: Source, device: str) -> None:
    try:
        parse_topic(str(Topic(site, source, device, Kind.STATUS)))
    except ContractError as error:
        raise typer.BadParameter(str(error).removeprefix("topic: ")) from error


def _find_broker(url: str | None, settings: Settings) -> str:
    """Return the broker's address as a device needs it: without anybody's credentials."""
    if url is None and settings.mqtt_url is None:
        raise typer.BadParameter("say where the device finds the broker", param_hint="--url")
    try:
        parts = urlsplit(check_mqtt_url(url or settings.mqtt_url or ""))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--url") from error
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
