"""Vehicles, their readings and work orders for tests of reminders, written as ingest leaves them.

Owns no promise; it writes rows and reads what became of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, LiteralString

import psycopg

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import Workshop, load_workshop
from reminders.service.engine import Engine
from reminders.service.metrics import Metrics
from reminders.service.plans import make_plans
from tests.fixtures.database import as_role

# A Wednesday at ten in Shanghai, where the demo's site is.
NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
VIN = "LSVAU2A37N2183294"
_SHIPPED = load_workshop(DEFAULT_WORKSHOP_FILE)
# Customers are reminded here unless they say no; that the shipped file asks for a yes is a test's.
WORKSHOP = _SHIPPED.model_copy(
    update={"reminders": _SHIPPED.reminders.model_copy(update={"consent": "opt_out"})}
)


@dataclass(slots=True)
class Garage:
    """A database with vehicles in it."""

    url: str
    workshop: Workshop = WORKSHOP
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def run(self, now: datetime = NOW, *, full: bool = True) -> None:
        """Let an engine do one pass as of a time."""
        engine = self.make_engine()
        try:
            engine.pass_once(now, full=full)
        finally:
            engine.close()

    def make_engine(self) -> Engine:
        """Make an engine of this workshop's plans; it is the caller's to close."""
        return Engine(
            database_url=as_role(self.url, "remind"),
            plans=make_plans(self.workshop),
            metrics=Metrics(),
            clock=lambda: NOW,
        )

    def add_vehicle(self, vin: str = VIN, in_service_on: date = date(2024, 3, 1)) -> None:
        self.write(
            "insert into vehicle values (%s, %s, 'Volkswagen', 'Passat', 2024, 'petrol', %s, %s)"
            " on conflict do nothing",
            (vin, f"沪A{vin[-5:]}", in_service_on, NOW - timedelta(days=900)),
        )
        self.write("insert into site_vehicle select 's1', * from vehicle on conflict do nothing")

    def add_reading(self, at: datetime, km: float, vin: str = VIN, device: str = "gateway") -> None:
        self.write(
            "insert into odometer_reading (site, device, event_id, at, received_at, corrected_at, vin, km,"
            " value, unit) values ('s1', %s, %s, %s, %s, %s, %s, %s, %s, 'km')",
            (device, str(next(self._numbers)), at, at, at, vin, km, km),
        )

    def add_driving(
        self, km: float, km_per_day: float, vin: str = VIN, until: datetime = NOW, days: int = 80
    ) -> None:
        """Add readings of every fifth day, the last of which, just before `until`, shows `km`."""
        for ago in range(days, -1, -5):
            self.add_reading(until - timedelta(days=ago, hours=1), km - ago * km_per_day, vin)

    def add_order(
        self,
        opened_at: datetime,
        closed_at: datetime | None,
        *operations: str,
        vin: str = VIN,
        customer: str = "C1",
        hours: float = 0.6,
        job_type: str = "maintenance",
    ) -> str:
        order = f"RO-{next(self._numbers)}"
        self.write(
            "insert into work_order (site, work_order, registered, vin, job_type, advisor, customer_ref,"
            " customer_name, customer_phone, opened_at, closed_at, cancelled, updated_at)"
            " values ('s1', %s, true, %s, %s, 'A1', %s, '王伟', '10012345678', %s, %s, false, %s)",
            (order, vin, job_type, customer, opened_at, closed_at, closed_at or opened_at),
        )
        for position, operation in enumerate(operations):
            self.write(
                "insert into work_order_line values ('s1', %s, %s, %s, %s, %s)",
                (order, position, f"J{position + 1}", operation, hours),
            )
        return order

    def close_order(self, order: str, at: datetime) -> None:
        self.write(
            "update work_order set closed_at = %s, updated_at = %s where work_order = %s", (at, at, order)
        )

    def write(self, statement: LiteralString, values: Sequence[object] = ()) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement, values)

    def read(self, query: LiteralString, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query, values).fetchall()
