"""What the Community edition does by itself in the background: compress, drop, refresh.

Each `set_…` brings one relation's policy to what is wanted, `None` for none, and returns
whether anything changed, so that it may be called again and again. On the other editions
nothing here may be called: ask `Database.has_…` first.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Columns:
    """How rows lie in a compressed chunk: together by the one, in the order of the other."""

    segment_by: str
    order_by: str


@dataclass(frozen=True, slots=True)
class Refresh:
    """Which part of a continuous aggregate is kept current, counted back from now, and how often."""

    start: timedelta | None
    end: timedelta
    every: timedelta


def set_compression(connection: Connection, table: str, after: timedelta | None, columns: Columns) -> bool:
    """Compress the chunks of a hypertable that are older, or no more; those compressed stay so."""
    if read_compression(connection, table) == after:
        return False
    connection.execute(
        text("call remove_columnstore_policy(cast(:table as regclass), if_exists => true)"), {"table": table}
    )
    if after is not None:
        _lay_out_columns(connection, table, columns)
        connection.execute(
            text("call add_columnstore_policy(cast(:table as regclass), after => cast(:after as interval))"),
            {"table": table, "after": after},
        )
    return True


def read_compression(connection: Connection, table: str) -> timedelta | None:
    """Return the age at which chunks of a hypertable are compressed, None for never."""
    return _read_policy(connection, "policy_compression", table, "compress_after")


def set_retention(connection: Connection, table: str, keep: timedelta | None) -> bool:
    """Drop the chunks of a hypertable or continuous aggregate that are older, or no more."""
    if read_retention(connection, table) == keep:
        return False
    connection.execute(
        text("select remove_retention_policy(cast(:table as regclass), if_exists => true)"), {"table": table}
    )
    if keep is not None:
        connection.execute(
            text("select add_retention_policy(cast(:table as regclass), cast(:keep as interval))"),
            {"table": table, "keep": keep},
        )
    return True


def read_retention(connection: Connection, table: str) -> timedelta | None:
    """Return the age at which chunks of a hypertable are dropped, None for never."""
    return _read_policy(connection, "policy_retention", table, "drop_after")


def set_refresh(connection: Connection, view: str, refresh: Refresh | None) -> bool:
    """Keep a continuous aggregate current in the background, or no more."""
    wanted = (refresh.start, refresh.end, refresh.every) if refresh else None
    if _read_refresh(connection, view) == wanted:
        return False
    connection.execute(
        text("select remove_continuous_aggregate_policy(cast(:view as regclass), if_exists => true)"),
        {"view": view},
    )
    if refresh:
        connection.execute(
            text(
                "select add_continuous_aggregate_policy(cast(:view as regclass),"
                " start_offset => cast(:start as interval), end_offset => cast(:end as interval),"
                " schedule_interval => cast(:every as interval))"
            ),
            {"view": view, "start": refresh.start, "end": refresh.end, "every": refresh.every},
        )
    return True


def _lay_out_columns(connection: Connection, table: str, columns: Columns) -> None:
    connection.execute(
        text(
            f"alter table {table} set (timescaledb.enable_columnstore,"
            f" timescaledb.segmentby = '{columns.segment_by}', timescaledb.orderby = '{columns.order_by}')"
        )
    )


def _read_policy(connection: Connection, procedure: str, relation: str, key: str) -> timedelta | None:
    age: timedelta | None = connection.scalar(
        text(
            "select cast(config->>:key as interval) from timescaledb_information.jobs"
            " where proc_name = :procedure and hypertable_name = :relation"
            " and hypertable_schema = current_schema()"
        ),
        {"key": key, "procedure": procedure, "relation": relation},
    )
    return age


def _read_refresh(connection: Connection, view: str) -> tuple[timedelta | None, timedelta, timedelta] | None:
    row = connection.execute(
        text(
            "select cast(config->>'start_offset' as interval), cast(config->>'end_offset' as interval),"
            " schedule_interval from timescaledb_information.jobs"
            " where proc_name = 'policy_refresh_continuous_aggregate' and hypertable_name = :view"
        ),
        {"view": view},
    ).one_or_none()
    return (row[0], row[1], row[2]) if row else None
