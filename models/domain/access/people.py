"""Accounts, sessions, links and screens as the database has them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as the database has it."""

    name: str
    label: str
    password_hash: str | None
    role: str
    sites: list[str] | None
    session_version: int
    added_at: datetime
    signed_in_at: datetime | None
    disabled_at: datetime | None
    password_given_at: datetime | None = None
    password_given_by: str | None = None


@dataclass(frozen=True, slots=True)
class ScreenRow:
    """A screen as the database has it."""

    id: int
    token_hash: bytes
    kind: str
    site: str
    name: str
    added_at: datetime
    seen_at: datetime | None
    revoked_at: datetime | None
    link_hash: bytes | None = None
    link_expires_at: datetime | None = None
    link_used_at: datetime | None = None
    reusable: bool = False


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A browser of a person who signed in."""

    id_hash: bytes
    account: str | None
    link: int | None
    version: int | None
    made_at: datetime
    confirmed_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccessLinkRow:
    """A link that signs in without an account."""

    id: int
    token_hash: bytes
    role: str
    sites: list[str] | None
    reusable: bool
    made_at: datetime
    made_by: str
    expires_at: datetime
    used_at: datetime | None
    used_from: str | None
    revoked_at: datetime | None
