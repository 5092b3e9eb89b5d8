"""`bayboard serve` as machines see it: health, statuses, headers, ports, workers, stopping."""

import asyncio
import inspect
import re
import signal
import socket
import time
from collections.abc import Callable

import httpx
import pytest

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.app import create_app
from tests.fixtures.access import KEY, sign_session
from tests.fixtures.processes import RunningCommand, StartCommand
from tests.rig.patience import PATIENCE_SECONDS

NO_DATABASE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
def address(free_port: Callable[[], int]) -> str:
    return f"http://127.0.0.1:{free_port()}"


def serve(start: StartCommand, address: str, database_url: str, *options: str) -> RunningCommand:
    port = address.rsplit(":", 1)[1]
    server = start(
        "serve", "--port", port, *options, BAYBOARD_DATABASE_URL=database_url, BAYBOARD_SECRET_KEY=KEY
    )
    server.wait_for_answer(f"{address}/healthz")
    return server


def wait_until_ready(address: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while httpx.get(f"{address}/readyz").status_code != 200:
        assert time.monotonic() < deadline, "the dashboard never became ready"
        time.sleep(0.05)


def test_machines_are_answered(start_bayboard: StartCommand, address: str, database_url: str) -> None:
    serve(start_bayboard, address, database_url)
    wait_until_ready(address)
    metrics = httpx.get(f"{address}/metrics").text
    assert "bayboard_feed_connected 1.0" in metrics
    assert "process_resident_memory_bytes" in metrics


def test_without_a_database_it_is_alive_but_not_ready(start_bayboard: StartCommand, address: str) -> None:
    serve(start_bayboard, address, NO_DATABASE)
    assert httpx.get(f"{address}/readyz").status_code == 503
    assert "bayboard_feed_connected 0.0" in httpx.get(f"{address}/metrics").text


def test_unknown_addresses_are_not_found(start_bayboard: StartCommand, address: str) -> None:
    serve(start_bayboard, address, NO_DATABASE)
    for path in (
        "/nothing",
        "/wall",
        "/wall/s1/more",
        "/wall/s9",
        "/stream/wall/s9",
        "/stream/nothing/s1",
        "/assets/no.js",
    ):
        assert httpx.get(f"{address}{path}", cookies=sign_session()).status_code == 404, path


def test_pages_name_what_they_may_load_and_it_is_all_ours(start_bayboard: StartCommand, address: str) -> None:
    serve(start_bayboard, address, NO_DATABASE)
    for path in ("/", "/wall/s1", "/wall/s1?lang=zh"):
        page = httpx.get(f"{address}{path}", cookies=sign_session())
        assert page.status_code == 200
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert re.search(r"script-src 'self'( 'sha256-[^']+')+;", policy)
        assert re.findall(r"(?:src|href)=\"(?!/)[^\"]*\"", page.text) == []


def test_server_with_open_screens_stops_at_once(
    start_bayboard: StartCommand, address: str, database_url: str
) -> None:
    server = serve(start_bayboard, address, database_url)
    with httpx.stream("GET", f"{address}/stream/wall/s1", cookies=sign_session()) as screen:
        lines = screen.iter_lines()
        assert next(lines).startswith("retry: ")
        assert server.stop() == 0
        assert all(line is not None for line in lines), "the stream ended, it was not cut off"
    assert server.lines == [], "streams end before uvicorn loses patience and says so"


def test_several_workers_share_the_port_and_stop_together(
    start_bayboard: StartCommand, address: str, database_url: str
) -> None:
    server = serve(start_bayboard, address, database_url, "--workers", "2")
    with httpx.stream("GET", f"{address}/stream/wall/s1", cookies=sign_session()) as screen:
        lines = screen.iter_lines()
        assert next(lines).startswith("retry: ")
        assert server.stop(signal.SIGINT) == 0


def test_port_in_use_is_one_clear_sentence(start_bayboard: StartCommand, database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = start_bayboard("serve", "--port", str(port), BAYBOARD_DATABASE_URL=database_url)
        assert server.wait() == 1
    server.wait_for_line(f"cannot listen on 127.0.0.1:{port}: Address already in use")
    assert len(server.lines) == 1


def test_no_callback_of_any_page_can_hold_up_the_streams() -> None:
    async def start_and_look() -> dict[str, object]:
        app = create_app(
            database_url=NO_DATABASE, workshop=load_workshop(DEFAULT_WORKSHOP_FILE), secret_key="k" * 32
        )
        async with app.router.lifespan_context(app):
            return {
                f"{name}: {output}": callback["callback"]
                for name, dash_app in app.state.dash_apps.items()
                for output, callback in dash_app.callback_map.items()
                if "callback" in callback
            }

    callbacks = asyncio.run(start_and_look())
    assert {name.split(":")[0] for name in callbacks} == {"walls", "manage"}
    assert [name for name, run in callbacks.items() if not inspect.iscoroutinefunction(run)] == []
