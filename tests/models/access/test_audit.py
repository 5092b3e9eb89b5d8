"""The audit trail: entries are added, and nothing but retention takes one away."""

import asyncio
import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from fastapi import FastAPI
from psycopg.rows import dict_row

from config.store import StoreRules
from config.texts import LANGS, text
from dashboard.access.identity import Role, User, Visit, current_visit
from dashboard.access.trail import Looks
from dashboard.database import database_opener
from models.database.engine import connect_database
from models.domain.access.audit import COMMAND, Action
from models.prune import prune_store
from models.queries.access.audit import add_by_command
from tests.dashboard.access.test_sessions import call, find_output
from tests.dashboard.access.test_sign_in import NO_DATABASE, get, make_app, session, warm_up

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


def warmed(database_url: str) -> FastAPI:
    app = make_app(database_url=database_url)
    warm_up(app)
    return app


def ask_audit(app: FastAPI, cookies: dict[str, str], **filters: object) -> str:
    """Return what the page shows with these filters."""
    output = find_output(app, "audit-newer")
    given = {f"audit-{name}": value for name, value in filters.items()}
    return str(call(app, cookies, output, "audit-who", **given))


def test_a_manager_of_one_site_sees_its_entries_alone_and_a_foreman_none(database_url: str) -> None:
    app = warmed(database_url)
    for number, sites in enumerate((["s1"], ["s2"], ["s1", "s2"], None)):
        with psycopg.connect(database_url) as connection:
            add_by_command(
                connection,
                at=NOW,
                who="li",
                from_address=COMMAND,
                what=Action.DEVICE_ADDED,
                about=f"device-{number}",
                sites=sites,
            )
    one = ask_audit(app, session(User(Role.MANAGER, ("s1",))))
    assert [f"device-{number}" in one for number in range(4)] == [True, False, False, False]
    every = ask_audit(app, session())
    assert all(f"device-{number}" in every for number in range(4))
    assert "4 entries" in every
    assert get(app, "/audit", session(User(Role.FOREMAN))).status_code == 403


def test_entries_are_filtered_paged_and_exported_and_the_export_is_noted(database_url: str) -> None:
    app = warmed(database_url)
    for number in range(120):
        put(database_url, NOW + timedelta(seconds=number))
    shown = ask_audit(app, session())
    assert "120 entries, 1 to 100 shown" in shown
    older = call(app, session(), find_output(app, "audit-newer"), "audit-older")
    assert "120 entries, 101 to 120 shown" in older
    assert "No entries match" in ask_audit(app, session(), what=["signed_in"])
    assert "120 entries" in ask_audit(app, session(), what=["screen_added", "nonsense"], about="NORTH")
    sent = json.loads(call(app, session(), "audit-file.data", "audit-csv"))
    content = b64decode(sent["response"]["audit-file"]["data"]["content"]).decode("utf-8-sig")
    assert len(content.splitlines()) == 121
    assert "kind wall" in content
    assert [(row["what"], row["after"]) for row in read(database_url)[120:]] == [("exported", {"rows": 120})]


def test_a_look_is_noted_once_an_hour_and_fails_no_page(database_url: str) -> None:
    async def look() -> None:
        looks = [Looks(database_opener(database_url), lambda: NOW) for _ in range(2)]
        away = Looks(database_opener(NO_DATABASE), lambda: NOW)
        current_visit.set(Visit(User(Role.FOREMAN, ("s1",), "li"), "en", "192.0.2.8"))
        for each in (*looks, *looks, away):
            each.note(Action.RECORD_SEEN, "s1/RO-1", ["s1"])
        for each in (*looks, away):
            await asyncio.gather(*each._writing)

    asyncio.run(look())
    found = [(row["who"], row["what"], row["about"], row["from_address"]) for row in read(database_url)]
    assert found == [("li", "record_seen", "s1/RO-1", "192.0.2.8")]


def test_every_action_has_its_words() -> None:
    for lang in LANGS:
        assert all(text(lang, f"audit_what.{action}") for action in Action)
