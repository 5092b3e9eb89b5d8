"""`bayboard ingest` for tests: started and ready, asked as probes ask it, fed with scans.

Owns no promise of ingest; those are the tests'. Waits only for what is to come, never for a time.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import LiteralString, Protocol
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg
import pytest

from models.contract.payloads import StageScan, encode
from tests.fix_broker import Broker
from tests.fix_database import as_role
from tests.fix_processes import RunningCommand, StartCommand
from tests.patience import PATIENCE_SECONDS

TOPIC = "workshop/v1/s1/scanner/bay-B07/stage"
# Names are cleaned of whatever a database cannot hold, so only a rule of its own makes it refuse a row.
REFUSE_RO_9: LiteralString = (
    "alter table stage_scan add constraint only_the_database check (work_order <> 'RO-9')"
)
STORED: LiteralString = "select work_order from stage_scan order by at"


class StartIngest(Protocol):
    def __call__(
        self,
        broker: Broker,
        database_url: str,
        *options: str,
        port: int | None = None,
        ready: bool = True,
        **environment: str,
    ) -> RunningCommand: ...


@pytest.fixture
def start_ingest(start_bayboard: StartCommand, free_port: Callable[[], int]) -> StartIngest:
    """Start `bayboard ingest`, by default ready when it returns; whoever wants to ask it names the port."""

    def start(
        broker: Broker,
        database_url: str,
        *options: str,
        port: int | None = None,
        ready: bool = True,
        **environment: str,
    ) -> RunningCommand:
        port = port or free_port()
        command = start_bayboard(
            "ingest",
            *options,
            "--http-port",
            str(port),
            BAYBOARD_MQTT_URL=broker.url,
            BAYBOARD_DATABASE_URL=as_role(database_url, "ingest"),
            **environment,
        )
        if ready:
            command.wait_for_answer(f"http://127.0.0.1:{port}/readyz")
        return command

    return start


def ask_ingest(port: int, path: str) -> tuple[int, str]:
    """Return the status and the text that ingest answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def scan(number: int, stage: str = "repairing") -> bytes:
    """Return the payload of a scan of a work order of its own."""
    return encode(
        StageScan(id=str(number), at=datetime.now(UTC), work_order=f"RO-{number}", stage=stage, bay="B07")
    )


def wait_for_rows(database_url: str, query: LiteralString, expected: list[tuple[object, ...]]) -> None:
    """Ask until the answer is the expected one, or fail with the last answer."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    answer: list[tuple[object, ...]] = []
    while answer != expected and time.monotonic() < deadline:
        try:
            with psycopg.connect(database_url) as connection:
                answer = connection.execute(query).fetchall()
        except psycopg.OperationalError:
            pass
        time.sleep(0.02)
    assert answer == expected
