"""What customers are given: a ticket and a code for each visit, and links to its progress page.

These are not derived from events: a ticket that was printed must not change. The views that
customers' pages read (`public_board`, `public_progress…`) stand in the migration that makes them.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.schema.base import Base


class VisitTicket(Base):
    """The number of a visit at its site, shown as a ticket such as A07, and the code on the receipt.

    Given by the database itself to every work order that opens.
    """

    __tablename__ = "visit_ticket"
    __table_args__ = (Index(None, "site", "number", unique=True),)

    site: Mapped[str] = mapped_column(primary_key=True)
    work_order: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    code: Mapped[str]


class ErasedOrder(Base):
    """A work order whose person was erased; no later message about it brings the person back."""

    __tablename__ = "erased_order"

    site: Mapped[str] = mapped_column(primary_key=True)
    work_order: Mapped[str] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]


class ProgressLink(Base):
    """A link to the progress page of a work order; who has the token may look, and only its hash is kept."""

    __tablename__ = "progress_link"
    __table_args__ = (
        Index(None, "site", "work_order"),
        Index(None, "message_id", postgresql_where=text("message_id IS NOT NULL")),
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    site: Mapped[str]
    work_order: Mapped[str]
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    # The message of the outbox that left with it; the link ends when the message is withdrawn.
    message_id: Mapped[int | None] = mapped_column(BigInteger)
