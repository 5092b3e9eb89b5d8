"""Accounts and screens as the database has them."""

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
