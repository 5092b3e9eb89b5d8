"""How far simulated history has been written, so that a killed `bayboard backfill` goes on."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from models.schema.base import Base


class BackfillProgress(Base):
    """How many days of a site's history are written; committed together with their rows."""

    __tablename__ = "backfill_progress"

    site: Mapped[str] = mapped_column(primary_key=True)
    # What is written: seed, scenario, days and everything else that makes it this history.
    plan: Mapped[dict[str, Any]]
    days: Mapped[int]
    days_written: Mapped[int]
