"""Messages that are no events, or not yet: refused ones, and the first hearing of those without a time."""

from datetime import datetime

from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.schema.base import Base


class QuarantinedMessage(Base):
    """A message that was refused, whole, with the reason. The digest of topic and payload makes it one."""

    __tablename__ = "quarantined_message"
    __table_args__ = (Index(None, "status", "received_at"), Index(None, "site", "device"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    received_at: Mapped[datetime]
    topic: Mapped[str]
    payload: Mapped[bytes]
    reason: Mapped[str]
    # new, replay_requested, replayed or discarded.
    status: Mapped[str]
    # Who sent it, where its topic tells.
    site: Mapped[str | None]
    device: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    # The event a replayed message was stored as, so that it stays linked.
    stored_device: Mapped[str | None]
    stored_event_id: Mapped[str | None]
    stored_at: Mapped[datetime | None]


class TimelessMessage(Base):
    """When the bytes of a message that carries no time were first received; its events bear that time."""

    __tablename__ = "timeless_message"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
