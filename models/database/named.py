"""Named SQL: the queries that are files, read by their path below `models`.

A fact that Python and SQL share is written in a query as `@name`; its value is here.
"""

from functools import cache
from importlib.resources import files
from typing import LiteralString

from models.domain.labour import LONGEST_SHIFT

_FACTS = {"longest_shift": f"interval '{LONGEST_SHIFT.total_seconds():.0f} seconds'"}


@cache
def read_sql(name: str) -> LiteralString:
    """Return `models/{name}.sql`, such as `queries/board/cars`; FileNotFoundError where there is none."""
    text = files("models").joinpath(f"{name}.sql").read_text(encoding="utf-8")
    for fact, value in _FACTS.items():
        text = text.replace(f"@{fact}", value)
    return text
