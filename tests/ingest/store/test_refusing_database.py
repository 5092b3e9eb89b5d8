"""A database that is there but stores nothing: full, or read-only. Nothing is acknowledged, nothing lost."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from bayboard.demo.embedded import PostgresServer
from models.migrations.run import migrate
from tests.fixtures.broker import Broker, Publish
from tests.fixtures.ingest import STORED, TOPIC, StartIngest, ask_ingest, scan, wait_for_rows

_SPACE_BYTES = 48 * 1024 * 1024
_FULL_MESSAGES = 8


def assert_alive_but_not_ready(port: int, reason: str) -> None:
    assert ask_ingest(port, "/healthz")[0] == 200
    status, said = ask_ingest(port, "/readyz")
    assert status == 503
    assert reason in said


def run(url: str, *statements: LiteralString) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_read_only_database_is_an_alarm_and_loses_nothing(
    mosquitto_broker: Broker,
    own_server: PostgresServer,
    start_ingest: StartIngest,
    publish: Publish,
    free_port: Callable[[], int],
) -> None:
    port = free_port()
    command = start_ingest(mosquitto_broker, own_server.url, port=port)
    run(
        own_server.url,
        "alter database postgres set default_transaction_read_only = on",
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name ^@ 'bayboard'",
    )
    publish(mosquitto_broker.url, TOPIC, scan(1))
    command.wait_for_line("error.*database refuses to store.*read-only")
    assert_alive_but_not_ready(port, "the database refuses to store: it is read-only")
    assert 'bayboard_ingest_database_refuses{sqlstate_class="25"} 1.0' in ask_ingest(port, "/metrics")[1]
    run(
        own_server.url,
        "set default_transaction_read_only = off",
        "alter database postgres reset default_transaction_read_only",
    )
    wait_for_rows(own_server.url, STORED, [("RO-1",)])
    command.wait_for_line("the database stores again")
    command.wait_for_answer(f"http://127.0.0.1:{port}/readyz")
    assert 'bayboard_ingest_database_refuses{sqlstate_class="25"} 0.0' in ask_ingest(port, "/metrics")[1]


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
    start_ingest: StartIngest,
    publish: Publish,
    free_port: Callable[[], int],
) -> None:
    port = free_port()
    command = start_ingest(mosquitto_broker, database_on_small_disk, port=port)
    fill(database_on_small_disk)
    for number in range(_FULL_MESSAGES):
        publish(mosquitto_broker.url, TOPIC, scan(number))
    command.wait_for_line("error.*database refuses to store.*disk is full")
    assert_alive_but_not_ready(port, "the database refuses to store: its disk is full")
    assert 'bayboard_ingest_database_refuses{sqlstate_class="53"} 1.0' in ask_ingest(port, "/metrics")[1]
    # Had anything been acknowledged, the broker would not bring it again.
    command.kill()
    second_port = free_port()
    second = start_ingest(mosquitto_broker, database_on_small_disk, port=second_port, ready=False)
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
