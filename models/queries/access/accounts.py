"""Accounts: who may sign in, as what, and for which sites.

Owns adding, changing, disabling, and counting attempts. It holds hashes, never passwords, and
knows no rules of what a password must be. Whatever takes somebody's right away or changes a
password raises `session_version`, which ends every session that was given out before.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from models.domain.access.people import AccountRow

# A name of the company's own sign-in holds a colon, which no other name may.
SUBJECT_PREFIX = "oidc:"


class AccountError(Exception):
    """The account cannot be made or changed; the message is a sentence for whoever asked."""


async def read_accounts(connection: AsyncConnection[Any]) -> list[AccountRow]:
    """Read every account, by what people read."""
    async with connection.cursor(row_factory=class_row(AccountRow)) as cursor:
        await cursor.execute("select * from account order by label, name")
        return await cursor.fetchall()


async def read_account(connection: AsyncConnection[Any], name: str) -> AccountRow | None:
    """Read one account, disabled or not."""
    async with connection.cursor(row_factory=class_row(AccountRow)) as cursor:
        await cursor.execute("select * from account where name = %s", [name])
        return await cursor.fetchone()


async def add_account(
    connection: AsyncConnection[Any],
    name: str,
    password_hash: str,
    role: str,
    sites: Sequence[str] | None,
    now: datetime,
) -> None:
    """Add an account; raises AccountError if there is one of this name."""
    added = await connection.execute(
        "insert into account (name, label, password_hash, role, sites, session_version, added_at)"
        " values (%(name)s, %(name)s, %(hash)s, %(role)s, %(sites)s, 1, %(now)s)"
        " on conflict do nothing",
        {"name": name, "hash": password_hash, "role": role, "sites": _listed(sites), "now": now},
    )
    if not added.rowcount:
        raise AccountError(f"there is an account {name} already")


def name_subject(issuer: str, subject: str) -> str:
    """Return the name of the account of a person for whom a company's sign-in vouches."""
    return f"{SUBJECT_PREFIX}{issuer}#{subject}"


async def welcome_subject(
    connection: AsyncConnection[Any],
    issuer: str,
    subject: str,
    label: str,
    role: str,
    sites: Sequence[str] | None,
    now: datetime,
) -> AccountRow:
    """Return the account of somebody the company vouches for, made or brought up to date.

    Its name holds the issuer: the same subject of another issuer is another person. An account from
    before that is found by the subject alone, once, and gets the whole name. Another role or other sites
    end the sessions that were given out before.
    """
    name = name_subject(issuer, subject)
    await connection.execute(
        "update account set name = %(name)s, session_version = session_version %% 2147483647 + 1"
        " where name = %(before)s and not exists (select from account where name = %(name)s)",
        {"name": name, "before": f"{SUBJECT_PREFIX}{subject}"},
    )
    async with connection.cursor(row_factory=class_row(AccountRow)) as cursor:
        await cursor.execute(
            "insert into account (name, label, role, sites, session_version, added_at, signed_in_at)"
            " values (%(name)s, %(label)s, %(role)s, %(sites)s, 1, %(now)s, %(now)s)"
            " on conflict (name) do update set label = excluded.label, role = excluded.role,"
            "   sites = excluded.sites, signed_in_at = excluded.signed_in_at,"
            "   session_version = case"
            "     when (account.role, account.sites) is distinct from (excluded.role, excluded.sites)"
            "     then account.session_version %% 2147483647 + 1 else account.session_version end"
            " returning *",
            {
                "name": name,
                "label": label,
                "role": role,
                "sites": _listed(sites),
                "now": now,
            },
        )
        account = await cursor.fetchone()
    assert account  # noqa: S101  # inserted or updated
    return account


async def set_password(
    connection: AsyncConnection[Any],
    name: str,
    password_hash: str,
    *,
    given_by: str | None = None,
    now: datetime | None = None,
) -> int:
    """Change a password, which ends every session, and return the version of new ones.

    With `given_by` it is another person's doing: its owner reads so until changing it.
    """
    async with connection.cursor() as cursor:
        await cursor.execute(
            "update account set password_hash = %s, session_version = session_version %% 2147483647 + 1,"
            "   password_given_by = %s, password_given_at = %s"
            " where name = %s and password_hash is not null returning session_version",
            [password_hash, given_by, now if given_by else None, name],
        )
        row = await cursor.fetchone()
    if row is None:
        raise AccountError(f"there is no account {name} with a password")
    version: int = row[0]
    return version


async def refresh_hash(connection: AsyncConnection[Any], name: str, old: str, new: str) -> None:
    """Keep the same password under a newer hash, unless it was changed meanwhile; sessions go on."""
    await connection.execute(
        "update account set password_hash = %s where name = %s and password_hash = %s", [new, name, old]
    )


async def end_sessions(connection: AsyncConnection[Any], name: str) -> None:
    """End every session of an account."""
    await connection.execute(
        "update account set session_version = session_version %% 2147483647 + 1 where name = %s", [name]
    )


async def change_rights(
    connection: AsyncConnection[Any], name: str, role: str, sites: Sequence[str] | None
) -> None:
    """Give an account with a password another role and other sites, which ends its sessions.

    Raises AccountError when there is none; what the company's own accounts may do, the company says.
    """
    changed = await connection.execute(
        "update account set role = %s, sites = %s, session_version = session_version %% 2147483647 + 1"
        " where name = %s and password_hash is not null",
        [role, _listed(sites), name],
    )
    if not changed.rowcount:
        raise AccountError(f"there is no account {name} with a password")


async def disable_account(connection: AsyncConnection[Any], name: str, now: datetime) -> None:
    """Take somebody's right to sign in and end their sessions; raises AccountError when there is none."""
    disabled = await connection.execute(
        "update account set disabled_at = %s, session_version = session_version %% 2147483647 + 1"
        " where name = %s and disabled_at is null",
        [now, name],
    )
    if not disabled.rowcount:
        raise AccountError(f"there is no account {name}, or it is disabled already")


async def enable_account(connection: AsyncConnection[Any], name: str) -> None:
    """Give the right to sign in back; raises AccountError when it was not taken."""
    enabled = await connection.execute(
        "update account set disabled_at = null where name = %s and disabled_at is not null", [name]
    )
    if not enabled.rowcount:
        raise AccountError(f"there is no account {name}, or it is not disabled")


async def count_attempt(
    connection: AsyncConnection[Any], key: str, window: timedelta, now: datetime
) -> tuple[int, datetime]:
    """Count an attempt before it is made and return how many there are, and since when.

    One statement, so that attempts at the same time through many processes are all counted.
    """
    async with connection.cursor() as cursor:
        await cursor.execute(
            "insert into sign_in_attempts as known (key, since, attempts) values (%(key)s, %(now)s, 1)"
            " on conflict (key) do update set"
            "   attempts = case when known.since <= %(over)s then 1 else known.attempts + 1 end,"
            "   since = case when known.since <= %(over)s then excluded.since else known.since end"
            " returning attempts, since",
            {"key": key, "now": now, "over": now - window},
        )
        row = await cursor.fetchone()
    assert row  # noqa: S101  # inserted or updated
    attempts, since = row
    return attempts, since


async def note_sign_in(connection: AsyncConnection[Any], name: str, now: datetime) -> None:
    """Note that a person signed in."""
    await connection.execute("update account set signed_in_at = %s where name = %s", [now, name])


async def forget_attempts(
    connection: AsyncConnection[Any], keys: Sequence[str], window: timedelta, now: datetime
) -> None:
    """Let attempts count no longer that succeeded after all, and clear away those that are over."""
    await connection.execute(
        "delete from sign_in_attempts where key = any(%s) or since <= %s", [list(keys), now - window]
    )


def _listed(sites: Sequence[str] | None) -> list[str] | None:
    return None if sites is None else list(sites)
