"""Bayboard's own commands as parts of a benchmark: each a process that ends with the measurement.

Owns starting them in a directory that keeps what they say, and waiting until they answer.
"""

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import psutil

from bayboard.bench.rig.real import BenchError
from bayboard.demo.embedded import find_free_port
from bayboard.demo.supervisor import answers, end_logged, start_logged

_START_SECONDS = 180.0
_LAST_CHARACTERS = 500


def start_part(
    stack: ExitStack, directory: Path, environment: Mapping[str, str], *arguments: str
) -> psutil.Process:
    """Start a command of Bayboard that ends with the stack."""
    command = [sys.executable, "-P", "-m", "bayboard", *arguments]
    process = start_logged(command, directory / f"{arguments[0]}.log", environment)
    stack.callback(end_logged, process)
    return psutil.Process(process.pid)


def start_dashboard(
    stack: ExitStack, directory: Path, environment: Mapping[str, str], workers: int = 1
) -> tuple[int, psutil.Process]:
    """Start a dashboard that ends with the stack and wait until it answers; returns its port and process."""
    port = find_free_port()
    serve = ("serve", "--port", str(port), "--workers", str(workers))
    process = start_part(stack, directory, environment, *serve)
    wait_until_ready("the dashboard", port, directory / "serve.log")
    return port, process


def wait_until_ready(name: str, port: int, log: Path) -> None:
    """Wait until a part is ready; raises BenchError with the end of its log when it takes too long."""
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/readyz"), f"{name} did not answer")
    except BenchError as error:
        raise BenchError(f"{error}: {log.read_text()[-_LAST_CHARACTERS:].strip()}") from error


def wait_until(true: Callable[[], bool], failure: str) -> None:
    """Wait; raises BenchError when it takes too long."""
    deadline = time.monotonic() + _START_SECONDS
    while not true():
        if time.monotonic() > deadline:
            raise BenchError(failure)
        time.sleep(0.1)
