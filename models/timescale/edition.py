"""Which of the three kinds of database this is, and what it can therefore do.

Detected once and asked by name: `has_…` returns whether a feature is there or, with
`check=True`, raises a sentence saying what is missing and which edition brings it. Nothing
else in the code asks for an edition.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, text


class MissingFeatureError(Exception):
    """The database cannot do what it was asked; the message says which edition can."""


class Edition(StrEnum):
    """The three kinds of database, as people call them."""

    PLAIN = "plain PostgreSQL"
    APACHE = "TimescaleDB Apache"
    COMMUNITY = "TimescaleDB Community"


@dataclass(frozen=True, slots=True)
class Database:
    """What a connection turned out to lead to."""

    edition: Edition
    server_version: str
    extension_version: str | None

    def __str__(self) -> str:
        extension = f" {self.extension_version}" if self.extension_version else ""
        return f"{self.edition}{extension} on PostgreSQL {self.server_version}"

    def has_hypertables(self, *, check: bool = False) -> bool:
        """Say whether tables can be cut into chunks by time, and old chunks dropped whole."""
        return self._has("hypertables", {Edition.APACHE, Edition.COMMUNITY}, check)

    def has_continuous_aggregates(self, *, check: bool = False) -> bool:
        """Say whether the database itself keeps aggregates current."""
        return self._has("continuous aggregates", {Edition.COMMUNITY}, check)

    def has_columnstore(self, *, check: bool = False) -> bool:
        """Say whether old chunks can be compressed."""
        return self._has("compression", {Edition.COMMUNITY}, check)

    def has_retention_policies(self, *, check: bool = False) -> bool:
        """Say whether the database drops old chunks by itself."""
        return self._has("retention policies", {Edition.COMMUNITY}, check)

    def _has(self, feature: str, editions: set[Edition], check: bool) -> bool:
        if check and self.edition not in editions:
            names = " or ".join(sorted(editions))
            raise MissingFeatureError(f"{feature}: not in {self}; {names} brings them")
        return self.edition in editions


def enable_timescaledb(connection: Connection) -> None:
    """Create the extension in this database where the server offers and preloads it."""
    offered = connection.scalar(
        text(
            "select exists (select from pg_available_extensions where name = 'timescaledb')"
            " and current_setting('shared_preload_libraries') like '%timescaledb%'"
        )
    )
    if offered:
        connection.execute(text("create extension if not exists timescaledb"))


def detect_database(connection: Connection) -> Database:
    """Say what kind of database this is, from what it has and is licensed for."""
    server_version = connection.scalar(text("select current_setting('server_version')"))
    extension_version = connection.scalar(
        text("select extversion from pg_extension where extname = 'timescaledb'")
    )
    licence = connection.scalar(text("select current_setting('timescaledb.license', true)"))
    if extension_version is None:
        edition = Edition.PLAIN
    elif licence == "timescale":
        edition = Edition.COMMUNITY
    else:
        edition = Edition.APACHE
    return Database(edition, str(server_version), extension_version)
