"""Makes a role of the database for each service that has a password, and grants what models.grants lists.

Everything is brought to the list again at each migration, so that a right that was taken from the list is
taken from the role. Where the migrating role may not create roles, nothing fails: a sentence says what to do.
"""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import Connection, sql

from models.grants import FUNCTIONS, PRIVILEGES, PUBLIC_ROLE, SERVICES, TABLES, VIEWS, name_role

_OURS = (*SERVICES, "public")
_FIND_ROLES = "select rolname from pg_roles where rolname = any(%s)"
# What is made by somebody else's migration of another database of this server at the same time is there, too.
_THERE_ALREADY = (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation)
_RELATIONS = (
    "select relname from pg_class"
    " where relnamespace = current_schema()::regnamespace and relkind = any('{r,p,v}')"
)
_FUNCTIONS = (
    "select proname from pg_proc where proname = any(%s) and pronamespace = current_schema()::regnamespace"
)


def make_roles(connection: Connection[Any], passwords: Mapping[str, str]) -> list[str]:
    """Make and grant the roles in the caller's transaction; return what is to be said of them."""
    said = []
    try:
        with connection.transaction():
            _make_role(connection, PUBLIC_ROLE, None)
            _be_member(connection)
            for service, password in passwords.items():
                _make_role(connection, name_role(service), password)
    except psycopg.errors.InsufficientPrivilege as error:
        said.append(_explain(connection, str(error).strip().splitlines()[0]))
    known = [name for (name,) in connection.execute(_FIND_ROLES, [[name_role(each) for each in _OURS]])]
    for service in _OURS:
        if name_role(service) in known:
            _grant(connection, service)
    if {PUBLIC_ROLE, name_role("serve")} <= set(known):
        _grant_membership(connection, name_role("serve"), said)
    services = [each for each in SERVICES if name_role(each) in known]
    if services:
        said.append(f"roles: {', '.join(map(name_role, services))} have their rights")
    else:
        said.append("roles: one for all services; BAYBOARD_DATABASE_ROLES gives each its own (docs/store.md)")
    if PUBLIC_ROLE in known:
        said.append(f"public pages: read as {PUBLIC_ROLE}, which sees the public views alone")
    return said


def _make_role(connection: Connection[Any], name: str, password: str | None) -> None:
    role = sql.Identifier(name)
    try:
        with connection.transaction():
            connection.execute(sql.SQL("create role {}").format(role))
    except _THERE_ALREADY:
        pass
    if password is not None:
        # As its hash, so that it is in no log of statements.
        hashed = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
        connection.execute(
            sql.SQL("alter role {} login password {}").format(role, sql.Literal(hashed.decode()))
        )


def _be_member(connection: Connection[Any]) -> None:
    """Let the migrating role read as the public one, where it is the only one and no superuser."""
    row = connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
    if row == (False,):
        connection.execute(
            sql.SQL("grant {} to {}").format(sql.Identifier(PUBLIC_ROLE), sql.SQL("current_user"))
        )


def _grant_membership(connection: Connection[Any], member: str, said: list[str]) -> None:
    grant = sql.SQL("grant {} to {}").format(sql.Identifier(PUBLIC_ROLE), sql.Identifier(member))
    row = connection.execute("select pg_has_role(%s, %s, 'member')", [member, PUBLIC_ROLE]).fetchone()
    if row == (True,):
        return
    try:
        with connection.transaction():
            connection.execute(grant)
    except psycopg.errors.InsufficientPrivilege:
        said.append(f"roles: have an administrator run `grant {PUBLIC_ROLE} to {member}`")


def _grant(connection: Connection[Any], service: str) -> None:
    """Take every right from a role and give it those of the list."""
    role = sql.Identifier(name_role(service))
    (schema,) = connection.execute("select current_schema()").fetchone() or ("public",)
    within = sql.Identifier(schema)
    connection.execute(sql.SQL("revoke all on all tables in schema {} from {}").format(within, role))
    connection.execute(sql.SQL("revoke create on schema {} from {}").format(within, role))
    connection.execute(sql.SQL("grant usage on schema {} to {}").format(within, role))
    there = {name for (name,) in connection.execute(_RELATIONS)}
    for relation, rights in (*TABLES.items(), *VIEWS.items()):
        if relation in there and (letters := rights.get(service)):
            what = sql.SQL(", ").join(sql.SQL(PRIVILEGES[letter]) for letter in letters)
            connection.execute(sql.SQL("grant {} on {} to {}").format(what, sql.Identifier(relation), role))
    for (function,) in connection.execute(_FUNCTIONS, [list(FUNCTIONS)]).fetchall():
        name = sql.Identifier(function)
        connection.execute(sql.SQL("revoke all on function {} from public, {}").format(name, role))
        if service in FUNCTIONS[function]:
            connection.execute(sql.SQL("grant execute on function {} to {}").format(name, role))


def _explain(connection: Connection[Any], why: str) -> str:
    (user,) = connection.execute("select current_user").fetchone() or ("?",)
    return (
        f"roles: {user} may not make them ({why}); have an administrator run `alter role {user} createrole`"
        " and migrate again"
    )
