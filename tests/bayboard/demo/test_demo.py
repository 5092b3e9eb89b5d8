"""`bayboard demo` as its user meets it: addresses, a picture, a scan of one's own, nothing left behind."""

import json
import signal
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString

import httpx
import psutil
import psycopg
import pytest

from tests.fixtures.broker import Publish
from tests.fixtures.processes import RunningCommand, StartCommand
from tests.rig.patience import PATIENCE_SECONDS

StartDemo = Callable[..., RunningCommand]


@pytest.fixture
def start_demo(start_bayboard: StartCommand, free_port: Callable[[], int]) -> StartDemo:
    def start(*arguments: str) -> RunningCommand:
        return start_bayboard(
            "demo", "--port", str(free_port()), "--mqtt-port", str(free_port()), "--speed", "60", *arguments
        )

    return start


def ask(database_url: str, query: LiteralString, until: Callable[[int], bool]) -> int:
    """Ask for a number until it is what it should be, or fail with the last one."""
    deadline = time.monotonic() + 90
    number = -1
    while not until(number) and time.monotonic() < deadline:
        with psycopg.connect(database_url) as connection:
            row = connection.execute(query).fetchone()
            number = int(row[0]) if row else -1
        time.sleep(0.05)
    assert until(number), f"{query}: {number}"
    return number


def log_time(log: Path, event: str) -> str:
    """Return when an event was logged, for comparing."""
    [line, *_] = (line for line in log.read_text().splitlines() if event in line)
    return line.split()[0]


def test_the_demo_prints_usable_addresses_takes_a_scan_starts_again_what_dies_and_leaves_nothing_behind(
    start_demo: StartDemo, publish: Publish
) -> None:
    demo = start_demo()
    wall = demo.wait_for_line(r"^wall: (\S+)$")[1]
    broker = demo.wait_for_line(r"^broker: (\S+)$")[1]
    database = demo.wait_for_line(r"^database: (\S+)$")[1]
    with httpx.Client(follow_redirects=True) as screen:
        shown = screen.get(wall)
    assert (shown.status_code, shown.url.path) == (200, "/wall/s1")
    for who, where in (("lounge", "/lounge/s1"), ("foreman", "/"), ("manager", "/devices")):
        with httpx.Client(follow_redirects=True) as visitor:
            opened = visitor.get(demo.wait_for_line(rf"^{who}: (\S+)$")[1])
        assert (opened.status_code, opened.url.path) == (200, where)
    ask(database, "select count(*) from stage_interval where left_at is null", lambda open_: open_ >= 5)
    logs = Path(demo.wait_for_line(r"^logs: (\S+)$")[1])
    assert log_time(logs / "ingest.log", "connected to broker") < log_time(
        logs / "workshop.log", "simulation started"
    )
    ask(database, "select count(*) from work_order where not registered", lambda unknown: unknown == 0)
    ask(
        database,
        "select count(*) from device_state left join device using (site, device) where password_hash is null",
        lambda unregistered: unregistered == 0,
    )
    assert ask(database, "select count(*) from quarantined_message", lambda count: count >= 0) == 0
    for child in psutil.Process(demo.pid).children():
        if "ingest" in child.cmdline():
            child.kill()
    demo.wait_for_line(r"ingest died \(killed by SIGKILL\), starting it again")
    scan = {
        "id": "mine",
        "at": datetime.now(UTC).isoformat(),
        "work_order": "RO-MINE",
        "stage": "repairing",
        "bay": "B03",
    }
    publish(broker, "workshop/v1/s1/scanner/bay-B03/stage", json.dumps(scan))
    ask(
        database,
        "select count(*) from work_order"
        " where work_order = 'RO-MINE' and stage = 'repairing' and not registered",
        lambda count: count == 1,
    )
    children = psutil.Process(demo.pid).children(recursive=True)
    assert len(children) >= 5
    assert demo.stop(signal.SIGINT) == 0
    assert psutil.wait_procs(children, timeout=PATIENCE_SECONDS)[1] == []


def test_a_killed_demo_takes_its_parts_along_and_the_next_one_has_its_data(
    start_demo: StartDemo, tmp_path: Path
) -> None:
    first = start_demo("--data", str(tmp_path / "kept"))
    database = first.wait_for_line(r"^database: (\S+)$")[1]
    stored = ask(database, "select count(*) from stage_scan", lambda count: count > 0)
    children = psutil.Process(first.pid).children(recursive=True)
    first.kill()
    assert psutil.wait_procs(children, timeout=PATIENCE_SECONDS)[1] == []
    second = start_demo("--data", str(tmp_path / "kept"))
    database = second.wait_for_line(r"^database: (\S+)$")[1]
    assert ask(database, "select count(*) from stage_scan", lambda count: count >= 0) >= stored
    assert second.stop() == 0


def test_duration_ends_the_demo_with_success(start_demo: StartDemo) -> None:
    demo = start_demo("--duration", "1")
    demo.wait_for_line(r"^wall: ")
    assert demo.wait() == 0


def test_a_directory_that_is_not_ours_is_refused_in_a_sentence(start_demo: StartDemo, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    demo = start_demo("--data", str(tmp_path))
    assert demo.wait() == 1
    assert len(demo.lines) == 1
    assert "not Bayboard's" in demo.lines[0]
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("which", ["--port", "--mqtt-port"])
def test_a_port_in_use_is_refused_in_a_sentence(
    start_bayboard: StartCommand, free_port: Callable[[], int], which: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        ports = {"--port": str(free_port()), "--mqtt-port": str(free_port()), which: str(taken)}
        demo = start_bayboard("demo", *(word for option in ports.items() for word in option))
        assert demo.wait() == 1
    assert len(demo.lines) == 1
    assert f"port {taken}" in demo.lines[0]
