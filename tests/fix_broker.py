"""Real MQTT brokers for tests, on 127.0.0.1 and a free port each.

Owns starting, stopping and killing the embedded broker and Debian's Mosquitto, the latter with
the configuration and the command of production. Refuses to imitate a broker: a test of one that is
not installed fails.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import quote, unquote, urlsplit

import pytest
import yaml
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from bayboard.demo.embedded import broker_command, die_with_parent
from bayboard.device.broker_access import AccessFiles
from bayboard.device.mosquitto import Account, hash_password, make_service_account
from tests.patience import PATIENCE_SECONDS

BrokerKind = Literal["iotcore", "mosquitto"]
_ROOT = Path(__file__).parent.parent
PASSWORD = "only-for-tests-and-for-nothing-else"  # noqa: S105  # there is nothing behind it
# Debian keeps Mosquitto where only root's PATH looks.
_PATH = f"{os.environ['PATH']}:/usr/sbin"
_TESTER = Account("bayboard", hash_password(PASSWORD), ("readwrite #",))


@dataclass(slots=True)
class Broker:
    """A broker as a child process; its port and directory outlive stop, kill and start."""

    kind: BrokerKind
    command: list[str]
    url: str
    environment: dict[str, str] = field(default_factory=dict)
    # Mosquitto's only: where its files are, and the port that devices come in by.
    directory: Path = Path()
    device_port: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def device_url(self, user: str, password: str) -> str:
        """Return the address by which a device comes in."""
        return f"mqtt://{quote(user, safe='')}:{password}@{self.host}:{self.device_port}"

    def start(self) -> None:
        """Start the broker and wait until it accepts connections, on its listener for devices, too."""
        self._process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment},
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # a plain prctl call
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                for port in filter(None, (self.port, self.device_port)):
                    socket.create_connection((self.host, port), timeout=1).close()
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

    def reload(self) -> None:
        """Have Mosquitto read its files anew."""
        assert self._process
        self._process.send_signal(signal.SIGHUP)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            # Mosquitto listens a moment before it heeds a signal, and forgets what came in between.
            for _ in range(int(PATIENCE_SECONDS)):
                self._process.send_signal(how)
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(1)
                    break
            self._process.wait(0)
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
    if shutil.which("mosquitto", path=_PATH) is None:
        pytest.fail("Mosquitto is not installed: apt-get install mosquitto, or run `make test` as root")
    port, device_port = free_port(), free_port()
    directory = tmp_path / "mosquitto"
    prepare_mosquitto(directory, {"1884": port, "1883": device_port})
    access_files(directory).write([])
    broker = Broker(
        "mosquitto",
        mosquitto_command(directory),
        f"mqtt://{_TESTER.user}:{PASSWORD}@127.0.0.1:{port}",
        {"MQTT_PASSWORD": PASSWORD, "PATH": _PATH},
        directory,
        device_port,
    )
    broker.start()
    yield broker
    broker.kill()


def prepare_mosquitto(directory: Path, ports: dict[str, int]) -> None:
    """Put production's configuration into the directory, with nothing changed but the places.

    `ports` says for each port in the repository's files which one it is here; a file whose
    listener is not among them is left out.
    """
    for name in ("access", "config", "data", "run"):
        (directory / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in (_ROOT / "config").glob("*.conf"):
        configuration = _relocate(file.read_text(), directory)
        [listener] = re.findall(r"(?m)^listener (\d+)", configuration)
        if listener in ports:
            address = f"listener {ports[listener]} 127.0.0.1"
            here = re.sub(r"(?m)^listener .*$", address, configuration)
            (directory / "config" / file.name).write_text(here)
    # Root would become the account `mosquitto`, which cannot reach the test's directory.
    with (directory / "config" / "mosquitto.conf").open("a") as main:
        main.write(f"user {directory.owner()}\n")


def mosquitto_command(directory: Path) -> list[str]:
    """Return production's command, for a directory that was prepared."""
    service = yaml.safe_load((_ROOT / "docker-compose.yml").read_text())["services"]["broker"]
    return [_relocate(part, directory).replace("$$", "$") for part in service["command"]]


def access_files(directory: Path) -> AccessFiles:
    """Return the broker's files of passwords and rights: ingest's, and a tester's who may do all."""
    services = [*(make_service_account(role, PASSWORD, []) for role in ("ingest", "health")), _TESTER]
    return AccessFiles(directory / "access", services, gateways=[], adapters=[], pid_file=None)


def _relocate(text: str, directory: Path) -> str:
    return re.sub(
        r"/mosquitto/(access|config|data|certificates)/|/(run)/mosquitto/", rf"{directory}/\1\2/", text
    )


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
    client.username_pw_set(parts.username and unquote(parts.username), parts.password)
    client.connect(parts.hostname or "", parts.port or 1883)
    client.loop_start()
    try:
        message = client.publish(topic, payload, qos=qos, retain=retain)
        message.wait_for_publish(PATIENCE_SECONDS)
        assert message.is_published(), f"{url} did not acknowledge a message on {topic}"
    finally:
        client.disconnect()
        client.loop_stop()
