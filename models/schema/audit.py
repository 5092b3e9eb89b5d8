"""Who did what: the audit trail. A trigger lets rows be added, and nothing else."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.schema.base import Base


class Audit(Base):
    """One action of one person, by a page or by a command."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "at"), Index(None, "who", "at"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    # The account, or for a command the user of the operating system; empty for a failed sign-in.
    who: Mapped[str]
    # The address of the browser, or "command".
    from_address: Mapped[str | None]
    # models.domain.access.audit.Action.
    what: Mapped[str]
    about: Mapped[str | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    # The sites it is about; null is for managers of every site alone.
    sites: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    # What is written at most once, such as a look at one record by one person in one hour.
    once: Mapped[str | None] = mapped_column(unique=True)
