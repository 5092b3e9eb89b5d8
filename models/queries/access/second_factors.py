"""Second factors: the sealed secret of an account's one-time codes, and its recovery codes.

A code counts once: the step of the last one is kept, and only a later step is accepted.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class SecondFactorRow:
    """An account's second factor as the database has it."""

    account: str
    sealed_secret: str
    made_at: datetime
    last_step: int


def hash_recovery_code(account: str, code: str) -> bytes:
    """Return what is kept of a recovery code; it has 80 random bits, so SHA-256 is enough."""
    return sha256(f"{account} {code}".encode()).digest()


async def read_second_factor(connection: AsyncConnection[Any], account: str) -> SecondFactorRow | None:
    """Read an account's second factor; None where it has none."""
    async with connection.cursor(row_factory=class_row(SecondFactorRow)) as cursor:
        await cursor.execute("select * from second_factor where account = %s", [account])
        return await cursor.fetchone()


async def set_second_factor(
    connection: AsyncConnection[Any],
    account: str,
    sealed_secret: str,
    step: int,
    codes: Collection[str],
    now: datetime,
) -> None:
    """Give an account a second factor in place of the one it has, with new recovery codes."""
    async with connection.transaction():
        await connection.execute(
            "insert into second_factor (account, sealed_secret, made_at, last_step)"
            " values (%s, %s, %s, %s) on conflict (account) do update set"
            " sealed_secret = excluded.sealed_secret, made_at = excluded.made_at,"
            " last_step = excluded.last_step",
            [account, sealed_secret, now, step],
        )
        await connection.execute("delete from recovery_code where account = %s", [account])
        async with connection.cursor() as cursor:
            await cursor.executemany(
                "insert into recovery_code (account, code_hash) values (%s, %s)",
                [(account, hash_recovery_code(account, code)) for code in codes],
            )


async def take_step(connection: AsyncConnection[Any], account: str, step: int) -> bool:
    """Accept the code of a step if no code of it or of a later one was accepted before."""
    taken = await connection.execute(
        "update second_factor set last_step = %s where account = %s and last_step < %s",
        [step, account, step],
    )
    return bool(taken.rowcount)


async def take_recovery_code(
    connection: AsyncConnection[Any], account: str, code: str, now: datetime
) -> bool:
    """Use up a recovery code; False for one that is unknown or used."""
    taken = await connection.execute(
        "update recovery_code set used_at = %s where account = %s and code_hash = %s and used_at is null",
        [now, account, hash_recovery_code(account, code)],
    )
    return bool(taken.rowcount)


async def count_recovery_codes(connection: AsyncConnection[Any], account: str) -> int:
    """Count the recovery codes that are left."""
    found = await connection.execute(
        "select count(*) from recovery_code where account = %s and used_at is null", [account]
    )
    row = await found.fetchone()
    return row[0] if row else 0


async def remove_second_factor(connection: AsyncConnection[Any], account: str) -> bool:
    """Take an account's second factor and its recovery codes; False where it had none."""
    removed = await connection.execute("delete from second_factor where account = %s", [account])
    await connection.execute("delete from recovery_code where account = %s", [account])
    return bool(removed.rowcount)
