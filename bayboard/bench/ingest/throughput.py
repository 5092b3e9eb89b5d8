"""How fast messages come out of the broker and into the database, beside what else could do it.

Every contender drains the same messages from the same broker into the same database, one
after the other: the messages wait in a persistent session, the contender starts, and the rows
are counted from outside while it works, so that starting up does not count.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from bayboard.bench.ingest.load import READINGS_A_BATCH, fleet_readings, publish_all, single_readings
from bayboard.bench.ingest.stream import Publication
from bayboard.bench.rig.real import BenchError, Mosquitto
from bayboard.demo.embedded import PostgresServer, die_with_parent, find_free_port
from models.migrations.run import migrate

_DEVICES = 50
_SAMPLE_SECONDS = 0.05
_STALLED_SECONDS = 30.0
_PUBLISHERS = 2


@dataclass(frozen=True, slots=True)
class Result:
    """What a contender reached: rows a second, over how many rows."""

    name: str
    per_second: float
    rows: int


def measure_ingest(messages: int, say: Callable[[str], None]) -> list[Result]:
    """Run every contender over `messages` messages; `say` hears what is going on."""
    results: list[Result] = []
    singles = list(single_readings(messages))
    fleets = list(fleet_readings(messages // 10))
    with _real_parts() as bench:
        for contender, publications in (
            (bench.drain_with_paho, singles),
            (bench.copy_rows, singles),
            (bench.bridge, singles),
            (bench.ingest_alone, singles),
            (bench.ingest_shared, singles),
            (bench.ingest_batched, fleets),
        ):
            say(f"{contender.__name__.replace('_', ' ')} …")
            results.append(contender(publications))
    return results


def measure_backlog(messages: int, say: Callable[[str], None]) -> str:
    """Drain a backlog with one process and return its memory on the way, as a table."""
    with _real_parts() as bench:
        say(f"publishing {messages:,} messages that nobody receives yet …")
        return bench.watch_memory(list(single_readings(messages)))


@contextmanager
def _real_parts() -> Iterator["_Bench"]:
    with tempfile.TemporaryDirectory(prefix="bayboard-bench-") as directory:
        Path(directory).chmod(0o755)
        with (
            Mosquitto(Path(directory) / "mosquitto") as broker,
            PostgresServer(Path(directory) / "postgresql", find_free_port()) as database,
        ):
            migrate(database.url)
            yield _Bench(broker, database.url)


def describe(results: Sequence[Result]) -> str:
    """Lay the results out as a table with the ratios that matter."""
    rate = {result.name: result.per_second for result in results}
    lines = [f"{result.name:<34}{result.per_second:>12,.0f} rows/s" for result in results]
    ours, two = rate["ours, 1 process"], rate["ours, 2 processes"]
    lines += [
        "",
        f"{'ours / mq-bridge':<34}{ours / rate['mq-bridge, insert on conflict']:>12.2f}",
        f"{'ours / paho drain':<34}{ours / rate['paho drain, nothing stored']:>12.2f}",
        f"{'2 processes / 1':<34}{two / ours:>12.2f}   (on {os.cpu_count()} cores with broker and database)",
        f"{'batched readings / COPY':<34}{rate['ours, batched readings'] / rate['COPY alone']:>12.2f}",
    ]
    return "\n".join(lines)


class _Bench:
    """The contenders, on one broker and database."""

    def __init__(self, broker: Mosquitto, database_url: str) -> None:
        self._broker = broker
        self._database_url = database_url

    def drain_with_paho(self, publications: Sequence[Publication]) -> Result:
        """Receive and acknowledge everything, and store nothing."""
        self._load("paho", publications)
        seen = 0

        def count(client: Client, _data: object, message: MQTTMessage) -> None:
            nonlocal seen
            seen += 1
            client.ack(message.mid, message.qos)

        client = self._client("paho", manual_ack=True)
        client.on_message = count
        client.connect("127.0.0.1", self._broker.port)
        client.loop_start()
        rate = _time_until(len(publications), lambda: seen)
        client.disconnect()
        client.loop_stop()
        return Result("paho drain, nothing stored", rate, len(publications))

    def copy_rows(self, publications: Sequence[Publication]) -> Result:
        """COPY the same rows straight into the table, in batches of 5,000."""
        now = datetime.now(UTC)
        rows = [
            ("s1", f"gw-{n % _DEVICES}", str(n), now, now, now, f"VIN{n % 1000}", 1.0, 1.0, "km")
            for n in range(len(publications))
        ]
        started = time.perf_counter()
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            for start in range(0, len(rows), 5000):
                with connection.cursor().copy(
                    "copy odometer_reading (site, device, event_id, at, received_at, corrected_at, vin, km,"
                    " value, unit) from stdin (format binary)"
                ) as copy:
                    copy.set_types(["text"] * 3 + ["timestamptz"] * 3 + ["text", "float8", "float8", "text"])
                    for row in rows[start : start + 5000]:
                        copy.write_row(row)
        rate = len(rows) / (time.perf_counter() - started)
        self._empty()
        return Result("COPY alone", rate, len(rows))

    def bridge(self, publications: Sequence[Publication]) -> Result:
        """Let the Rust bridge insert, on conflict do nothing."""
        self._load("bridge", publications)
        command = [
            sys.executable,
            "-P",
            "-m",
            "bayboard.bench.ingest.bridge",
            self._broker.url,
            self._database_url,
        ]
        with _running([command], {}):
            rate = _time_until(len(publications), self._count)
        self._empty()
        return Result("mq-bridge, insert on conflict", rate, len(publications))

    def ingest_alone(self, publications: Sequence[Publication]) -> Result:
        """Ours, one process."""
        return self._ingest("ours, 1 process", publications, len(publications), [["--client-id", "ours-1"]])

    def ingest_shared(self, publications: Sequence[Publication]) -> Result:
        """Ours, two processes on a shared subscription."""
        return self._ingest(
            "ours, 2 processes",
            publications,
            len(publications),
            [["--share", "bench", "--client-id", f"ours-2-{n}"] for n in range(2)],
        )

    def ingest_batched(self, publications: Sequence[Publication]) -> Result:
        """Ours, one process, many readings a message."""
        readings = len(publications) * READINGS_A_BATCH
        return self._ingest("ours, batched readings", publications, readings, [["--client-id", "ours-3"]])

    def _ingest(
        self, name: str, publications: Sequence[Publication], rows: int, options: Sequence[list[str]]
    ) -> Result:
        for option in options:
            topic = "$share/bench/workshop/v1/#" if "--share" in option else "workshop/v1/#"
            self._subscribe(option[-1], topic)
        self._publish(publications)
        commands = [[sys.executable, "-P", "-m", "bayboard", "ingest", *option] for option in options]
        with _running(commands, self._environment):
            rate = _time_until(rows, self._count)
        for option in options:
            self._forget(option[-1])
        self._empty()
        return Result(name, rate, rows)

    def watch_memory(self, publications: Sequence[Publication]) -> str:
        """Sample the memory of one ingest process while it drains what has been waiting."""
        self._load("ours-4", publications)
        command = [sys.executable, "-P", "-m", "bayboard", "ingest", "--client-id", "ours-4"]
        lines = ["waiting in the broker   memory of ingest"]
        next_line, peak_mb = len(publications), 0.0
        with _running([command], self._environment) as processes:
            process = psutil.Process(processes[0].pid)
            while next_line >= 0:
                waiting = len(publications) - self._count()
                peak_mb = max(peak_mb, process.memory_info().rss / 2**20)
                if waiting <= next_line:
                    lines.append(f"{waiting:>21,}   {process.memory_info().rss / 2**20:>13.0f} MB")
                    next_line = max(waiting - len(publications) // 10, 0) if waiting else -1
                time.sleep(_SAMPLE_SECONDS)
        return "\n".join([*lines, f"peak: {peak_mb:.0f} MB"])

    @property
    def _environment(self) -> dict[str, str]:
        return {"BAYBOARD_DATABASE_URL": self._database_url, "BAYBOARD_MQTT_URL": self._broker.url}

    def _load(self, client_id: str, publications: Sequence[Publication]) -> None:
        self._subscribe(client_id, "workshop/v1/#")
        self._publish(publications)

    def _client(self, client_id: str, *, manual_ack: bool = False, clean: bool = False) -> Client:
        return Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean, manual_ack=manual_ack
        )

    def _subscribe(self, client_id: str, topic: str) -> None:
        """Make a session that keeps what is published from now on."""
        client = self._client(client_id)
        subscribed = threading.Event()
        client.on_subscribe = lambda *_: subscribed.set()
        self._use(client, subscribed, topic)

    def _forget(self, client_id: str) -> None:
        """Drop a session, so that it does not collect the next contender's messages."""
        client = self._client(client_id, clean=True)
        connected = threading.Event()
        client.on_connect = lambda *_: connected.set()
        self._use(client, connected)

    def _use(self, client: Client, done: threading.Event, topic: str | None = None) -> None:
        client.connect("127.0.0.1", self._broker.port)
        client.loop_start()
        if topic:
            client.subscribe(topic, 1)
        if not done.wait(_STALLED_SECONDS):
            raise BenchError("the broker did not answer")
        client.disconnect()
        client.loop_stop()

    def _publish(self, publications: Sequence[Publication]) -> None:
        parts = [(self._broker.port, publications[n::_PUBLISHERS]) for n in range(_PUBLISHERS)]
        # A worker that ended its threads politely would be waited for when the benchmark is ended.
        plainly = (signal.SIGTERM, signal.SIG_DFL)
        with multiprocessing.get_context("fork").Pool(_PUBLISHERS, signal.signal, plainly) as pool:
            pool.starmap(publish_all, parts)

    def _count(self) -> int:
        with psycopg.connect(self._database_url) as connection:
            row = connection.execute("select count(*) from odometer_reading").fetchone()
            return int(row[0]) if row else 0

    def _empty(self) -> None:
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            connection.execute("truncate odometer_reading")
            connection.execute("checkpoint")


def _time_until(rows: int, count: Callable[[], int]) -> float:
    """Sample a growing count until it reaches `rows`; return the rate from its first growth on."""
    first_at = first = None
    changed_at, last = time.perf_counter(), 0
    while True:
        now, number = time.perf_counter(), count()
        if number != last:
            changed_at, last = now, number
            if first is None:
                first_at, first = now, number
        if number >= rows:
            break
        if now - changed_at > _STALLED_SECONDS:
            raise BenchError(f"stalled at {number} of {rows} rows")
        time.sleep(_SAMPLE_SECONDS)
    if first_at is None or first is None or now == first_at:
        raise BenchError("too few messages to measure; ask for more")
    return (number - first) / (now - first_at)


@contextmanager
def _running(
    commands: Sequence[list[str]], environment: Mapping[str, str]
) -> Iterator[list["subprocess.Popen[bytes]"]]:
    processes = [
        subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent(),  # noqa: PLW1509  # a plain prctl call
        )
        for command in commands
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
