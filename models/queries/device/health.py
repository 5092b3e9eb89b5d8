"""The devices of a workshop and how each is doing: one query, for the page and for the command."""

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from models.database.named import read_sql
from models.domain.device.health import DeviceRow

_DEVICES = read_sql("queries/device/health")


async def read_devices(connection: AsyncConnection[Any], sites: Sequence[str] | None) -> list[DeviceRow]:
    """Read every device of these sites, or of all sites, by site and name."""
    async with connection.cursor(row_factory=class_row(DeviceRow)) as cursor:
        found = await cursor.execute(_DEVICES, {"sites": None if sites is None else list(sites)})
        return await found.fetchall()
