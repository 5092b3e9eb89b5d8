"""What service of which vehicle has come due, and what became of it."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Identity
from sqlalchemy.orm import Mapped, mapped_column

from models.schema.base import Base


class ServiceReminder(Base):
    """A service of a vehicle's plan that has come due."""

    __tablename__ = "service_reminder"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    vin: Mapped[str] = mapped_column(index=True)
    plan: Mapped[str]
    due_km: Mapped[float | None]
    due_on: Mapped[date | None]
    raised_at: Mapped[datetime]
    state: Mapped[str]
    channel: Mapped[str | None]
