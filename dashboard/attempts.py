"""Checking a name and a password, no more often than somebody mistypes.

Owns the limits: for an account and for an address, counted in the database before the password
is looked at, so that they hold over every process. An unknown name, a disabled account and a
wrong password are one answer that takes the same time.
"""

import asyncio
import re
from datetime import datetime, timedelta

from dashboard.access import Role
from dashboard.database import Connection
from dashboard.passwords import check_password, hash_password
from models.accounts import (
    count_attempt,
    note_sign_in,
    read_account,
    refresh_hash,
    set_password,
)
from models.domain.access import AccountRow

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 8
PER_ADDRESS = 40

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


class WrongError(Exception):
    """There is no such account, it is disabled, or the password is another."""


class TooManyError(Exception):
    """Signing in was tried too often; `minutes` until it may be tried again."""

    def __init__(self, minutes: int) -> None:
        super().__init__(f"too many attempts, {minutes} minutes to wait")
        self.minutes = minutes


def tidy_name(name: str) -> str:
    """Return a user name as accounts have it; case and spaces around it do not count."""
    return name.strip().lower()


def is_name(name: str) -> bool:
    """Say whether an account may have this name."""
    return bool(_NAME.fullmatch(name))


async def try_sign_in(
    connection: Connection, name: str, password: str, address: str, now: datetime
) -> AccountRow:
    """Return the account that a name and a password open; raises WrongError, TooManyError."""
    name = tidy_name(name)
    await _count(connection, f"address {address}", PER_ADDRESS, now)
    if not is_name(name):
        raise WrongError
    await _count(connection, f"account {name}", PER_ACCOUNT, now)
    account = await read_account(connection, name)
    usable = account if account and account.disabled_at is None and account.role in set(Role) else None
    check = await asyncio.to_thread(check_password, password, usable.password_hash if usable else None)
    if usable is None or not check.right:
        raise WrongError
    if check.newer_hash and usable.password_hash:
        await refresh_hash(connection, name, usable.password_hash, check.newer_hash)
    await note_sign_in(connection, name, [f"account {name}"], WINDOW, now)
    return usable


async def change_password(
    connection: Connection, name: str, current: str, new: str, address: str, now: datetime
) -> int:
    """Change one's own password and return the version of sessions from now on.

    Raises WrongError or TooManyError for the current one, PasswordError for the new one.
    """
    await try_sign_in(connection, name, current, address, now)
    return await set_password(connection, name, await asyncio.to_thread(hash_password, new))


async def _count(connection: Connection, key: str, most: int, now: datetime) -> None:
    attempts, since = await count_attempt(connection, key, WINDOW, now)
    if attempts > most:
        left = since + WINDOW - now
        raise TooManyError(max(1, -(-int(left.total_seconds()) // 60)))
