"""Everything on one machine with nothing installed but the package.

Owns the demo's data directory, its ports and the order in which parts start. Prints the
addresses, a line each, usable as they stand. Each part is the very command that runs in
production; only database and broker are the embedded ones.
"""

import json
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

from psycopg import AsyncConnection

from bayboard.commands.access import make_link
from bayboard.commands.screen import make_screen_link
from bayboard.console import ask_database
from bayboard.demo.embedded import (
    EmbeddedError,
    PostgresServer,
    broker_command,
    find_free_port,
    refuse_taken_port,
)
from bayboard.demo.supervisor import Part, Supervisor, answers, start_logged
from bayboard.device.mosquitto import hash_password, make_password
from config.wording.events import AUDIENCES
from config.workshop import Workshop, load_workshop
from dashboard.access.identity import Role, ScreenKind
from dashboard.access.passwords import draw_token
from models.database.engine import connect_database
from models.migrations.run import migrate
from models.queries.access.links import read_access_links, revoke_access_link
from models.queries.access.screens import add_screen, read_screens, revoke_screen
from models.queries.device.registry import AdmittedDevice, admit_device
from simulators.devices.site_devices import SiteDevices
from simulators.pace import Pace
from simulators.scaled import scale_workshop

_MARK = ".bayboard"
# A demo may be left running for days; the next one on the same data ends these links.
_SIGN_IN_LASTS = timedelta(days=30)
_SCREEN_NAME = "bayboard demo"


class Demo:
    """One run of the demo."""

    def __init__(
        self,
        *,
        port: int,
        mqtt_port: int,
        speed: float,
        seed: int,
        data: Path | None,
        workshop_file: Path,
        now: datetime,
    ) -> None:
        self._port = port
        self._mqtt_port = mqtt_port
        self._speed = speed
        self._seed = seed
        self._data = data
        self._workshop_file = workshop_file
        self._now = now

    def run(self, stop: threading.Event, duration_seconds: float | None) -> None:
        """Run until told to stop or the time is over; leaves no process behind.

        Raises EmbeddedError when a port is taken or the directory is not ours.
        """
        ends_at = time.monotonic() + (float("inf") if duration_seconds is None else duration_seconds)
        refuse_taken_port(self._port, "dashboard")
        refuse_taken_port(self._mqtt_port, "broker")
        directory = _take_directory(self._data)
        supervisor = Supervisor(_say)
        try:
            self._start(supervisor, directory, stop)
            supervisor.watch(stop, seconds=ends_at - time.monotonic())
        finally:
            supervisor.stop()
            if self._data is None:
                shutil.rmtree(directory, ignore_errors=True)

    def _start(self, supervisor: Supervisor, directory: Path, stop: threading.Event) -> None:
        logs = directory / "logs"
        logs.mkdir(exist_ok=True)
        workshop_file = directory / "workshop.toml"
        # Its customers are invented, and have all said yes to reminders.
        facts = self._workshop_file.read_text(encoding="utf-8").replace(
            'consent = "opt_in"', 'consent = "opt_out"'
        )
        workshop_file.write_text(scale_workshop(facts, self._speed), encoding="utf-8")
        messages = directory / "messages.jsonl"
        workshop = _give_channel(workshop_file, messages)
        database = PostgresServer(directory / "postgresql", find_free_port())
        environment = {
            "BAYBOARD_DATABASE_URL": database.url,
            "BAYBOARD_MQTT_URL": f"mqtt://127.0.0.1:{self._mqtt_port}",
            "BAYBOARD_WORKSHOP_FILE": str(workshop_file),
            "BAYBOARD_SECRET_KEY": secrets.token_urlsafe(32),
            "BAYBOARD_LAN_HTTP": "on",
            "BAYBOARD_ERASURES_FILE": str(directory / "erasures"),
        }

        def part(name: str, command: list[str], **more: str) -> Part:
            return Part(name, lambda: start_logged(command, logs / f"{name}.log", environment | more))

        def bayboard(*arguments: str) -> list[str]:
            return [sys.executable, "-P", "-m", "bayboard", *arguments]

        supervisor.start(part("broker", broker_command(self._mqtt_port)))
        supervisor.start(Part("database", lambda: _start_database(database), signal.SIGINT))
        migrate(database.url, workshop.store)
        _register_devices(database.url, workshop, self._now)
        health_port = str(find_free_port())
        supervisor.start(part("ingest", bayboard("ingest", "--http-port", health_port)))
        address = f"http://127.0.0.1:{self._port}"
        # For the links in messages; the dashboard itself may be reached by other names, too.
        supervisor.start(part("reminders", bayboard("remind"), BAYBOARD_PUBLIC_URL=address))
        supervisor.start(part("dashboard", bayboard("serve", "--port", str(self._port))))
        run = {"--speed": str(self._speed), "--seed": str(self._seed)}
        run["--started-at"] = _recall_start(directory, run, self._now)
        # A broker keeps nothing for whom it does not know yet.
        supervisor.watch(stop, until=lambda: answers(f"http://127.0.0.1:{health_port}/readyz"))
        supervisor.start(part("workshop", bayboard("simulate", *chain.from_iterable(run.items()))))
        supervisor.watch(stop, until=lambda: answers(f"{address}/readyz"))
        for site in workshop.sites:
            for kind in ScreenKind:
                link = make_screen_link(_renew_screen(database.url, kind, site.key, self._now), address)
                _say(f"{kind}: {link}")
                _say(f"{kind} (中文): {link}?lang=zh")
        _say(f"broker: {environment['BAYBOARD_MQTT_URL']}")
        _say(f"database: {database.url}")
        _say(f"logs: {logs}")
        _say(f"messages to people: {messages}")
        for role in Role:
            _say(f"{role}: {_make_link(database.url, role, address, self._now)}")
        _say(f"The simulated workshop runs {self._speed:g} times faster than life. Ctrl-C stops everything.")


def _take_directory(data: Path | None) -> Path:
    """Return a directory that is ours: a new one, or one that an earlier demo made."""
    if data is None:
        return Path(tempfile.mkdtemp(prefix="bayboard-demo-"))
    if data.exists() and not data.is_dir():
        raise EmbeddedError(f"{data} is a file; --data wants a directory")
    if data.exists() and any(data.iterdir()) and not (data / _MARK).exists():
        raise EmbeddedError(f"{data} holds something that is not Bayboard's; choose an empty directory")
    try:
        data.mkdir(parents=True, exist_ok=True)
        (data / _MARK).touch()
    except OSError as error:
        raise EmbeddedError(f"{data} cannot be used: {error.strerror}") from error
    return data


def _give_channel(workshop_file: Path, messages: Path) -> Workshop:
    """Have a workshop without channels write its messages into a file, so that they can be seen."""
    workshop = load_workshop(workshop_file)
    if workshop.channels:
        return workshop
    audiences = ", ".join(f'"{audience}"' for audience in AUDIENCES)
    with workshop_file.open("a", encoding="utf-8") as file:
        file.write(
            f'\n[[channel]]\nname = "demo"\nurl = "lines://{quote(str(messages.resolve()))}"\n'
            f'audience = [{audiences}]\nlang = "en"\n'
        )
    messages.touch()
    return load_workshop(workshop_file)


def _register_devices(database_url: str, workshop: Workshop, now: datetime) -> None:
    """Register the simulated devices, which the demo's broker lets in without a password."""
    unused = hash_password(make_password())
    engine = connect_database(database_url)
    with engine.begin() as connection:
        for site in workshop.sites:
            for device in SiteDevices(site, "", Pace(now, 0, 1)).all:
                admitted = AdmittedDevice(site.key, device.source, device.name, unused)
                admit_device(connection, admitted, vin=None, now=now, again=True)
    engine.dispose()


def _recall_start(directory: Path, run: dict[str, str], now: datetime) -> str:
    """Return when the directory's simulation began, so that kept data go on and no new run mixes in."""
    record = directory / "simulation.json"
    known = json.loads(record.read_text()) if record.exists() else {}
    if {name: known.get(name) for name in run} != run:
        known = {**run, "--started-at": now.isoformat()}
        record.write_text(json.dumps(known))
    started_at: str = known["--started-at"]
    return started_at


def _renew_screen(database_url: str, kind: ScreenKind, site: str, now: datetime) -> str:
    """Return the token of a new screen of the demo, which an earlier demo's makes way for."""
    token = draw_token()

    async def renew(connection: AsyncConnection[Any]) -> None:
        for screen in await read_screens(connection, [site]):
            if screen.name == _SCREEN_NAME and screen.kind == kind and screen.revoked_at is None:
                await revoke_screen(connection, screen.id, None, now)
        # Its address may be opened again, in any browser, as long as the demo runs.
        await add_screen(connection, token, kind, site, _SCREEN_NAME, now, reusable=True)

    ask_database(database_url, renew)
    return token


def _make_link(database_url: str, role: Role, address: str, now: datetime) -> str:
    """Return a link that signs in as often as it is opened, as long as the demo runs."""

    async def make(connection: AsyncConnection[Any]) -> str:
        for link in await read_access_links(connection):
            if link.reusable and link.role == role and link.revoked_at is None:
                await revoke_access_link(connection, link.id, now)
        return await make_link(connection, address, role, None, now, _SIGN_IN_LASTS, reusable=True)

    return ask_database(database_url, make)


def _start_database(database: PostgresServer) -> "subprocess.Popen[bytes]":
    database.start()
    return database.process


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
