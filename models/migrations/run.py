"""Brings a database to the current schema, once however many processes ask at the same time.

Owns the order: lock, extension, Alembic's revisions, hypertables, policies, views, roles. All of it is one
transaction, so a migration either happened or did not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from config.store import StoreRules
from models.database.engine import connect_database, take_driver
from models.locks import Lock, hold
from models.migrations.roles import make_roles
from models.rollups.mileage import aggregate_mileage
from models.rollups.views import install_rollups
from models.store import PolicyChange, apply_store
from models.timescale.edition import Database, detect_database, enable_timescaledb
from models.timescale.hypertables import make_hypertables


@dataclass(frozen=True, slots=True)
class Migration:
    """What `migrate` found and did."""

    database: Database
    before: str | None
    after: str
    hypertables: list[str]
    policies: list[PolicyChange]
    aggregate: str | None
    roles: list[str]

    def __str__(self) -> str:
        lines = [f"database: {self.database}"]
        if self.before == self.after:
            lines.append(f"schema: already at {self.after}")
        else:
            lines.append(f"schema: brought from {self.before or 'nothing'} to {self.after}")
        if self.database.has_hypertables():
            made = ", ".join(self.hypertables) or "all there already"
            lines.append(f"hypertables switched on: {made}")
        if self.aggregate:
            lines.append(f"continuous aggregate: {self.aggregate}, kept current by the database")
        if self.database.has_retention_policies():
            lines.extend(map(str, self.policies))
            if not self.policies:
                lines.append("compression and retention: as the workshop file says already")
        else:
            lines.append(
                "compression: not in this edition; retention: `bayboard ingest` drops what is too old"
            )
        return "\n".join([*lines, *self.roles])


def migrate(
    database_url: str, rules: StoreRules | None = None, roles: Mapping[str, str] | None = None
) -> Migration:
    """Bring a database to the current schema, and its policies to the rules, by default the defaults.

    `roles` are passwords by service: each of these gets a role of its own.

    Safe to repeat and to run from several processes. Raises sqlalchemy.exc.OperationalError when
    the database cannot be reached.
    """
    engine = connect_database(database_url)
    try:
        with engine.begin() as connection:
            hold(take_driver(connection), Lock.MIGRATION)
            enable_timescaledb(connection)
            database = detect_database(connection)
            before = current_revision(connection)
            config = alembic_config(connection)
            command.upgrade(config, "head")
            made = make_hypertables(connection) if database.has_hypertables() else []
            rules = rules or StoreRules()
            changes = apply_store(connection, database, rules)
            aggregate = aggregate_mileage(connection, database, rules)
            install_rollups(take_driver(connection), aggregate)
            granted = make_roles(take_driver(connection), roles or {})
            return Migration(database, before, newest_revision(), made, changes, aggregate, granted)
    finally:
        engine.dispose()


def current_revision(connection: Connection) -> str | None:
    """Return the revision a database is at, None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """Return the revision the code expects."""
    head = ScriptDirectory.from_config(alembic_config(None)).get_current_head()
    assert head is not None, "there is always a first revision"  # noqa: S101
    return head


def alembic_config(connection: Connection | None) -> Config:
    """Return Alembic's configuration, made here so that no alembic.ini is needed."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config
