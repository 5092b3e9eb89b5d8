"""Real MQTT brokers for tests, on 127.0.0.1 and a free port each.

Owns starting, stopping and killing the embedded broker and Debian's Mosquitto, the latter with
the configuration of production. Refuses to imitate a broker: what is not installed is skipped.
"""

import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from bayboard.embedded import broker_command, die_with_parent

BrokerKind = Literal["iotcore", "mosquitto"]
MOSQUITTO_CONFIGURATION = Path(__file__).parent.parent / "config" / "mosquitto.conf"
_ANSWER_TIMEOUT_SECONDS = 20.0


@dataclass(slots=True)
class Broker:
    """A broker as a child process; its port and directory outlive stop, kill and start."""

    kind: BrokerKind
    command: list[str]
    url: str
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def start(self) -> None:
        """Start the broker and wait until it accepts connections."""
        self._process = subprocess.Popen(
            self.command,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # a plain prctl call
        )
        deadline = time.monotonic() + _ANSWER_TIMEOUT_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection((self.host, self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        self.kill()
        pytest.fail(f"{self.kind} did not start; what it said is above")

    def stop(self) -> None:
        """Ask the broker to stop, as a restart of its machine would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the broker without warning, as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_ANSWER_TIMEOUT_SECONDS)
            self._process = None


class Publish(Protocol):
    def __call__(
        self, url: str, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False
    ) -> None: ...


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `broker` over both kinds, unless it says which it wants."""
    if "broker" in metafunc.fixturenames:
        metafunc.parametrize("broker", ["iotcore", "mosquitto"], indirect=True)


@pytest.fixture
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each of the two brokers in turn."""
    chosen: Broker = request.getfixturevalue(f"{request.param}_broker")
    return chosen


@pytest.fixture
def iotcore_broker(free_port: Callable[[], int]) -> Iterator[Broker]:
    """The broker of `bayboard demo`, which keeps its sessions in memory."""
    port = free_port()
    broker = Broker("iotcore", broker_command(port), f"mqtt://127.0.0.1:{port}")
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def mosquitto_broker(free_port: Callable[[], int], tmp_path: Path) -> Iterator[Broker]:
    """Mosquitto as in production, with passwords, keeping its state in the test's directory."""
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        pytest.skip("Mosquitto is not installed: apt-get install mosquitto, or run `make test` as root")
    port = free_port()
    configuration = write_mosquitto_configuration(tmp_path / "mosquitto", port, "bayboard", "only-for-tests")
    broker = Broker(
        "mosquitto",
        [program, "-c", str(configuration)],
        f"mqtt://bayboard:only-for-tests@127.0.0.1:{port}",
    )
    broker.start()
    yield broker
    broker.kill()


def write_mosquitto_configuration(directory: Path, port: int, user: str, password: str) -> Path:
    """Write production's configuration with only its places changed to the test's own."""
    directory.mkdir(mode=0o700)
    passwords = directory / "passwords"
    passwords.write_text(f"{user}:{password}\n")
    subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True, capture_output=True)
    text = MOSQUITTO_CONFIGURATION.read_text()
    for option, value in {
        "listener": f"{port} 127.0.0.1",
        "persistence_location": f"{directory}/",
        "password_file": str(passwords),
    }.items():
        text, replaced = re.subn(rf"(?m)^{option} .*$", f"{option} {value}", text)
        assert replaced == 1, f"config/mosquitto.conf has {replaced} lines of {option}, not one"
    # Root would become the account `mosquitto`, which cannot reach the test's directory.
    text += f"user {directory.owner()}\n"
    configuration = directory / "mosquitto.conf"
    configuration.write_text(text)
    return configuration


@pytest.fixture
def publish() -> Publish:
    """Publish one message and wait until the broker has acknowledged it."""
    return publish_and_wait


def publish_and_wait(
    url: str, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False
) -> None:
    """Publish over a connection of its own; fails when no acknowledgement comes."""
    parts = urlsplit(url)
    client = Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(parts.username, parts.password)
    client.connect(parts.hostname or "", parts.port or 1883)
    client.loop_start()
    try:
        message = client.publish(topic, payload, qos=qos, retain=retain)
        message.wait_for_publish(_ANSWER_TIMEOUT_SECONDS)
        assert message.is_published(), f"{url} did not acknowledge a message on {topic}"
    finally:
        client.disconnect()
        client.loop_stop()
