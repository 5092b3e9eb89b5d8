"""Who may come in: people's accounts, screens, and how often signing in was tried.

Owns no secret: a password is kept as its argon2 hash, a screen's token as its SHA-256, which is
enough for something that was drawn at random.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Identity, Text, text
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
    # Another person gave the password, and the owner has not changed it since.
    password_given_at: Mapped[datetime | None]
    password_given_by: Mapped[str | None]


class Session(Base):
    """One browser of a person who signed in."""

    __tablename__ = "session"

    id_hash: Mapped[bytes] = mapped_column(primary_key=True)
    # Null for a session of an access link.
    account: Mapped[str | None] = mapped_column(index=True)
    link: Mapped[int | None] = mapped_column(BigInteger)
    # The account's session_version when the session began.
    version: Mapped[int | None]
    made_at: Mapped[datetime]
    # When the person gave the password last; what changes accounts asks for it again after some minutes.
    confirmed_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str]
    agent: Mapped[str]
    ended_at: Mapped[datetime | None]


class SecondFactor(Base):
    """The secret of an account's one-time codes, sealed with the server's key."""

    __tablename__ = "second_factor"

    account: Mapped[str] = mapped_column(primary_key=True)
    sealed_secret: Mapped[str]
    made_at: Mapped[datetime]
    # The step of the last code that was accepted: no code is accepted twice.
    last_step: Mapped[int] = mapped_column(BigInteger)


class RecoveryCode(Base):
    """A code that stands in once for a lost phone."""

    __tablename__ = "recovery_code"

    account: Mapped[str] = mapped_column(primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class AccessLink(Base):
    """A link that signs in the person who opens it, without an account."""

    __tablename__ = "access_link"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    role: Mapped[str]
    # Null means every site.
    sites: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    reusable: Mapped[bool]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_from: Mapped[str | None]
    revoked_at: Mapped[datetime | None]


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
    # The link that makes a browser this screen, once; a reusable one is the token itself.
    link_hash: Mapped[bytes | None] = mapped_column(unique=True)
    link_expires_at: Mapped[datetime | None]
    link_used_at: Mapped[datetime | None]
    reusable: Mapped[bool] = mapped_column(server_default=text("false"))


class ScreenAddress(Base):
    """An address from which a screen was seen, and when last."""

    __tablename__ = "screen_address"

    screen: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    address: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]


class SignInAttempts(Base):
    """How often signing in was tried for an account or from an address since a time."""

    __tablename__ = "sign_in_attempts"

    key: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    attempts: Mapped[int]
