"""Real databases for tests: the embedded PostgreSQL and TimescaleDB.

Owns the servers of a test session, on 127.0.0.1 and a free port each, and gives every test a
database of its own, cloned from one that was migrated once. Refuses to share data between tests.
No package brings TimescaleDB's Community edition; it is tested where an address names a server.
"""

import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import LiteralString
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import sql

from bayboard.demo.embedded import PostgresServer
from models.grants import SERVICES, name_role

# A server that preloads TimescaleDB under its own licence; its address names a superuser.
COMMUNITY_URL = os.environ.get("BAYBOARD_TEST_COMMUNITY_URL")
DATABASE_KINDS = ("postgresql", "timescaledb", *(["timescaledb_community"] if COMMUNITY_URL else []))
_SCRIPT = Path(__file__).parent.parent / "scripts" / "timescaledb.sh"
# Safe over the kill of a server all the same, only not over the loss of a machine.
_FAST_NOT_SAFE = {"fsync": "off", "full_page_writes": "off"}


# Each service of a test has the role it has in production, so that a right that is missing is found.
ROLE_PASSWORDS = dict.fromkeys(SERVICES, "letters and digits")


def as_role(database_url: str, service: str) -> str:
    """Return the address of a database as a service's own role signs in there."""
    url = urlsplit(database_url)
    if service == "public":
        return url._replace(query="options=-c%20role%3Dbayboard_public").geturl()
    return url._replace(
        netloc=f"{name_role(service)}:{quote(ROLE_PASSWORDS[service])}@{url.hostname}:{url.port}"
    ).geturl()


@dataclass(slots=True)
class DatabaseServer:
    """A running server and the databases made on it for tests."""

    url: str
    # Begins the names of our databases, where others may have theirs.
    prefix: str = ""
    _numbers: Iterator[int] = field(default_factory=itertools.count, init=False)
    _template: str | None = field(default=None, init=False)

    @contextmanager
    def make_database(self, template: str = "template1") -> Iterator[str]:
        """Yield the address of a new database, and drop it afterwards, whoever is still connected."""
        name = f"{self.prefix}test_{next(self._numbers)}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield urlsplit(self.url)._replace(path=f"/{name}").geturl()
        finally:
            self._run("DROP DATABASE {} WITH (FORCE)", name)

    def migrated_template(self) -> str:
        """Name a database with the current schema, made on first use."""
        if self._template is None:
            # Imported here: a test of an empty database must not fail over a broken migration.
            from models.migrations.run import migrate  # noqa: PLC0415

            template = f"{self.prefix}migrated"
            self._run("CREATE DATABASE {}", template)
            migrate(urlsplit(self.url)._replace(path=f"/{template}").geturl(), roles=ROLE_PASSWORDS)
            self._template = template
        return self._template

    def drop_template(self) -> None:
        """Leave nothing behind on a server that outlives us."""
        if self._template:
            self._run("DROP DATABASE {} WITH (FORCE)", self._template)

    def make_template(self, name: str) -> str:
        """Make a database with the current schema, to be filled and cloned; return its address."""
        self._run("CREATE DATABASE {} TEMPLATE {}", name, self.migrated_template())
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    def _run(self, statement: LiteralString, *names: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "every_database: run on each kind of database; other tests run on the embedded one"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("every_database"):
        metafunc.parametrize("database_kind", DATABASE_KINDS, indirect=True)


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """One of DATABASE_KINDS."""
    kind: str = getattr(request, "param", "postgresql")
    return kind


@pytest.fixture
def database_server(database_kind: str, request: pytest.FixtureRequest) -> DatabaseServer:
    """The session's server of the kind this test runs on."""
    server: DatabaseServer = request.getfixturevalue(f"{database_kind}_server")
    return server


@pytest.fixture
def database_url(database_server: DatabaseServer) -> Iterator[str]:
    """A database of this test's own, with the current schema and no rows."""
    with database_server.make_database(database_server.migrated_template()) as url:
        yield url


@pytest.fixture
def empty_database_url(database_server: DatabaseServer) -> Iterator[str]:
    """A database of this test's own, with nothing in it."""
    with database_server.make_database() as url:
        yield url


@pytest.fixture(scope="session")
def new_data_dir() -> Iterator[Callable[[], Path]]:
    """A function that returns the place for a new data directory.

    Not below tmp_path: whenever another run starts, pytest closes that to everybody but the
    account it runs as, and root's PostgreSQL runs as another one.
    """
    with TemporaryDirectory(prefix="bayboard-tests-") as directory:
        yield lambda: Path(mkdtemp(dir=directory)) / "data"


@pytest.fixture
def own_server(new_data_dir: Callable[[], Path], free_port: Callable[[], int]) -> Iterator[PostgresServer]:
    """A server of this test's own, with the current schema, which it may stop, fill or lock."""
    # Imported here: a test of an empty database must not fail over a broken migration.
    from models.migrations.run import migrate  # noqa: PLC0415

    with PostgresServer(new_data_dir(), free_port(), _FAST_NOT_SAFE) as server:
        migrate(server.url, roles=ROLE_PASSWORDS)
        yield server


@pytest.fixture(scope="session")
def postgresql_server(
    new_data_dir: Callable[[], Path], free_port: Callable[[], int]
) -> Iterator[DatabaseServer]:
    with PostgresServer(new_data_dir(), free_port(), _FAST_NOT_SAFE) as server:
        yield DatabaseServer(server.url)


@pytest.fixture(scope="session")
def timescaledb_server(free_port: Callable[[], int]) -> Iterator[DatabaseServer]:
    port = str(free_port())
    started = subprocess.run([_SCRIPT, "start", port], capture_output=True, text=True, check=False)
    if started.returncode:
        pytest.fail(started.stderr.strip())
    yield DatabaseServer(started.stdout.strip())
    subprocess.run([_SCRIPT, "stop", port], check=True)


@pytest.fixture(scope="session")
def timescaledb_community_server() -> Iterator[DatabaseServer]:
    assert COMMUNITY_URL
    server = DatabaseServer(COMMUNITY_URL, prefix=f"bayboard_{os.getpid()}_")
    yield server
    server.drop_template()
