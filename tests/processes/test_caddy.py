"""A real Caddy with the shipped Caddyfile before a real dashboard: its own authority, streams, signing in."""

import json
import os
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from bayboard.demo.embedded import die_with_parent
from tests.fixtures.office import Office
from tests.rig.patience import PATIENCE_SECONDS

CADDYFILE = Path(__file__).parents[2] / "config" / "Caddyfile"


def find_caddy() -> str:
    program = shutil.which("caddy")
    if program is None:
        pytest.fail("Caddy is not installed: apt-get install caddy, or `make test` as root")
    return program


@pytest.mark.parametrize("tls", ["", "internal", "it@example.com"])
def test_caddy_accepts_the_file_for_each_kind_of_certificate(tmp_path: Path, tls: str) -> None:
    environment = {"XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path), "BAYBOARD_HOST": "board.example"}
    checked = subprocess.run(
        [find_caddy(), "validate", "--config", CADDYFILE, "--adapter", "caddyfile"],
        env=environment | ({"BAYBOARD_TLS": tls} if tls else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


@pytest.fixture
def https(
    office: Office, free_port: Callable[[], int], tmp_path: Path
) -> Iterator[tuple[str, ssl.SSLContext]]:
    """The address of the dashboard behind Caddy, and what trusts Caddy's own authority."""
    port, health = free_port(), free_port()
    file = tmp_path / "Caddyfile"
    # Only the places differ from production: ports, and 127.0.0.1 in place of every address.
    file.write_text(
        CADDYFILE.read_text()
        .replace("\tadmin off\n", f"\tadmin off\n\tauto_https disable_redirects\n\thttps_port {port}\n")
        .replace("localhost} {\n\ttls", f"localhost}}:{port} {{\n\tbind 127.0.0.1\n\ttls")
        .replace(":2020", f":{health}")
    )
    caddy = subprocess.Popen(
        [find_caddy(), "run", "--config", file, "--adapter", "caddyfile"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path),
            "BAYBOARD_UPSTREAM": office.address.removeprefix("http://"),
        },
        preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # a plain prctl call
    )
    root = tmp_path / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and caddy.poll() is None:
        try:
            trust = ssl.create_default_context(cafile=root)
            httpx.get(f"https://localhost:{port}/healthz", verify=trust).raise_for_status()
            break
        except (OSError, httpx.HTTPError):
            time.sleep(0.05)
    else:
        pytest.fail("Caddy did not start; what it said is above")
    yield f"https://localhost:{port}", trust
    caddy.terminate()
    caddy.wait(PATIENCE_SECONDS)


def test_a_person_signs_in_and_a_stream_arrives_through_caddy(
    https: tuple[str, ssl.SSLContext], office: Office
) -> None:
    address, trust = https
    with httpx.Client(verify=trust, base_url=address, timeout=PATIENCE_SECONDS) as browser:
        assert "password" in browser.get("/sign-in").text
        signed_in = browser.post(office.link().removeprefix(office.address), headers={"Origin": address})
        cookie = signed_in.headers["set-cookie"]
        assert cookie.startswith("__Host-")
        assert "Secure" in cookie
        assert browser.get("/devices").status_code == 200
        # The stream never ends: what is read here has not waited in a buffer.
        with browser.stream("GET", "/stream/wall/s1") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert next(stream.iter_text())


def test_caddy_logs_no_address_of_a_request_even_when_the_dashboard_is_away(tmp_path: Path) -> None:
    adapted = subprocess.run(
        [find_caddy(), "adapt", "--config", CADDYFILE, "--adapter", "caddyfile"],
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    config = json.loads(adapted.stdout)
    excluded = set(config["logging"]["logs"]["default"]["exclude"])
    assert {"http.log.error", "http.handlers.reverse_proxy"} <= excluded
    assert not any("logs" in server for server in config["apps"]["http"]["servers"].values())
