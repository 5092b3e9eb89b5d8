"""The audit trail: entries are added, and nothing but retention takes one away."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from config.store import StoreRules
from models.audit import add_by_command
from models.connect import connect_database
from models.domain.audit import Action
from models.prune import prune_store

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def put(url: str, at: datetime = NOW, once: str | None = None) -> None:
    with psycopg.connect(url) as connection:
        add_by_command(
            connection,
            at=at,
            who="chen",
            from_address="192.0.2.7",
            what=Action.SCREEN_ADDED,
            about="s1/North wall\0",
            after={"kind": "wall"},
            sites=["s1"],
            once=once,
        )


def read(url: str) -> list[dict[str, object]]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute("select * from audit order by id").fetchall()


@pytest.mark.parametrize("change", ["update audit set who = 'x'", "delete from audit", "truncate audit"])
def test_an_entry_is_neither_changed_nor_deleted(database_url: str, change: str) -> None:
    put(database_url)
    with (
        psycopg.connect(database_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
    ):
        connection.execute(change.encode())
    assert [row["who"] for row in read(database_url)] == ["chen"]


def test_what_is_written_once_has_one_entry(database_url: str) -> None:
    put(database_url, once="chen saw s1/RO-1 at 9")
    put(database_url, once="chen saw s1/RO-1 at 9")
    put(database_url)
    assert [row["about"] for row in read(database_url)] == ["s1/North wall"] * 2


def test_an_entry_with_a_secret_is_refused(database_url: str) -> None:
    with psycopg.connect(database_url) as connection, pytest.raises(ValueError, match="new_password"):
        add_by_command(
            connection,
            at=NOW,
            who="chen",
            from_address=None,
            what=Action.PASSWORD_CHANGED,
            after={"new_password": "x"},
        )


def test_entries_go_after_the_days_of_the_workshop_file(database_url: str) -> None:
    for days in (0, 199, 201):
        put(database_url, NOW - timedelta(days=days))
    engine = connect_database(database_url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        kept = StoreRules.model_validate({"audit": {"keep_days": 200}})
        assert prune_store(connection, kept, NOW) == {"audit": 1}
        # An horizon that is wrong by a century takes the last half year of nobody.
        assert prune_store(connection, kept, NOW + timedelta(days=36500)) == {"audit": 1}
    engine.dispose()
    assert [row["at"] for row in read(database_url)] == [NOW]
