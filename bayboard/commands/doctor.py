"""`bayboard doctor`: everything a workshop's system needs, checked, a line each.

Owns the order of the checks and the exit status: 1 when something is wrong. What cannot be
reached is a finding too, and only what depends on it is left out.
"""

import asyncio
import os
from collections.abc import Iterator

import psycopg
import sqlalchemy
import sqlalchemy.exc
import typer

from bayboard.doctor.broker import check_broker
from bayboard.doctor.database import Finding, Verdict, check_clock, check_database, check_schema
from bayboard.doctor.outbox import check_channels, check_outbox
from bayboard.doctor.proxy import check_proxies
from bayboard.entry import CommandError, read_clock
from config.settings import Settings, SettingsError
from config.workshop import Workshop, WorkshopError, load_workshop
from models.database.engine import connect_database
from models.domain.device.health import DeviceRow
from models.queries.device.health import read_devices
from models.timescale.edition import detect_database

_CONNECT_SECONDS = "5"


def examine() -> None:
    """Print every finding; raises CommandError when one of them is wrong."""
    wrong = 0
    for finding in _examine():
        typer.echo(finding)
        wrong += finding.verdict is Verdict.WRONG
    if wrong:
        raise CommandError(f"{wrong} of these are wrong" if wrong > 1 else "one of these is wrong")


def _examine() -> Iterator[Finding]:
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        yield Finding("settings", Verdict.WRONG, str(error), "docs/reference.md names them all")
        return
    yield Finding("settings", Verdict.OK, "readable")
    yield check_proxies(settings.public_url, settings.trusted_proxies)
    workshop = None
    try:
        workshop = load_workshop(settings.workshop_file)
        yield Finding("workshop file", Verdict.OK, f"{settings.workshop_file} is valid")
        yield from check_channels(settings, workshop, os.environ)
    except WorkshopError as error:
        yield from (Finding("workshop file", Verdict.WRONG, line) for line in str(error).splitlines())
    if settings.mqtt_url:
        yield check_broker(settings.mqtt_url, settings.mqtt_ca_file)
    else:
        yield Finding("broker", Verdict.WRONG, "BAYBOARD_MQTT_URL is not set", "set it")
    if settings.database_url:
        yield from _examine_database(settings.database_url, workshop)
    else:
        yield Finding("database", Verdict.WRONG, "BAYBOARD_DATABASE_URL is not set", "set it")


def _examine_database(database_url: str, workshop: Workshop | None) -> Iterator[Finding]:
    engine = connect_database(_without_patience(database_url))
    try:
        with engine.connect() as connection:
            yield Finding("database", Verdict.OK, str(detect_database(connection)))
            yield check_clock(connection, read_clock())
            schema = check_schema(connection)
            yield schema
            if workshop and schema.verdict is Verdict.OK:
                devices = asyncio.run(_read_devices(database_url))
                yield from check_database(connection, workshop, devices, read_clock())
                yield check_outbox(connection, read_clock())
    except (sqlalchemy.exc.OperationalError, psycopg.OperationalError) as error:
        cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
        advice = "start it, or set BAYBOARD_DATABASE_URL right"
        yield Finding("database", Verdict.WRONG, str(cause).strip().splitlines()[0], advice)
    finally:
        engine.dispose()


def _without_patience(database_url: str) -> str:
    """Return the address of a database that is not waited for when its machine does not answer."""
    url = sqlalchemy.make_url(database_url).update_query_dict({"connect_timeout": _CONNECT_SECONDS})
    return url.render_as_string(hide_password=False)


async def _read_devices(database_url: str) -> list[DeviceRow]:
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        return await read_devices(connection, None)
