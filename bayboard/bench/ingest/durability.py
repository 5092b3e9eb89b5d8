"""The ledger: parts are killed while a numbered stream is published, and everything is counted.

Owns the kills (SIGKILL, at random moments, of ingest, broker and database), the device that
publishes, and the comparison of the database with what the stream must come to.
"""

import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bayboard.bench.ingest.keeping_device import KeepingDevice
from bayboard.bench.ingest.stream import Expected, NumberedStream
from bayboard.bench.rig.parts import wait_until, wait_until_ready
from bayboard.bench.rig.real import Mosquitto
from bayboard.demo.embedded import EmbeddedError, PostgresServer, find_free_port
from bayboard.demo.supervisor import start_logged
from models.migrations.run import migrate

PARTS = ("ingest", "broker", "database")
_STALLED_SECONDS = 60.0
_SECONDS_A_KILL = 2.5


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was sent and what became of it."""

    kills: dict[str, int]
    sent: int
    publications: int
    resent: int
    stored: int
    quarantined: int
    lost: int
    doubled: int
    wrong_intervals: int
    orders: int
    seconds: float

    @property
    def balanced(self) -> bool:
        """Say whether everything sent is there once, and every interval right."""
        return not (self.lost or self.doubled or self.wrong_intervals)

    def __str__(self) -> str:
        kills = ", ".join(f"{part} {count}" for part, count in self.kills.items())
        return (
            f"kills: {kills}; {self.seconds:.0f} s\n"
            f"published {self.publications:,} times, {self.resent:,} of them again after a lost connection\n"
            f"sent {self.sent:,} = stored {self.stored:,} + quarantined {self.quarantined:,};"
            f" lost {self.lost}, doubled {self.doubled}\n"
            f"work orders with other intervals than the stream's: {self.wrong_intervals} of {self.orders:,}"
        )


class _Site:
    """The parts that are killed, and how each is started again."""

    def __init__(self, directory: Path) -> None:
        self.broker = Mosquitto(directory / "mosquitto")
        self._saved = directory / "mosquitto" / "mosquitto.db"
        self._health_port = find_free_port()
        self.database = PostgresServer(directory / "postgresql", find_free_port())
        self._log = directory / "ingest.log"
        self._ingest: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.broker.start()
        self.database.start()
        migrate(self.database.url)
        self._start_ingest()
        wait_until_ready("ingest", self._health_port, self._log)
        self._wait_until_saved()

    def kill(self, part: str) -> None:
        if part == "ingest" and self._ingest:
            self._ingest.kill()
            self._ingest.wait()
        elif part == "broker":
            self.broker.end(signal.SIGKILL)
        elif part == "database":
            self.database.kill()

    def restart(self, part: str) -> None:
        if part == "ingest":
            self._start_ingest()
        elif part == "broker":
            self.broker.start()
        else:
            self._restart_database()

    def end(self) -> None:
        for part in PARTS:
            self.kill(part)

    def _restart_database(self) -> None:
        """Start again; what the killed server's children still hold is let go within moments."""
        for _ in range(100):
            try:
                self.database.start()
            except EmbeddedError:
                time.sleep(0.1)
            else:
                return
        self.database.start()

    def _wait_until_saved(self) -> None:
        """Wait until Mosquitto has written its state: a kill before that forgets ingest's session."""
        before = self._find_saved()
        wait_until(lambda: self._find_saved() != before, "Mosquitto did not write its state")

    def _find_saved(self) -> int:
        return self._saved.stat().st_mtime_ns if self._saved.exists() else 0

    def _start_ingest(self) -> None:
        command = [sys.executable, "-P", "-m", "bayboard", "ingest", "--http-port", str(self._health_port)]
        environment = {"BAYBOARD_DATABASE_URL": self.database.url, "BAYBOARD_MQTT_URL": self.broker.url}
        self._ingest = start_logged(command, self._log, environment)


def measure_durability(
    *, kills: int, messages: int, keep_seconds: float, seed: int, say: Callable[[str], None]
) -> Ledger:
    """Publish `messages` while each part in turn is killed, `kills` kills in all, and count."""
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bayboard-ledger-") as directory:
        Path(directory).chmod(0o755)
        site = _Site(Path(directory))
        try:
            site.start()
            device = KeepingDevice(site.broker.port, keep_seconds)
            stream = NumberedStream(random.Random(seed + 1))  # noqa: S311
            publisher = threading.Thread(
                target=_publish, args=(device, stream, messages, kills * _SECONDS_A_KILL), daemon=True
            )
            publisher.start()
            killed = _kill_parts(site, kills, chance, say)
            publisher.join()
            stalled_at = time.monotonic() + _STALLED_SECONDS * 5
            device.flush(lambda: time.monotonic() > stalled_at)
            device.leave()
            say("everything is published; waiting until it is stored")
            _wait_until_still(site.database.url, stream.expected.messages)
            return _count(site.database.url, stream.expected, killed, device, time.monotonic() - started)
        finally:
            site.end()


def _publish(device: KeepingDevice, stream: NumberedStream, messages: int, over_seconds: float) -> None:
    """Publish evenly over the time the kills take, or as fast as it goes."""
    started = time.monotonic()
    for number in range(messages):
        for publication in stream.next_publications(datetime.now(UTC)):
            device.publish(publication)
        ahead = number * over_seconds / messages - (time.monotonic() - started)
        if ahead > 0.01:  # noqa: PLR2004  # not worth sleeping for less
            time.sleep(ahead)
    for publication in stream.rest():
        device.publish(publication)


def _kill_parts(site: _Site, kills: int, chance: random.Random, say: Callable[[str], None]) -> dict[str, int]:
    turns = [PARTS[n % len(PARTS)] for n in range(kills)]
    chance.shuffle(turns)
    for number, part in enumerate(turns, start=1):
        time.sleep(chance.uniform(0.2, 2.0))
        site.kill(part)
        time.sleep(chance.uniform(0, 0.5))
        site.restart(part)
        if number % 10 == 0 or number == kills:
            say(f"{number} of {kills} kills")
    return {part: turns.count(part) for part in PARTS}


def _wait_until_still(database_url: str, expected: int) -> None:
    """Wait until as much is there as must be, or nothing has been heard for a while, not even duplicates."""
    stored, progress, changed_at = -1, -1, time.monotonic()
    while stored < expected and time.monotonic() - changed_at < _STALLED_SECONDS:
        with psycopg.connect(database_url) as connection:
            row = connection.execute(
                "select (select count(*) from stage_scan) + (select count(*) from odometer_reading)"
                " + (select count(*) from quarantined_message),"
                " (select coalesce(sum(messages), 0)::bigint from device_state)"
            ).fetchone()
        if row and sum(row) != progress:
            stored, progress, changed_at = row[0], sum(row), time.monotonic()
        time.sleep(0.5)


def _count(
    database_url: str, expected: Expected, kills: dict[str, int], device: KeepingDevice, seconds: float
) -> Ledger:
    with psycopg.connect(database_url) as connection:
        scans = connection.execute("select work_order, at, stage from stage_scan").fetchall()
        readings = [name for (name,) in connection.execute("select event_id from odometer_reading")]
        refused = [
            (topic, bytes(payload))
            for topic, payload in connection.execute("select topic, payload from quarantined_message")
        ]
        intervals: dict[str, list[tuple[str, datetime, datetime | None]]] = {}
        for order, *interval in connection.execute(
            "select work_order, stage, entered_at, left_at from stage_interval order by work_order, position"
        ):
            intervals.setdefault(order, []).append((interval[0], interval[1], interval[2]))
    wanted_scans = {(order, at, stage) for order, scans in expected.scans.items() for at, stage in scans}
    found = len(set(scans) & wanted_scans) + len(set(readings) & expected.readings)
    kept = len(set(refused) & expected.refused)
    wanted_intervals = expected.intervals()
    return Ledger(
        kills=kills,
        sent=expected.messages,
        publications=device.publications,
        resent=device.resent,
        stored=len(scans) + len(readings),
        quarantined=len(refused),
        lost=expected.messages - found - kept,
        doubled=len(scans) + len(readings) + len(refused) - found - kept,
        wrong_intervals=sum(intervals.get(order) != wanted for order, wanted in wanted_intervals.items()),
        orders=len(wanted_intervals),
        seconds=seconds,
    )
