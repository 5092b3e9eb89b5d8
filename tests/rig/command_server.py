"""A process that has imported Bayboard once and forks a command of it whenever a test asks for one.

Holds both ends: the server, started as `python -P -m tests.rig.command_server FD`, one for all processes of a
run of tests, which write to its socket; and `ForkedCommand`, which a test holds like a Popen. A forked
command has its own session, environment, working directory and output, and runs `bayboard.__main__` to the
end of its threads and exit handlers. What is spared is importing and taking apart modules. The parts of
`bayboard demo` and of benchmarks start real interpreters.
"""

import atexit
import gc
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO

_PACKAGES = ("bayboard", "config", "dashboard", "ingest", "models", "reminders", "simulators")
# Not imported by a command's start: other programs, benchmarks and single migrations.
_APART = ("bayboard.__main__", "bayboard.bench.", "bayboard.demo.broker", "models.migrations.")
# What libraries import only when they are used, in nearly every command or page.
_USED_LATER = (
    "anyio._backends._asyncio",
    "dash.backends._fastapi",
    "dash.backends._flask",
    "fastapi.middleware.gzip",
    "fastapi.staticfiles",
    "holidays.countries",
    "numpy.ma",
    "plotly.graph_objs._bar",
    "plotly.graph_objs._heatmap",
    "plotly.graph_objs._layout",
    "plotly.graph_objs._scatter",
    "plotly.io.json",
    "plotly.offline",
    "pydantic.v1",
    "typer._adapters",
    "tzdata",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
    "xlsxwriter",
)
_LONGEST_REQUEST = 1 << 20
_LONGEST_STATUS = 64


class CommandServer:
    """The server as a child of this process; ends with it, or when it is closed."""

    def __init__(self, address: Path) -> None:
        """Start the server; it is asked at `address`, from now on."""
        self.commands = Commands(address)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as control:
            control.bind(str(address))
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(control.fileno())],
                pass_fds=[control.fileno()],
                stdin=subprocess.PIPE,
                # Threads do not survive a fork, so there must be none of the mathematics' own.
                env={**os.environ, "PYTHONUNBUFFERED": "1", "OPENBLAS_NUM_THREADS": "1"},
            )

    def close(self) -> None:
        """End the server; commands that it started go on."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


@dataclass(frozen=True)
class Commands:
    """Whom to ask for commands: a server somewhere on this machine."""

    address: Path

    def start(self, arguments: Sequence[str], environment: Mapping[str, str]) -> "ForkedCommand":
        """Start `bayboard …` in an environment that consists of these variables only."""
        output, their_output = os.pipe()
        status, their_status = os.pipe()
        request = json.dumps([list(arguments), dict(environment), str(Path.cwd())])
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LONGEST_REQUEST)
            asking.connect(str(self.address))
            socket.send_fds(asking, [request.encode()], [their_output, their_status])
        os.close(their_output)
        os.close(their_status)
        return ForkedCommand(output, status)


class ForkedCommand:
    """A command that the server forked, with as much of Popen's interface as tests use."""

    def __init__(self, output: int, status: int) -> None:
        self.stdout: IO[str] = os.fdopen(output, encoding="utf-8", errors="replace")
        self._status = status
        self._returncode: int | None = None
        self._lock = threading.Lock()
        said = os.read(status, _LONGEST_STATUS)
        assert said, "the server of commands has died; what it said is above"
        self.pid = int(said)

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal, or None while the command runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit status; raises TimeoutExpired as Popen does."""
        returncode = self._look(timeout)
        if returncode is None:
            raise subprocess.TimeoutExpired(f"command {self.pid}", timeout or 0)
        return returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the command if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _look(self, timeout: float | None) -> int | None:
        with self._lock:
            if self._returncode is not None:
                return self._returncode
            waiting = select.poll()
            waiting.register(self._status, select.POLLIN)
            if waiting.poll(None if timeout is None else max(timeout, 0) * 1000):
                said = os.read(self._status, _LONGEST_STATUS)
                os.close(self._status)
                assert said, "the server of commands has died; what it said is above"
                self._returncode = int(said)
            return self._returncode


def _list_modules() -> Iterator[str]:
    for package in _PACKAGES:
        yield package
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            if not module.name.startswith(_APART):
                yield module.name


def _serve(control: socket.socket) -> list[str] | None:
    """Fork a command for each request until input ends; returns in a command, with its arguments."""
    woken, waker = socket.socketpair()
    woken.setblocking(False)
    waker.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    statuses: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([control, woken, sys.stdin], [], [])
        if woken in ready:
            woken.recv(_LONGEST_STATUS)
            _report_the_dead(statuses)
        if sys.stdin in ready:
            return None
        if control not in ready:
            continue
        request, (output, status), *_ = socket.recv_fds(control, _LONGEST_REQUEST, 2)
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for ours in (control, woken, waker):
                ours.close()
            for descriptor in (*statuses.values(), status):
                os.close(descriptor)
            return _become(output, *json.loads(request))
        os.close(output)
        os.write(status, str(pid).encode())
        statuses[pid] = status


def _report_the_dead(statuses: dict[int, int]) -> None:
    for pid in list(statuses):
        dead, status = os.waitpid(pid, os.WNOHANG)
        if dead:
            descriptor = statuses.pop(pid)
            with suppress(BrokenPipeError):  # when nobody waits for it any more
                os.write(descriptor, str(os.waitstatus_to_exitcode(status)).encode())
            os.close(descriptor)


def _become(output: int, arguments: list[str], environment: dict[str, str], directory: str) -> list[str]:
    """Make this process what `python -m bayboard` would be before its first line."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
    os.chdir(directory)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, standard in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(ours, standard)
    os.close(nothing)
    os.close(output)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    return arguments


def main() -> None:
    """Import everything, serve, and run as a command where one was forked."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in (*_list_modules(), *_USED_LATER):
        import_module(name)
    # What is shared with the commands is not looked through again in each of them.
    gc.freeze()
    arguments = _serve(control)
    if arguments is not None:
        sys.argv[1:] = arguments
        os._exit(_run())


def _run() -> int:
    """Run the command as the interpreter would, and return its exit status."""
    status = 0
    try:
        runpy.run_module("bayboard", run_name="__main__", alter_sys=True)
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 0
        if isinstance(leaving.code, str):
            sys.stderr.write(f"{leaving.code}\n")
            status = 1
    except BaseException:  # noqa: BLE001  # whatever it is, an interpreter shows it and exits with 1
        traceback.print_exc()
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads that are no daemons
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return status


if __name__ == "__main__":
    main()
