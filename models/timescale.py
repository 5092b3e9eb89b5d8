"""Which kind of database this is, and what is made of its abilities.

The one module that names TimescaleDB. It detects plain PostgreSQL, the Apache and the
Community edition once, and makes hypertables where there is the extension. Everything else
asks the same tables and gets the same rows on all three, only slower without.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, text

from models.schema.events import HYPERTABLES

# A month a chunk keeps a work order's scans in one or two chunks and five years in sixty.
CHUNK_INTERVAL = "30 days"


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


def make_hypertables(connection: Connection) -> list[str]:
    """Turn the event tables into hypertables; return those that were not yet."""
    existing = set(
        connection.scalars(text("select hypertable_name from timescaledb_information.hypertables")).all()
    )
    missing = [table for table in HYPERTABLES if table not in existing]
    for table in missing:
        connection.execute(
            text(
                "select create_hypertable(:table, by_range(:column, cast(:chunk as interval)),"
                " migrate_data => true, create_default_indexes => false)"
            ),
            {"table": table, "column": HYPERTABLES[table], "chunk": CHUNK_INTERVAL},
        )
    return missing
