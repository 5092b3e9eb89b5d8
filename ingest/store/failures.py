"""What a failure of the database means for the batch: try again, or find the row to blame.

One function sorts every error. Transient: nothing is wrong with the batch, the database is
away, busy, full or read-only; keep the batch, acknowledge nothing, try again. Permanent:
some row can never be stored; split the batch until that row is alone.
"""

from dataclasses import dataclass
from enum import Enum, auto

import psycopg


class Failure(Enum):
    """What to do with a batch that could not be written."""

    TRANSIENT = auto()
    PERMANENT = auto()


# SQLSTATE classes that speak of data, not of the state of the server (PostgreSQL, appendix A).
_BLAMES_A_ROW = (
    "21",  # cardinality violation
    "22",  # data exception: out of range, invalid text representation, NUL in text
    "23",  # integrity constraint violation
    "44",  # with check option violation
    "54",  # program limit exceeded: an index row too large, too many columns
)


def classify_failure(error: Exception) -> Failure:
    """Sort an error; what is unknown of a database counts as transient, because retrying loses nothing.

    What is no error of the database comes from a message itself, and would come again at every try.
    """
    if isinstance(error, MemoryError | OSError):
        return Failure.TRANSIENT
    if not isinstance(error, psycopg.Error):
        return Failure.PERMANENT
    if error.sqlstate is None:
        # No answer of a server: either the connection broke, or psycopg itself could not
        # express a value, as with text that holds NUL.
        return Failure.PERMANENT if isinstance(error, psycopg.DataError) else Failure.TRANSIENT
    return Failure.PERMANENT if error.sqlstate.startswith(_BLAMES_A_ROW) else Failure.TRANSIENT


@dataclass(frozen=True, slots=True)
class Refused:
    """A database that answers, but stores nothing until somebody does something about it."""

    sqlstate_class: str
    meaning: str


_MEANINGS = {
    "25": "it is read-only",
    "42": "its schema is not ours or our rights do not suffice; has `bayboard migrate` run?",
    "53": "its disk is full, or it is out of memory or connections",
    "58": "its disk fails",
}
# These pass by themselves: connection broken, rolled back, object in use, stopped by an operator.
_PASSES = ("08", "40", "55", "57")


def explain_refused(error: psycopg.Error) -> Refused | None:
    """Say why a server that answers cannot store; None when it is away or will have done in a moment."""
    if error.sqlstate is None or error.sqlstate.startswith(_PASSES):
        return None
    return Refused(error.sqlstate[:2], _MEANINGS.get(error.sqlstate[:2], f"SQLSTATE {error.sqlstate}"))


def first_line(error: Exception) -> str:
    """Return the line of an error that says what it is."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def explain_unexpected(error: Exception) -> str:
    """Return the reason for refusing a message that raised what nobody expected."""
    if isinstance(error, psycopg.Error):
        return f"database: {first_line(error)}"
    return f"unexpected: {type(error).__name__}: {first_line(error)}"
