"""What every table shares: types of columns, names of keys and indexes, and the form of an event.

Owns no table. Every key begins with the site where there is one.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, DateTime, Double, Integer, LargeBinary, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Types and naming shared by every table."""

    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy's own way of declaring it
        str: Text,
        int: Integer,
        float: Double,
        bool: Boolean,
        bytes: LargeBinary,
        date: Date,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
    }
    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
        }
    )


class Event:
    """What every event of a device carries: its identity, its three times, and notes on its message."""

    site: Mapped[str] = mapped_column(primary_key=True, sort_order=-6)
    device: Mapped[str] = mapped_column(primary_key=True, sort_order=-5)
    event_id: Mapped[str] = mapped_column(primary_key=True, sort_order=-4)
    at: Mapped[datetime] = mapped_column(primary_key=True, sort_order=-3)
    received_at: Mapped[datetime] = mapped_column(sort_order=-2)
    corrected_at: Mapped[datetime] = mapped_column(sort_order=-1)
    # What was left out of the message, and what was rewritten in its canonical form (models.domain.notes).
    notes: Mapped[list[dict[str, Any]] | None] = mapped_column(sort_order=1)
