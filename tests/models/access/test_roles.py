"""Each service has a role of the database that may do what the service does, and nothing else."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from models.grants import FUNCTIONS, PRIVILEGES, SERVICES, TABLES, VIEWS
from models.migrations.run import migrate
from models.schema.metadata import metadata
from tests.fixtures.database import ROLE_PASSWORDS, as_role

RELATIONS = (
    "select relname, relkind in ('v', 'm') from pg_class"
    " where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v', 'm')"
    # What an extension brought is not ours.
    " and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e')"
)


@pytest.mark.every_database
def test_every_table_and_view_is_in_the_list_of_rights(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        found: dict[str, bool] = dict(connection.execute(RELATIONS).fetchall())
    assert {name for name, is_view in found.items() if not is_view} == set(TABLES)
    assert {name for name, is_view in found.items() if is_view} >= set(VIEWS) - {"mileage_hour_aggregate"}
    assert {name for name, is_view in found.items() if is_view} <= set(VIEWS)
    assert set(metadata.tables) | {"alembic_version"} == set(TABLES)


@pytest.mark.every_database
def test_roles_have_the_rights_of_the_list_and_no_others(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        there = [name for name in (*TABLES, *VIEWS) if name in dict(connection.execute(RELATIONS).fetchall())]
        held = set(
            connection.execute(
                "select service, relation, letter from unnest(%s::text[]) as service,"
                " unnest(%s::text[]) as relation,"
                " unnest(%s::text[], %s::text[]) as of (letter, privilege)"
                " where has_table_privilege('bayboard_' || service, relation, privilege)",
                [[*SERVICES, "public"], there, list(PRIVILEGES), list(PRIVILEGES.values())],
            ).fetchall()
        )
    # The dashboard is a member of the public role.
    shares = {"serve": ("serve", "public")}
    listed = {
        (service, relation, letter)
        for service in (*SERVICES, "public")
        for relation in there
        for name in shares.get(service, (service,))
        for letter in {**TABLES, **VIEWS}[relation].get(name, "")
    }
    assert held == listed


def test_functions_with_their_owners_rights_are_for_those_of_the_list_alone(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "select proname, service, has_function_privilege('bayboard_' || service, pg_proc.oid, 'execute')"
            " from pg_proc, unnest(%s::text[]) as service"
            " where prosecdef and pronamespace = current_schema()::regnamespace",
            [[*SERVICES, "public"]],
        ).fetchall()
    assert {(name, service) for name, service, may in found if may} == {
        (name, service)
        for name, services in FUNCTIONS.items()
        for service in services
        if name != "drop_old_chunks"
    }
    assert {name for name, _, _ in found} <= set(FUNCTIONS)


FORBIDDEN = (
    "create table mine (x integer)",
    "alter table work_order add column x integer",
    "drop table work_order",
    "truncate work_order",
    "create role mine",
    "copy (select 1) to program 'true'",
    "select pg_read_file('postgresql.conf')",
    "create extension dblink",
)
OF_OTHERS = {
    "ingest": ("account", "screen", "outbox_message", "progress_link", "customer_consent"),
    "remind": ("account", "screen", "quarantined_message", "device"),
    "serve": ("public_visit", "timeless_message"),
    "access": ("work_order", "account", "vehicle"),
    "public": ("work_order", "vehicle", "visit_ticket", "public_visit", "account"),
}


def test_no_service_changes_the_database_leaves_it_or_reads_what_is_others(database_url: str) -> None:
    allowed = []
    for service, tables in OF_OTHERS.items():
        with psycopg.connect(as_role(database_url, service), autocommit=True) as connection:
            for statement in (*FORBIDDEN, *(f"select * from {table}" for table in tables)):
                try:
                    connection.execute(statement.encode())
                except (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported):
                    continue
                allowed.append((service, statement))
    assert allowed == []


@pytest.fixture
def owner(empty_database_url: str) -> Iterator[str]:
    """The address of an empty database whose owner may do nothing outside of it."""
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        database = connection.info.dbname
        role = sql.Identifier(f"owner_of_{database}")
        connection.execute(sql.SQL("create role {} login").format(role))
        connection.execute(sql.SQL("alter database {} owner to {}").format(sql.Identifier(database), role))
        info = connection.info
        yield f"postgresql://owner_of_{database}@{info.host}:{info.port}/{database}"
        connection.execute(sql.SQL("alter database {} owner to postgres").format(sql.Identifier(database)))
        connection.execute(sql.SQL("drop owned by {} cascade").format(role))
        connection.execute(sql.SQL("drop role {}").format(role))


def test_an_owner_that_may_not_make_roles_is_given_a_sentence_and_a_schema(owner: str) -> None:
    for _ in range(2):
        said = str(migrate(owner, roles={"ingest": "a password"}))
        assert "may not make them" in said
        assert "createrole" in said
        with psycopg.connect(owner) as connection:
            assert connection.execute("select count(*) from work_order").fetchone() == (0,)


def test_roles_are_brought_to_the_list_again(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("grant select on account to bayboard_ingest")
        connection.execute("revoke select on work_order from bayboard_serve")
    assert "have their rights" in str(migrate(database_url, roles=ROLE_PASSWORDS))
    with psycopg.connect(database_url) as connection:
        assert connection.execute(
            "select has_table_privilege('bayboard_ingest', 'account', 'select'),"
            " has_table_privilege('bayboard_serve', 'work_order', 'select')"
        ).fetchone() == (False, True)
