"""Keeps the parts of the demo running, each its own process, and stops them all.

A child that dies is started again and said. Stopping goes in the reverse order of starting,
politely first; children die with the supervisor whatever happens to it. Refuses to know
what the parts are for.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from bayboard.demo.embedded import die_with_parent
from config.kit.backoff import back_off

_POLL_SECONDS = 0.2
_STOP_SECONDS = 6.0
_FIRST_PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 1.0, 10.0
_HEALTHY_SECONDS = 30.0


@dataclass(slots=True)
class Part:
    """One process: how to start it, how to ask it to stop, and how it has fared."""

    name: str
    start: Callable[[], "subprocess.Popen[bytes]"]
    stop_signal: signal.Signals = signal.SIGTERM
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    deaths_in_a_row: int = 0


class Supervisor:
    """Starts parts in order and watches over them."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._parts: list[Part] = []
        self._say = say

    def start(self, part: Part) -> None:
        """Start a part and watch it from now on."""
        self._parts.append(part)
        self._launch(part)

    def watch(
        self, stop: threading.Event, until: Callable[[], bool] = lambda: False, seconds: float = float("inf")
    ) -> None:
        """Restart what dies until told to stop, or `until` holds, or the time is over."""
        deadline = time.monotonic() + seconds
        while not (stop.is_set() or until() or time.monotonic() >= deadline):
            for part in self._parts:
                self._restart_if_dead(part, stop)
            stop.wait(max(0, min(_POLL_SECONDS, deadline - time.monotonic())))

    def stop(self) -> None:
        """Stop every part, the last started first; kill what does not listen."""
        for part in reversed(self._parts):
            if part.process is None:
                continue
            if not end_logged(part.process, part.stop_signal):
                self._say(f"{part.name} did not stop, killed")
            part.process = None

    def _launch(self, part: Part) -> None:
        part.process = part.start()
        part.started_at = time.monotonic()

    def _restart_if_dead(self, part: Part, stop: threading.Event) -> None:
        if part.process is None or (status := part.process.poll()) is None:
            return
        _kill_group(part.process)
        lived_seconds = time.monotonic() - part.started_at
        part.deaths_in_a_row = 1 if lived_seconds > _HEALTHY_SECONDS else part.deaths_in_a_row + 1
        how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        self._say(f"{part.name} died ({how}), starting it again")
        again = part.deaths_in_a_row - 1
        if again and stop.wait(back_off(again, _FIRST_PAUSE_SECONDS, _MAX_PAUSE_SECONDS)):
            return
        self._launch(part)


def start_logged(command: list[str], log: Path, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start a child in a process group of its own, its output appended to a log."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **environment},
            preexec_fn=die_with_parent(),  # noqa: PLW1509  # a plain prctl call
            process_group=0,
        )


def end_logged(process: "subprocess.Popen[bytes]", how: signal.Signals = signal.SIGTERM) -> bool:
    """Ask a child to stop, then leave nothing of it or its children behind; say whether it listened."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    else:
        return True
    finally:
        _kill_group(process)


def answers(url: str) -> bool:
    """Say whether what is served at an address answers that all is well."""
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.TransportError:
        return False


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    """Leave nothing of a part behind, also not what its children started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
