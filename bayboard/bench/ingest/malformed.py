"""Messages wrong in every way that gateways know, through broker, ingest and database: what becomes of them.

Owns how a right message is spoilt. Every message has a device of its own, so that each is counted once,
as stored or as refused, whatever was done to its id and its time.
"""

import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bayboard.bench.ingest.load import publish_all
from bayboard.bench.ingest.stream import Publication
from bayboard.bench.rig.parts import start_part, wait_until_ready
from bayboard.bench.rig.real import BenchError, Mosquitto
from bayboard.demo.embedded import PostgresServer, find_free_port
from models.domain.quarantine import generalise_reason
from models.migrations.run import migrate

_AT_ONCE = 50_000
_STALLED_SECONDS = 120.0
_MOST_REASONS = 25
_STORED = " union ".join(
    f"select device from {table}"  # noqa: S608  # names of our own
    for table in (
        "stage_scan",
        "labour_scan",
        "diagnostic_report",
        "odometer_reading",
        "work_order_change",
        "device_status",
    )
)

# What a field may hold instead of what it should.
HOSTILE: tuple[Any, ...] = (
    None,
    "",
    " ",
    "\0",
    "null",
    "N/A",
    True,
    False,
    0,
    -1,
    1e308,
    -1e308,
    10**30,
    0.1,
    [],
    {},
    [[]],
    {"a": {}},
    "x" * 65,
    "x" * 2000,
    "RO-1\r",
    "]C1RO-1",
    "\x02RO\x03",
    "ＲＯ－１",
    "\ufffd" * 17,
    "\u202eabc",
    "\ud800",
    "🚗" * 20,
    "2026-02-30T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2026-03-29T02:30:00",
    "2026/12/1 5:30:00",
    "03/04/2026",
    "24:00",
    "1970-01-01T00:00:00Z",
    "2007-04-16T05:00:00Z",
    "2026-11-30T00:00:00+23:59",
    1795253465,
    1795253465000,
    "45,210",
    "45.210,5",
    "NaN",
    "infinity",
    4294967295,
    3.4028234663852886e38,
    "'; drop table x",
    "<script>",
    "{{x}}",
    "=1+1",
    "../..",
    "%s%n",
    "P0000",
    "p0301-00",
    "0x2F",
    "KM",
    "miles",
    "公里",
)
_RAW = (
    b"nan",
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"9" * 400,
    b"tru",
    b"'x'",
    b"\xff",
    b'"\xed\xa0\x80"',
    b"[" * 64 + b"]" * 64,
)


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the messages that were sent."""

    sent: int
    stored: int
    quarantined: int
    crashes: int
    reasons: Counter[str]
    malformed_per_second: float
    right_per_second: float

    def __str__(self) -> str:
        balance = "=" if self.sent == self.stored + self.quarantined else "IS NOT"
        refused = max(1, self.quarantined)
        lines = [
            f"sent {self.sent:,} {balance} stored {self.stored:,} + quarantined {self.quarantined:,}",
            f"crashes {self.crashes}",
            (
                f"{self.malformed_per_second:,.0f} malformed messages a second,"
                f" {self.malformed_per_second / self.right_per_second:.2f} of right ones in the same run"
            ),
            "",
        ]
        lines += [
            f"{count / refused:>6.1%}  {count:>9,}  {reason}"
            for reason, count in self.reasons.most_common(_MOST_REASONS)
        ]
        others = len(self.reasons) - _MOST_REASONS
        return "\n".join([*lines, f"and {others} rarer reasons"] if others > 0 else lines)


def make_right(number: int, now: datetime) -> tuple[str, dict[str, Any]]:
    """Return the source and kind of a topic, and a message that is right; each kind in its turn."""
    at = (now - timedelta(seconds=number % 3600)).isoformat()
    event = {"id": str(number), "at": at}
    reading = {"value": 45210 + number % 1000, "unit": "km"}
    order = {"work_order": f"RO-{number % 500}"}
    vin = {"vin": f"LSVAU2A37N{number % 1000:07d}"}
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        (
            "scanner/stage",
            event | order | {"stage": "repairing", "bay": "B03", "technician": "T1", "reason": "parts"},
        ),
        ("scanner/labour", event | order | {"job": "1", "technician": "T1", "action": "on", "bay": "B03"}),
        (
            "diagnostic/report",
            event
            | vin
            | {
                "odometer": reading,
                "dtcs": [{"code": "P0301", "status": "pending"}],
                "measurements": [{"name": "u", "value": 12.3, "unit": "V"}],
                "tool": {"serial": "X", "calibration_due": "2027-01-01"},
            },
        ),
        ("telematics/odometer", event | vin | {"odometer": reading}),
        (
            "telematics/odometer",
            {"id": str(number), "unit": "km", **vin, "readings": [{"at": at, "value": 1}]},
        ),
        (
            "telematics/odometer",
            {"id": str(number), "unit": "km", "readings": [{"at": at, "value": 1, **vin}]},
        ),
        (
            "dms/work-order",
            event
            | order
            | {
                "change": "opened",
                "vehicle": {**vin, "plate": "沪A88888", "year": 2021, "in_service_on": "2021-03-04"},
                "customer": {"ref": "C1", "phone": "13800000000", "waiting": True},
                "job_type": "repair",
                "promised_at": at,
                "lines": [{"job": "1", "operation": "o", "hours": 1.5}],
                "parts": [{"part": "p", "quantity": 1, "status": "ordered", "eta": at}],
            },
        ),
        ("scanner/status", {"at": at, "state": "online", "firmware": "1"}),
    )
    return kinds[number % len(kinds)]


def spoil(chance: random.Random, number: int, now: datetime) -> Publication:
    """Return a message that is wrong in one or two of many ways, as topic and bytes."""
    which, message = make_right(number, now)
    for _ in range(chance.choice((1, 1, 1, 2))):
        _spoil_field(chance, message)
    message["nr"] = number
    payload = json.dumps(message, ensure_ascii=chance.random() < 0.5).encode(errors="surrogatepass")  # noqa: PLR2004
    source, kind = which.split("/")
    topic = f"workshop/v1/s1/{source}/m-{number}/{kind}"
    match chance.randrange(20):
        case 0:
            payload = payload[: chance.randrange(len(payload))] + str(number).encode()
        case 1:
            place = chance.randrange(len(payload))
            payload = payload[:place] + bytes((chance.randrange(256),)) + payload[place + 1 :]
        case 2:
            payload = payload.replace(b": ", b": " + chance.choice(_RAW) + b", ", 1)
        case 3:
            payload = (
                chance.choice((b"\xef\xbb\xbf", b"\0", b"")) + payload + chance.choice((b"\0", b"\r\n", b"}"))
            )
        case 4:
            payload = chance.choice((b"", b"[]", b"null", b"0", chance.randbytes(40))) + str(number).encode()
        case 5:
            topic = topic.replace(kind, chance.choice(("unheard", "stage", "odometer", "Status")))
        case _:
            pass
    return topic, payload


def _spoil_field(chance: random.Random, message: dict[str, Any]) -> None:
    """Put something else into one field, at any depth, or take it away."""
    inside: Any = message
    while True:
        places = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        place = chance.choice(places)
        within = inside[place]
        if not (isinstance(within, dict | list) and within and chance.random() < 0.7):  # noqa: PLR2004
            break
        inside = within
    if chance.random() < 0.15 and isinstance(inside, dict) and len(inside) > 1:  # noqa: PLR2004
        del inside[place]
    else:
        # A copy: what is put in may be spoilt in its turn.
        inside[place] = deepcopy(chance.choice(HOSTILE))


def spoil_many(count: int, seed: int, now: datetime) -> Iterator[Publication]:
    """Make malformed messages, the same for a seed."""
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    return (spoil(chance, number, now) for number in range(count))


def measure_malformed(messages: int, seed: int, now: datetime, say: Callable[[str], None]) -> Found:
    """Send malformed messages through real parts, and count what became of each."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bayboard-bench-")))
        directory.chmod(0o755)
        broker = stack.enter_context(Mosquitto(directory / "mosquitto"))
        database = stack.enter_context(PostgresServer(directory / "postgresql", find_free_port()))
        migrate(database.url)
        port = find_free_port()
        environment = {"BAYBOARD_DATABASE_URL": database.url, "BAYBOARD_MQTT_URL": broker.url}
        process = start_part(stack, directory, environment, "ingest", "--http-port", str(port))
        # Ready would be wrong to wait for afterwards: that nearly everything is refused is an alarm.
        wait_until_ready("ingest", port, directory / "ingest.log")
        right = [
            _publish_right(number, now) for number in range(messages, messages + min(_AT_ONCE, messages))
        ]
        right_seconds = _drain(broker.port, right, database.url, len(right), process.is_running)
        seconds, chance = 0.0, spoil_many(messages, seed, now)
        for start in range(0, messages, _AT_ONCE):
            portion = [next(chance) for _ in range(min(_AT_ONCE, messages - start))]
            done = len(right) + start + len(portion)
            seconds += _drain(broker.port, portion, database.url, done, process.is_running)
            say(f"{start + len(portion):,} of {messages:,} messages …")
        stored, quarantined = _count(database.url)
        crashes = int(not process.is_running() or "Traceback" in _last_words(directory / "ingest.log"))
        return Found(
            sent=messages,
            stored=stored - len(right),
            quarantined=quarantined,
            crashes=crashes,
            reasons=_count_reasons(database.url),
            malformed_per_second=messages / seconds,
            right_per_second=len(right) / right_seconds,
        )


def _last_words(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def _publish_right(number: int, now: datetime) -> Publication:
    which, message = make_right(number, now)
    source, kind = which.split("/")
    return f"workshop/v1/s1/{source}/m-{number}/{kind}", json.dumps(message).encode()


def _drain(
    port: int, publications: list[Publication], database_url: str, until: int, lives: Callable[[], bool]
) -> float:
    """Publish messages and wait until so many in all are stored or refused; return the seconds it took."""
    started = time.perf_counter()
    publish_all(port, publications)
    last, changed = -1, time.monotonic()
    while (done := sum(_count(database_url))) < until:
        if not lives():
            raise BenchError("ingest has ended; what it received last has ended it")
        if done != last:
            last, changed = done, time.monotonic()
        elif time.monotonic() - changed > _STALLED_SECONDS:
            raise BenchError(f"{until - done:,} messages are neither stored nor quarantined")
        time.sleep(0.2)
    return time.perf_counter() - started


def _count(database_url: str) -> tuple[int, int]:
    """Return how many messages are stored and how many refused."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        [counted] = connection.execute(
            f"select (select count(*) from ({_STORED}) as sent), count(*) from quarantined_message"  # noqa: S608
        )
    stored, quarantined = counted
    return stored, quarantined


def _count_reasons(database_url: str) -> Counter[str]:
    """Return how many messages were refused for what."""
    reasons: Counter[str] = Counter()
    with psycopg.connect(database_url, autocommit=True) as connection:
        for reason, count in connection.execute(
            "select reason, count(*) from quarantined_message group by 1"
        ):
            reasons[generalise_reason(reason)] += count
    return reasons
