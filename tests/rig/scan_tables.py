"""Looks for a text in every column of every table of a database: text, JSON, arrays and bytes."""

from typing import Any

from psycopg import Connection, sql

_COLUMNS = """
    select table_name, column_name, data_type from information_schema.columns
    join information_schema.tables using (table_schema, table_name)
    where table_schema = 'public' and table_type = 'BASE TABLE'
    order by table_name, ordinal_position
"""


def find_in_tables(connection: Connection[Any], *sought: str) -> list[str]:
    """Return `table.column: text` for every column that holds one of some texts, in any case."""
    found = []
    for table, column, kind in connection.execute(_COLUMNS).fetchall():
        value = sql.SQL("encode({}, 'escape')" if kind == "bytea" else "{}::text").format(
            sql.Identifier(column)
        )
        for text in sought:
            # Bytes that are not ASCII are escaped there.
            written = _escape(text) if kind == "bytea" else text
            query = sql.SQL("select exists (select from {} where strpos(lower({}), lower({})) > 0)").format(
                sql.Identifier(table), value, sql.Literal(written)
            )
            if connection.execute(query).fetchone() == (True,):
                found.append(f"{table}.{column}: {text}")
    return found


def _escape(text: str) -> str:
    return "".join(chr(byte) if byte < 128 else f"\\{byte:03o}" for byte in text.encode())
