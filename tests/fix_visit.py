"""Visits of cars with all that is private about them, and somebody who may read only what is public."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import sql

from models.grants import VIEWS
from tests.fix_database import as_role

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)
PUBLIC_VIEWS = tuple(sorted(view for view, rights in VIEWS.items() if "public" in rights))
# What no customer but the own one may learn, and the own one not from us.
PRIVATE = {
    "vin": "LSVAU2A37N2183294",
    "plate": "沪A12345",
    "customer_ref": "C00017",
    "customer_name": "王建华",
    "customer_phone": "13812345678",
}


@dataclass(frozen=True, slots=True)
class Visits:
    """A database with visits."""

    connection: psycopg.Connection
    database_url: str

    def open(self, work_order: str = "RO-1", **fields: object) -> None:
        """Open a visit of one car at noon, in repair, whose customer waits; fields may say otherwise."""
        visit = {
            "site": "s1",
            "work_order": work_order,
            "registered": True,
            "cancelled": False,
            "job_type": "maintenance",
            "customer_waiting": True,
            "opened_at": NOON,
            "updated_at": NOON,
            "stage": "repairing",
            "stage_entered_at": NOON + timedelta(minutes=20),
            "operation": "Front brake pads",
            **PRIVATE,
            **fields,
        }
        self._insert("work_order", visit)

    def update(self, work_order: str = "RO-1", **fields: object) -> None:
        self.connection.execute(
            sql.SQL("update work_order set {} where work_order = %s").format(
                sql.SQL(", ").join(
                    sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value))
                    for name, value in fields.items()
                )
            ),
            [work_order],
        )

    def add(self, table: str, **row: object) -> None:
        """Add a row that belongs to the visit RO-1."""
        self._insert(table, {"site": "s1", "work_order": "RO-1", **row})

    def find_code(
        self, code: str, minutes: float, *, status: str = "confirmed", vin: str | None = None
    ) -> None:
        """Have a diagnostic tool find a code so many minutes after noon."""
        at = NOON + timedelta(minutes=minutes)
        key = {"site": "s1", "device": "tool", "event_id": f"{code} {status} {minutes}", "at": at}
        key["vin"] = vin or PRIVATE["vin"]
        self._insert(
            "diagnostic_report", {**key, "received_at": at, "corrected_at": at, "measurements": "[]"}
        )
        self._insert("trouble_code", {**key, "code": code, "status": status})

    def one(self, query: str) -> tuple[object, ...]:
        row = self.connection.execute(query.encode()).fetchone()
        assert row
        return row

    def _insert(self, table: str, row: dict[str, object]) -> None:
        self.connection.execute(
            sql.SQL("insert into {} ({}) values ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, row)),
                sql.SQL(", ").join([sql.Placeholder()] * len(row)),
            ),
            list(row.values()),
        )


@pytest.fixture
def visits(database_url: str) -> Iterator[Visits]:
    """A migrated database without visits yet."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield Visits(connection, database_url)


@pytest.fixture
def public_url(visits: Visits) -> str:
    """The same database as the role that may read its public views and nothing else."""
    return as_role(visits.database_url, "public")
