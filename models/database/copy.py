"""Rows into a table through COPY, in binary.

Owns that PostgreSQL is told the type of every column, as the schema has them. What rows there
are, and what to do about duplicates, is the caller's.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from psycopg import Connection, sql
from sqlalchemy.dialects import postgresql

from models.schema.metadata import metadata

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def copy_rows(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    into: str | None = None,
) -> None:
    """Copy rows into a table, or into another that has its columns."""
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        sql.Identifier(into or table), name_columns(columns)
    )
    with connection.cursor().copy(statement) as copy:
        copy.set_types(_types(table, tuple(columns)))
        for row in rows:
            copy.write_row(row)


def name_columns(columns: Iterable[str]) -> sql.Composed:
    """Return columns as a statement lists them."""
    return sql.SQL(", ").join(map(sql.Identifier, columns))


@cache
def _types(table: str, columns: tuple[str, ...]) -> list[str]:
    described = metadata.tables[table].columns
    return [described[name].type.compile(dialect=_DIALECT).lower() for name in columns]
