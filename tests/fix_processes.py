"""Bayboard's own commands as child processes of a test.

Starts them, reads what they print, and leaves none behind. A command is a process of its own that
runs as `python -m bayboard` does, forked from one that has imported everything (`command_server.py`).
"""

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil
import pytest

from tests.command_server import Commands, CommandServer
from tests.patience import PATIENCE_SECONDS


class RunningCommand:
    """A started command with a process group of its own, and every line it has printed."""

    def __init__(
        self, commands: Commands, arguments: tuple[str, ...], environment: Mapping[str, str]
    ) -> None:
        self.name = " ".join(("bayboard", *arguments))
        self.lines: list[str] = []
        self._process = commands.start(arguments, {**_plain_environment(), **environment})
        self._heard = threading.Condition()
        self._silent = False
        self._reader = threading.Thread(target=self._read, name=f"output of {self.name}")
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_for_line(self, pattern: str, within_seconds: float = PATIENCE_SECONDS) -> re.Match[str]:
        """Return the first match of the pattern in a line printed so far or from now on."""
        deadline = time.monotonic() + within_seconds
        seen = 0
        with self._heard:
            while True:
                for line in self.lines[seen:]:
                    if found := re.search(pattern, line):
                        return found
                seen = len(self.lines)
                if self._silent or not self._heard.wait(deadline - time.monotonic()):
                    break
        pytest.fail(f"{self.name} did not print {pattern!r}; it printed:\n" + "\n".join(self.lines))

    def wait_for_answer(self, url: str, within_seconds: float = PATIENCE_SECONDS) -> bytes:
        """Return the body once the address answers 200."""
        deadline = time.monotonic() + within_seconds
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urlopen(url, timeout=2) as answer:  # noqa: S310  # the test's own http address
                    body: bytes = answer.read()
                    return body
            except HTTPError as refusal:
                refusal.close()
                time.sleep(0.05)
            except (OSError, HTTPException):
                time.sleep(0.05)
        pytest.fail(f"{self.name} did not answer 200 on {url}; it printed:\n" + "\n".join(self.lines))

    def wait(self, within_seconds: float = PATIENCE_SECONDS) -> int:
        """Return the exit status of a command that ends by itself, once all that it printed was read."""
        status = self._process.wait(within_seconds)
        self._reader.join(within_seconds)
        return status

    def finish(self) -> tuple[int, list[str]]:
        """Return the exit status of a command that ends by itself, and everything it printed."""
        return self.wait(), self.lines

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask the command to stop and return its exit status."""
        self._process.send_signal(how)
        return self._process.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        """End the command without warning; its own children are left to notice."""
        self._process.kill()
        self._process.wait(PATIENCE_SECONDS)

    def clear_away(self) -> None:
        """End the command and every process it started, as the last thing in a test."""
        family = self._family()
        if self._process.poll() is None:
            self._process.terminate()
        _, alive = psutil.wait_procs(family, timeout=5)
        for process in alive:
            process.kill()
        psutil.wait_procs(alive)
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()

    def _family(self) -> list[psutil.Process]:
        """List what lives in the command's session, and below it in sessions of their own."""
        try:
            below = psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            below = []
        return list({*below, *(process for process in psutil.process_iter() if self._is_ours(process))})

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return os.getsid(process.pid) == self.pid
        except ProcessLookupError:
            return False

    def _read(self) -> None:
        for line in self._process.stdout:
            with self._heard:
                self.lines.append(line.rstrip("\n"))
                self._heard.notify_all()
        with self._heard:
            self._silent = True
            self._heard.notify_all()


def _plain_environment() -> dict[str, str]:
    """Return this process's environment without what a developer may have set for Bayboard."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("BAYBOARD_")}
    return {**plain, "PYTHONUNBUFFERED": "1"}


class StartCommand(Protocol):
    def __call__(self, *arguments: str, **environment: str) -> RunningCommand: ...


_SERVER = pytest.StashKey[CommandServer]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Start what commands are forked from before the first worker of several, and say to each where it is."""
    if _SERVER not in node.config.stash:
        directory = TemporaryDirectory(prefix="bayboard-tests-")
        node.config.add_cleanup(directory.cleanup)
        node.config.stash[_SERVER] = server = CommandServer(Path(directory.name) / "commands")
        node.config.add_cleanup(server.close)
    node.workerinput["commands"] = str(node.config.stash[_SERVER].commands.address)


@pytest.fixture(scope="session")
def command_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Commands]:
    """What commands are forked from, one process for all workers."""
    shared = getattr(request.config, "workerinput", {}).get("commands")
    if shared:
        yield Commands(Path(shared))
        return
    server = CommandServer(tmp_path_factory.mktemp("commands") / "socket")
    yield server.commands
    server.close()


@pytest.fixture
def start_bayboard(command_server: Commands) -> Iterator[StartCommand]:
    """Start `bayboard …`; keywords are its environment. Stopped, and its output shown, after the test."""
    started: list[RunningCommand] = []

    def start(*arguments: str, **environment: str) -> RunningCommand:
        started.append(RunningCommand(command_server, arguments, environment))
        return started[-1]

    yield start
    for command in reversed(started):
        command.clear_away()
        sys.stdout.write("\n".join((f"--- {command.name}", *command.lines, "")))
