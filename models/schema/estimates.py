"""What sites have learned of how long things take, and how their estimates turned out. Derived."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from models.schema.base import Base


class SiteModelRow(Base):
    """The newest model of a site, trained on its orders between two instants."""

    __tablename__ = "site_model"

    site: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    orders: Mapped[int]
    # JSON of models.analytics.estimate.model.
    model: Mapped[bytes]


class ReadyEstimateRow(Base):
    """An estimate for an order on entering a stage, by a model that had not seen the order, and the outcome.

    Errors are open seconds by which the car was ready after the P50, the first promise and the plain median.
    `reached` is the share of the past that was over by then, `risk` that of missing the first promise.
    """

    __tablename__ = "ready_estimate"
    __table_args__ = (Index(None, "site", "ready_at"),)

    site: Mapped[str] = mapped_column(primary_key=True)
    work_order: Mapped[str] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    job_type: Mapped[str | None]
    at: Mapped[datetime]
    p50_at: Mapped[datetime]
    p80_at: Mapped[datetime]
    ready_at: Mapped[datetime]
    error_seconds: Mapped[float]
    promise_error_seconds: Mapped[float | None]
    median_error_seconds: Mapped[float]
    # Null in rows from before these were kept.
    reached: Mapped[float | None]
    risk: Mapped[float | None]
