"""A database that is there but stores nothing: full, or read-only. Nothing is acknowledged, nothing lost."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import LiteralString
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import psycopg
import pytest
from psycopg import sql

from bayboard.embedded import PostgresServer
from models.migrations.run import migrate
from tests.fix_broker import Broker, Publish
from tests.fix_processes import RunningCommand, StartCommand
from tests.test_ingest import STORED, TOPIC, scan, wait_for_rows

_SPACE_BYTES = 48 * 1024 * 1024
_FULL_MESSAGES = 8


def start(
    start_bayboard: StartCommand, broker: Broker, database_url: str, port: int, *, ready: bool = True
) -> RunningCommand:
    command = start_bayboard(
        "ingest",
        "--http-port",
        str(port),
        BAYBOARD_MQTT_URL=broker.url,
        BAYBOARD_DATABASE_URL=database_url,
    )
    if ready:
        command.wait_for_answer(f"http://127.0.0.1:{port}/readyz")
    return command


def assert_alive_but_not_ready(port: int, reason: str) -> None:
    with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
        assert answer.status == 200
    with pytest.raises(HTTPError) as refused:
        urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5)
    with refused.value as answer:
        assert answer.code == 503
        assert reason in answer.read().decode()


def read_metrics(port: int) -> list[str]:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text: bytes = answer.read()
        return text.decode().splitlines()


def run(url: str, *statements: LiteralString) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_read_only_database_is_an_alarm_and_loses_nothing(
    mosquitto_broker: Broker,
    own_server: PostgresServer,
    start_bayboard: StartCommand,
    publish: Publish,
    free_port: Callable[[], int],
) -> None:
    port = free_port()
    command = start(start_bayboard, mosquitto_broker, own_server.url, port)
    run(
        own_server.url,
        "alter database postgres set default_transaction_read_only = on",
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name ^@ 'bayboard'",
    )
    publish(mosquitto_broker.url, TOPIC, scan(1))
    command.wait_for_line("error.*database refuses to store.*read-only")
    assert_alive_but_not_ready(port, "the database refuses to store: it is read-only")
    assert 'bayboard_ingest_database_refuses{sqlstate_class="25"} 1.0' in read_metrics(port)
    run(
        own_server.url,
        "set default_transaction_read_only = off",
        "alter database postgres reset default_transaction_read_only",
    )
    wait_for_rows(own_server.url, STORED, [("RO-1",)])
    command.wait_for_line("the database stores again")
    command.wait_for_answer(f"http://127.0.0.1:{port}/readyz")
    assert 'bayboard_ingest_database_refuses{sqlstate_class="25"} 0.0' in read_metrics(port)


@pytest.fixture
def small_disk(new_data_dir: Callable[[], Path]) -> Iterator[Path]:
    """A file system of a few megabytes, in memory."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount the small file system that is to be filled: run `make test` as root")
    directory = new_data_dir()
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_SPACE_BYTES}", "tmpfs", directory],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"this machine does not let root mount a file system: {mounted.stderr.strip()}")
    yield directory
    subprocess.run(["umount", "--lazy", directory], check=True)


@pytest.fixture
def database_on_small_disk(small_disk: Path, own_server: PostgresServer) -> str:
    """The address of a migrated database whose tables all lie on the small disk."""
    with psycopg.connect(own_server.url, autocommit=True) as connection:
        [(data_dir,)] = connection.execute("show data_directory").fetchall()
        shutil.chown(small_disk, Path(data_dir).owner())
        small_disk.parent.chmod(0o711)
        connection.execute(
            sql.SQL("create tablespace small location {}").format(sql.Literal(str(small_disk)))
        )
        connection.execute("create database on_small_disk tablespace small")
    url = urlsplit(own_server.url)._replace(path="/on_small_disk").geturl()
    migrate(url)
    return url


def test_a_full_disk_is_an_alarm_and_loses_nothing(
    mosquitto_broker: Broker,
    database_on_small_disk: str,
    start_bayboard: StartCommand,
    publish: Publish,
    free_port: Callable[[], int],
) -> None:
    port = free_port()
    command = start(start_bayboard, mosquitto_broker, database_on_small_disk, port)
    fill(database_on_small_disk)
    for number in range(_FULL_MESSAGES):
        publish(mosquitto_broker.url, TOPIC, scan(number))
    command.wait_for_line("error.*database refuses to store.*disk is full")
    assert_alive_but_not_ready(port, "the database refuses to store: its disk is full")
    assert 'bayboard_ingest_database_refuses{sqlstate_class="53"} 1.0' in read_metrics(port)
    # Had anything been acknowledged, the broker would not bring it again.
    command.kill()
    second_port = free_port()
    second = start(start_bayboard, mosquitto_broker, database_on_small_disk, second_port, ready=False)
    second.wait_for_line("database refuses to store.*disk is full")
    run(database_on_small_disk, "drop table filler")
    expected: list[tuple[object, ...]] = [(f"RO-{number}",) for number in range(_FULL_MESSAGES)]
    wait_for_rows(database_on_small_disk, STORED, expected)
    second.wait_for_answer(f"http://127.0.0.1:{second_port}/readyz")


def fill(database_url: str) -> None:
    """Fill the disk of a database until not even one more page fits."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("create table filler (bytes text)")
        connection.execute("alter table filler alter bytes set storage plain")
        for rows in (1000, 100, 10, 1):
            with pytest.raises(psycopg.errors.DiskFull):  # noqa: PT012  # any of the statements
                while True:
                    connection.execute(
                        "insert into filler select repeat('x', 7000) from generate_series(1, %s)", (rows,)
                    )
