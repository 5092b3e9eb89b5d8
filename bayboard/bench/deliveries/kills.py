"""Exactly once, counted: two engines raise, judge and send while one after the other is killed, fifty times.

Owns the database full of vehicles that are due, the receiver that fails, stalls and asks to be left alone,
the kills (SIGKILL, at random moments, also in the middle of sending), and the comparison of what was raised,
also by rules of the cars that come in meanwhile, with what arrived. A receiver may take a message and fall
silent: it comes again under the same id.
"""

import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import psycopg

from bayboard.bench.deliveries.receiver import Receiver, Reply
from bayboard.bench.deliveries.shop import RULES, Shop, Tally
from bayboard.bench.rig.parts import wait_until_ready
from bayboard.bench.rig.real import BenchError
from bayboard.demo.embedded import PostgresServer, find_free_port
from bayboard.demo.supervisor import start_logged
from models.migrations.run import migrate
from simulators.scaled import scale_workshop

_ROWS = (files("bayboard.bench") / "reminder_rows.sql").read_text()
_SITE = "s1"
_ENGINES = 2
_FAILS, _STALLS, _LIMITS = 0.20, 0.05, 0.05
_SILENT_SECONDS = 3.0
_CHANNEL = """
[[channel]]
name = "receiver"
url = "json://127.0.0.1:{port}"
audience = ["customer", "advisor", "foreman", "manager", "director"]
at_once = 4
timeout_seconds = 1

[delivery]
attempts = 100
retry_seconds = 1
retry_seconds_most = 4
lease_seconds = 5
"""
_STALLED_SECONDS = 120.0
_COUNTS = """
select (select count(*) from service_reminder), (select count(*) from outbox_message),
    (select count(*) - count(distinct vin) from outbox_message where event_key like 'service/%'),
    (select count(*) from outbox_message where state = 'sent'),
    (select count(*) from outbox_message where state = 'dead')
"""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What was raised and what became of it."""

    kills: int
    rules: Tally
    reminders: int
    messages: int
    told_twice: int
    sent: int
    dead: int
    arrived: int
    doubled: int
    attempts: dict[str, int]
    answers: dict[str, int]
    seconds: float

    @property
    def lost(self) -> int:
        """Return how many messages the receiver never took."""
        return self.messages - self.arrived

    @property
    def balanced(self) -> bool:
        """Say whether every message arrived, and none for another time under another name."""
        went_well = not (self.lost or self.told_twice or self.dead) and self.sent == self.messages
        return went_well and self.rules.balanced

    def __str__(self) -> str:
        attempts = ", ".join(f"{outcome} {count:,}" for outcome, count in sorted(self.attempts.items()))
        answers = ", ".join(f"{answer} {count:,}" for answer, count in sorted(self.answers.items()))
        return (
            f"kills of {_ENGINES} engines running at once: {self.kills}; {self.seconds:.0f} s\n"
            f"raised {self.reminders:,} reminders; messages of a vehicle beyond its one: {self.told_twice}\n"
            f"{self.rules}\n"
            f"messages {self.messages:,} = arrived {self.arrived:,}; lost {self.lost}, dead {self.dead}\n"
            f"arrived again under the same id: {self.doubled} ({self.doubled / max(1, self.arrived):.1%})\n"
            f"attempts: {attempts}\n"
            f"the receiver's answers: {answers}"
        )


class _Engine:
    """A `bayboard remind` process that can be killed and started again."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        self._port = find_free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-P", "-m", "bayboard", "remind", "--http-port", str(self._port)]
        self._process = start_logged(command, self._log, self._environment)

    def wait_until_ready(self) -> None:
        wait_until_ready("an engine", self._port, self._log)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()


def measure_deliveries(
    *, vehicles: int, kills: int, workshop_text: str, now: datetime, seed: int, say: Callable[[str], None]
) -> Deliveries:
    """Let two engines raise and send what is due on vehicles while they are killed, and count."""
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    directory = Path(tempfile.mkdtemp(prefix="bayboard-deliveries-"))
    receiver = Receiver(lambda _: _answer(chance))
    try:
        with PostgresServer(directory / "postgresql", find_free_port()) as server:
            say(f"filling a database with {vehicles:,} vehicles")
            _fill(server.url, vehicles, now)
            workshop_file = directory / "workshop.toml"
            told = (
                _open_always(workshop_text).replace('"opt_in"', '"opt_out"')
                + RULES
                + _CHANNEL.format(port=receiver.port)
            )
            workshop_file.write_text(told)
            environment = {
                "BAYBOARD_DATABASE_URL": server.url, "BAYBOARD_WORKSHOP_FILE": str(workshop_file),
                "BAYBOARD_PUBLIC_URL": "https://board.example.com",
            }  # fmt: skip
            started = time.monotonic()
            with (
                psycopg.connect(server.url, autocommit=True) as connection,
                _run_engines(environment, directory) as engines,
            ):
                shop = Shop(connection, _SITE, chance)
                for number in range(kills):
                    engine = engines[number % _ENGINES]
                    engine.wait_until_ready()
                    shop.let_in()
                    time.sleep(chance.uniform(0, 1.5))
                    engine.kill()
                    engine.start()
                    say(f"kill {number + 1} of {kills}; arrived {len(receiver.taken):,}")
                _wait_until_settled(server.url, shop)
                rules = shop.count()
            return _count(server.url, receiver, rules, kills, time.monotonic() - started)
    finally:
        receiver.close()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _run_engines(environment: dict[str, str], directory: Path) -> Iterator[list[_Engine]]:
    engines = [_Engine(environment, directory / f"engine-{number}.log") for number in range(_ENGINES)]
    try:
        for engine in engines:
            engine.start()
        yield engines
    finally:
        for engine in engines:
            engine.kill()


def _answer(chance: random.Random) -> Reply:
    """Answer as a receiver on a bad day: half of what it stalls on, it took."""
    drawn = chance.random()
    if drawn < _FAILS:
        return Reply(503, taken=False)
    if drawn < _FAILS + _STALLS:
        return Reply(silent_seconds=_SILENT_SECONDS, taken=chance.random() < 0.5)  # noqa: PLR2004
    if drawn < _FAILS + _STALLS + _LIMITS:
        return Reply(429, {"Retry-After": "1"}, taken=False)
    return Reply()


def _fill(database_url: str, vehicles: int, now: datetime) -> None:
    migrate(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        values = {"vehicles": vehicles, "site": _SITE, "now": now, "read": 0}
        psycopg.ClientCursor(connection).execute(_ROWS, values)


def _open_always(workshop_text: str) -> str:
    """Return a workshop file without rules and channels, whose customers may be told at any hour."""
    text = scale_workshop(workshop_text, 1)
    text = re.sub(r"^\[\[(rule|channel)\]\]\n(?:[^\[\n].*\n|\n)*", "", text, flags=re.MULTILINE)
    text = re.sub(r"^\[delivery\]\n(?:[^\[\n].*\n|\n)*", "", text, flags=re.MULTILINE)
    text = re.sub(r"^not_before = .*$", "not_before = 00:00:00", text, flags=re.MULTILINE)
    return re.sub(r"^not_after = .*$", "not_after = 23:59:59", text, flags=re.MULTILINE)


def _wait_until_settled(database_url: str, shop: Shop) -> None:
    """Wait until everything was raised and nothing waits; raises BenchError when nothing goes on any more."""
    known, changed_at = (-1, -1), time.monotonic()
    while True:
        with psycopg.connect(database_url) as connection:
            row = connection.execute(
                "select (select count(*) from reminder_pass),"
                " count(*) filter (where state = 'waiting'), count(*) from outbox_message"
            ).fetchone()
        passes, waiting, messages = row or (0, 0, 0)
        if (waiting, messages) != known:
            known, changed_at = (waiting, messages), time.monotonic()
        settled = passes and messages and not waiting and not shop.count().missing
        if settled and time.monotonic() > changed_at + 2 * _SILENT_SECONDS:
            return
        if time.monotonic() > changed_at + _STALLED_SECONDS:
            raise BenchError(f"{waiting:,} messages wait and nothing sends them; {shop.count()}")
        time.sleep(0.5)


def _count(database_url: str, receiver: Receiver, rules: Tally, kills: int, seconds: float) -> Deliveries:
    with psycopg.connect(database_url) as connection:
        reminders, messages, told_twice, sent, dead = connection.execute(_COUNTS).fetchone() or (0,) * 5
        attempts: dict[str, int] = dict(
            connection.execute("select outcome, count(*) from delivery_attempt group by 1").fetchall()
        )
        ours = {send_id for (send_id,) in connection.execute("select distinct send_id from delivery_attempt")}
    taken = Counter(request.message_id for request in receiver.taken)
    return Deliveries(
        kills=kills,
        rules=rules,
        reminders=reminders,
        messages=messages,
        told_twice=told_twice,
        sent=sent,
        dead=dead,
        arrived=len(ours & set(taken)),
        doubled=sum(taken.values()) - len(taken),
        attempts=attempts,
        answers=dict(Counter(_name_answer(request.reply) for request in receiver.requests)),
        seconds=seconds,
    )


def _name_answer(reply: Reply) -> str:
    if reply.silent_seconds:
        return "silence, taken" if reply.taken else "silence, not taken"
    return str(reply.status)
