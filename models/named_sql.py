"""Named SQL: the queries that are files, read by their path below `models`."""

from functools import cache
from importlib.resources import files
from typing import LiteralString


@cache
def read_sql(name: str) -> LiteralString:
    """Return `models/{name}.sql`, such as `queries/board`; FileNotFoundError where there is none."""
    return files("models").joinpath(f"{name}.sql").read_text(encoding="utf-8")
