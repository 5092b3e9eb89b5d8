"""Who may come in: people's accounts, screens, and how often signing in was tried.

Owns no secret: a password is kept as its argon2 hash, a screen's token as its SHA-256, which is
enough for something that was drawn at random.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Identity, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.schema.base import Base


class Account(Base):
    """Somebody who may sign in, with a password here or through the company's own sign-in."""

    __tablename__ = "account"

    name: Mapped[str] = mapped_column(primary_key=True)
    # What people read; the same as the name but for accounts of the company's own sign-in.
    label: Mapped[str]
    # Null for an account of the company's own sign-in.
    password_hash: Mapped[str | None]
    role: Mapped[str]
    # Null means every site.
    sites: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    # A session of another version is over.
    session_version: Mapped[int]
    added_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class Screen(Base):
    """A screen that shows one board of one site without anybody signing in."""

    __tablename__ = "screen"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    kind: Mapped[str]
    site: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    added_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SignInAttempts(Base):
    """How often signing in was tried for an account or from an address since a time."""

    __tablename__ = "sign_in_attempts"

    key: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    attempts: Mapped[int]
