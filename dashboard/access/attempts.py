"""Checking a name and a password, no more often than somebody mistypes.

Attempts are counted in the database before the password is looked at, so the limits hold over every
process: for an account from one block of addresses, for an account from everywhere, and for a block of
addresses. A browser in which the account signed in before is counted by itself, so strangers lock
nobody out of it. An unknown name, a disabled account and a wrong password are one answer that takes the
same time.
"""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from dashboard.access.identity import Role
from dashboard.access.passwords import check_password, hash_password, judge_password
from dashboard.database import Connection
from dashboard.edge.addresses import find_block
from models.domain.access.people import AccountRow
from models.queries.access.accounts import (
    count_attempt,
    forget_attempts,
    read_account,
    refresh_hash,
    set_password,
)

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 8
PER_ACCOUNT_EVERYWHERE = 40
PER_ADDRESS = 40
PER_CODE = 8

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
    connection: Connection,
    name: str,
    password: str,
    address: str,
    now: datetime,
    *,
    browser: str | None = None,
) -> AccountRow:
    """Return the account that a name and a password open; raises WrongError, TooManyError.

    `browser` names one in which this account signed in before.
    """
    name, block = tidy_name(name), find_block(address)
    if browser and is_name(name):
        own = f"browser {browser}"
        await count(connection, own, PER_ACCOUNT, now)
    else:
        own = f"account {name} from {block}"
        await count(connection, f"address {block}", PER_ADDRESS, now)
        if not is_name(name):
            raise WrongError
        await count(connection, own, PER_ACCOUNT, now)
        await count(connection, f"account {name}", PER_ACCOUNT_EVERYWHERE, now)
    account = await read_account(connection, name)
    usable = account if account and account.disabled_at is None and account.role in set(Role) else None
    check = await asyncio.to_thread(check_password, password, usable.password_hash if usable else None)
    if usable is None or not check.right:
        raise WrongError
    if check.newer_hash and usable.password_hash:
        await refresh_hash(connection, name, usable.password_hash, check.newer_hash)
    await forget_attempts(connection, [own, f"account {name}"], WINDOW, now)
    return usable


async def change_password(
    connection: Connection,
    name: str,
    current: str,
    new: str,
    address: str,
    now: datetime,
    *,
    known: Sequence[str] = (),
) -> int:
    """Change one's own password and return the version of sessions from now on.

    Raises WrongError or TooManyError for the current one, PasswordError for the new one; `known` are
    words that a guesser would try.
    """
    await try_sign_in(connection, name, current, address, now)
    await asyncio.to_thread(judge_password, new, [name, *known])
    return await set_password(connection, name, await asyncio.to_thread(hash_password, new))


async def count(connection: Connection, key: str, most: int, now: datetime) -> None:
    """Count an attempt; raises TooManyError where there were too many."""
    attempts, since = await count_attempt(connection, key, WINDOW, now)
    if attempts > most:
        left = since + WINDOW - now
        raise TooManyError(max(1, -(-int(left.total_seconds()) // 60)))
