"""What people say to the reminder engine: corrections, snoozes and dismissals, consent.

Owns these writes, for commands and pages alike. Each asks for a review of the vehicle, so that the engine
acts on it in its next pass; none of them reckons anything.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

_REVIEW = "insert into vehicle_service (vin) values (%s) on conflict (vin) do update set reviewed_at = null"


@dataclass(frozen=True, slots=True)
class OdometerWord:
    """What somebody says a vehicle has driven by a moment; `shown_km` is what its odometer shows then."""

    vin: str
    at: datetime
    km: float
    shown_km: float
    by: str | None


async def correct_odometer(connection: AsyncConnection[Any], word: OdometerWord, now: datetime) -> None:
    """Keep a correction, on which later readings build; one of the same moment is replaced."""
    async with connection.transaction():
        await connection.execute(
            "insert into odometer_correction (vin, at, km, shown_km, corrected_by, recorded_at)"
            " values (%s, %s, %s, %s, %s, %s) on conflict (vin, at) do update set km = excluded.km,"
            " shown_km = excluded.shown_km, corrected_by = excluded.corrected_by,"
            " recorded_at = excluded.recorded_at",
            (word.vin, word.at, word.km, word.shown_km, word.by, now),
        )
        await connection.execute(_REVIEW, (word.vin,))


async def hold_item(
    connection: AsyncConnection[Any],
    vin: str,
    item: str,
    *,
    until: datetime | None,
    by: str | None,
    now: datetime,
    reason: str | None = None,
) -> bool:
    """Snooze an item of a vehicle until a moment, or dismiss this due of it (None); False if it has none."""
    async with connection.transaction():
        held = await connection.execute(
            "insert into service_hold (vin, item, cycle, until, reason, held_by, held_at)"
            " select vin, item, cycle, %(until)s, %(reason)s, %(by)s, %(now)s from service_due"
            " where vin = %(vin)s and item = %(item)s"
            " on conflict (vin, item, cycle) do update set until = excluded.until,"
            " reason = excluded.reason, held_by = excluded.held_by, held_at = excluded.held_at",
            {"vin": vin, "item": item, "until": until, "reason": reason, "by": by, "now": now},
        )
        await connection.execute(_REVIEW, (vin,))
    return held.rowcount > 0


async def release_item(connection: AsyncConnection[Any], vin: str, item: str) -> bool:
    """Undo a snooze or a dismissal; False if there was none."""
    async with connection.transaction():
        released = await connection.execute(
            "delete from service_hold where vin = %s and item = %s", (vin, item)
        )
        await connection.execute(_REVIEW, (vin,))
    return released.rowcount > 0


async def record_consent(
    connection: AsyncConnection[Any],
    site: str,
    customer_ref: str,
    *,
    allowed: bool,
    by: str | None,
    now: datetime,
) -> int:
    """Keep a customer's word about being told; after a no withdraw what waits, and return how many."""
    async with connection.transaction():
        await connection.execute(
            "insert into customer_consent (site, customer_ref, at, allowed, recorded_by)"
            " values (%s, %s, %s, %s, %s) on conflict do nothing",
            (site, customer_ref, now, allowed, by),
        )
        if allowed:
            return 0
        withdrawn = await connection.execute(
            "update outbox_message set state = 'cancelled', settled_at = %s"
            " where state = 'waiting' and site = %s and recipient_role = 'customer' and recipient = %s",
            (now, site, customer_ref),
        )
    return withdrawn.rowcount
