"""Real parts for benchmarks: Debian's Mosquitto and a durable PostgreSQL, on this machine.

Owns starting, killing and restarting them in a directory of their own, on free ports. Mosquitto
runs with the configuration of production, only its places changed.
"""

import re
import shutil
import signal
import socket
import subprocess
import time
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from bayboard.demo.embedded import die_with_parent, find_free_port

_CONFIGURATION = Path(__file__).parents[3] / "config" / "mosquitto.conf"
_START_SECONDS = 20.0


class BenchError(Exception):
    """The benchmark cannot run here, or what it found must not be; the message says what."""


class Mosquitto(AbstractContextManager["Mosquitto"]):
    """A Mosquitto on 127.0.0.1 that keeps its state in a directory over stop, kill and start."""

    def __init__(self, directory: Path) -> None:
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
        if program is None:
            raise BenchError("needs Mosquitto: apt-get install mosquitto")
        self.port = find_free_port()
        self._configuration = _configure(directory, self.port)
        self._command = [program, "-c", str(self._configuration)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the broker's address."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until connections are accepted; raises BenchError when it does not."""
        self._process = subprocess.Popen(
            self._command,
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # a plain prctl call
        )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise BenchError(f"Mosquitto did not start; try `{' '.join(self._command)}`")

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it, or kill it with SIGKILL."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(signal.SIGKILL)


def _configure(directory: Path, port: int) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    text = _CONFIGURATION.read_text(encoding="utf-8")
    for option, value in {
        "listener": f"listener {port} 127.0.0.1",
        "persistence_location": f"persistence_location {directory}/",
        "allow_anonymous": "allow_anonymous true",
        "password_file": f"user {directory.owner()}",
        "acl_file": "",
    }.items():
        text = re.sub(rf"(?m)^{option} .*$", value, text)
    configuration = directory / "mosquitto.conf"
    configuration.write_text(text, encoding="utf-8")
    return configuration
