"""Continuous aggregates, by name: only on the Community edition; ask `Database.has_continuous_aggregates`.

They answer in real time: what is not materialised yet is reckoned when asked. A refresh must
not reach further back than the raw rows are kept, or it would forget what it knew.
"""

from datetime import datetime

from sqlalchemy import Connection, text


def make_continuous_aggregate(connection: Connection, name: str, select: str) -> bool:
    """Make a continuous aggregate of a select by time_bucket, empty; return False if it is there."""
    if name in list_continuous_aggregates(connection):
        return False
    connection.execute(
        text(
            f"create materialized view {name}"
            " with (timescaledb.continuous, timescaledb.materialized_only = false)"
            f" as {select} with no data"
        )
    )
    return True


def list_continuous_aggregates(connection: Connection) -> set[str]:
    """Name the continuous aggregates there are."""
    return set(
        connection.scalars(
            text(
                "select view_name from timescaledb_information.continuous_aggregates"
                " where view_schema = current_schema()"
            )
        )
    )


def refresh_continuous_aggregate(
    connection: Connection, name: str, since: datetime | None, until: datetime | None
) -> None:
    """Materialise a span, None for open; the connection must be in autocommit."""
    connection.execute(
        text(
            "call refresh_continuous_aggregate(cast(:name as regclass),"
            " cast(:since as timestamptz), cast(:until as timestamptz))"
        ),
        {"name": name, "since": since, "until": until},
    )
