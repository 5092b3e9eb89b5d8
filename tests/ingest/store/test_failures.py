"""Every failure of the database is sorted into one of two kinds."""

import psycopg
import pytest
from psycopg import errors

from ingest.store.failures import Failure, classify_failure


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("connection refused"),
        errors.DiskFull(),
        errors.ReadOnlySqlTransaction(),
        errors.AdminShutdown(),
        errors.DeadlockDetected(),
        errors.SerializationFailure(),
        errors.UndefinedTable(),
        errors.InsufficientPrivilege(),
        errors.TooManyConnections(),
        errors.QueryCanceled(),
    ],
)
def test_what_the_batch_is_not_to_blame_for_is_tried_again(error: psycopg.Error) -> None:
    assert classify_failure(error) is Failure.TRANSIENT


@pytest.mark.parametrize(
    "error",
    [
        psycopg.DataError("text fields cannot contain NUL"),
        errors.CharacterNotInRepertoire(),
        errors.NumericValueOutOfRange(),
        errors.CheckViolation(),
        errors.NotNullViolation(),
        errors.ProgramLimitExceeded(),
    ],
)
def test_what_one_row_is_to_blame_for_is_not(error: psycopg.Error) -> None:
    assert classify_failure(error) is Failure.PERMANENT
