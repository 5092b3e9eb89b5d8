"""How many of those who were told of a service came within 30 days."""

from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

_CONVERSION = (files("models.queries") / "reminders_conversion.sql").read_text()


@dataclass(frozen=True, slots=True)
class Conversion:
    """A month: vehicles told, those that came within 30 days, those that still may, and those called."""

    month: date
    told: int
    came: int
    may_come: int
    called: int

    @property
    def share(self) -> float | None:
        """Return came ÷ told, of those whose 30 days are over or who came; None before there are any."""
        settled = self.told - self.may_come
        return self.came / settled if settled else None


async def read_conversion(
    connection: AsyncConnection[Any], site: str, zone: str, since: datetime, until: datetime, now: datetime
) -> list[Conversion]:
    """Read the conversion of a site by month, the oldest first."""
    parameters = {"site": site, "zone": zone, "since": since, "until": until, "now": now}
    async with connection.cursor(row_factory=class_row(Conversion)) as cursor:
        await cursor.execute(_CONVERSION, parameters)
        return await cursor.fetchall()
