"""Event tables cut into chunks by time, where there is the extension."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.schema.events import HYPERTABLES

# Chosen by measurement: docs/store.md has the table.
CHUNK_INTERVAL = timedelta(days=30)


# Chunks are dropped by the owner of the table alone, and `bayboard ingest` may have a role of its own.
_DROP_OLD_CHUNKS = """
create or replace function drop_old_chunks(relation regclass, older_than timestamptz) returns setof text
language sql security definer set search_path from current as $$ select drop_chunks(relation, older_than) $$
"""


def make_hypertables(connection: Connection) -> list[str]:
    """Turn the event tables into hypertables; return those that were not yet."""
    connection.execute(text(_DROP_OLD_CHUNKS))
    connection.execute(text("revoke all on function drop_old_chunks from public"))
    existing = list_hypertables(connection)
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


def list_hypertables(connection: Connection) -> set[str]:
    """Name the tables that are hypertables."""
    return set(
        connection.scalars(text("select hypertable_name from timescaledb_information.hypertables")).all()
    )


def drop_chunks(connection: Connection, table: str, older_than: datetime) -> int:
    """Drop the chunks of a table that lie wholly before a time; return how many there were."""
    dropped = connection.scalars(
        text("select drop_old_chunks(cast(:table as regclass), :older_than)"),
        {"table": table, "older_than": older_than},
    )
    return len(dropped.all())
