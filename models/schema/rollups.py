"""Figures added up by the site's own days, and which days must be added up anew.

A table `x_settled` holds the rows of days on which nothing has changed since; the relation to read
is the view `x` (models/rollups/sql/*.sql), which reckons every other day at the moment of asking.
What the workshop file says of zones, stages and opening hours stands here too, so that SQL knows it.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Identity, Index, SmallInteger, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.schema.base import Base
from models.schema.orders import StageInterval, WorkOrder


class WorkshopSite(Base):
    """A site of the workshop file: its zone, and the days whose opening hours stand in opening_span."""

    __tablename__ = "workshop_site"

    site: Mapped[str] = mapped_column(primary_key=True)
    timezone: Mapped[str]
    spans_since: Mapped[date | None]
    spans_until: Mapped[date | None]
    # The sites are one company: each knows of a car what the others know.
    shares_vehicles: Mapped[bool] = mapped_column(server_default=text("false"))


class WorkshopStage(Base):
    """A stage of the workshop file: its place in the flow, and the cause of waiting that it means."""

    __tablename__ = "workshop_stage"

    stage: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    kind: Mapped[str]
    cause: Mapped[str]
    is_ready: Mapped[bool] = mapped_column(server_default=false())


class WorkshopOperation(Base):
    """A spelling of an operation that customers may read, and the words of the workshop file for it."""

    __tablename__ = "workshop_operation"

    spelling: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str]


class OpeningSpan(Base):
    """From when to when a site was open on one of its days."""

    __tablename__ = "opening_span"

    site: Mapped[str] = mapped_column(primary_key=True)
    opens_at: Mapped[datetime] = mapped_column(primary_key=True)
    closes_at: Mapped[datetime]
    day: Mapped[date]


class RollupDirty(Base):
    """Something changed between two instants at a site. Only ever inserted and deleted, so nobody waits."""

    __tablename__ = "rollup_dirty"
    __table_args__ = (Index(None, "site"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    site: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime]


class StageTimeSettled(Base):
    """Finished visits of a stage that began on a day, counted by how long they took (`bin`)."""

    __tablename__ = "stage_time_settled"
    __table_args__ = (Index(None, "site", "day"), Index(None, "site", "stage", "day"))
    __mapper_args__ = {  # noqa: RUF012  # rows without a key: SQLAlchemy's own way of declaring it
        "primary_key": ["site", "day", "hour", "job_type", "stage", "bay", "technician", "bin"]
    }

    site: Mapped[str]
    day: Mapped[date]
    hour: Mapped[int] = mapped_column(SmallInteger)
    job_type: Mapped[str | None]
    stage: Mapped[str]
    bay: Mapped[str | None]
    technician: Mapped[str | None]
    bin: Mapped[int] = mapped_column(SmallInteger)
    visits: Mapped[int]
    seconds: Mapped[float]


class StageTimeMonthSettled(Base):
    """The same over a month, without hour, bay and technician."""

    __tablename__ = "stage_time_month_settled"
    __table_args__ = (Index(None, "site", "month"),)
    __mapper_args__ = {"primary_key": ["site", "month", "job_type", "stage", "bin"]}  # noqa: RUF012

    site: Mapped[str]
    month: Mapped[date]
    job_type: Mapped[str | None]
    stage: Mapped[str]
    bin: Mapped[int] = mapped_column(SmallInteger)
    visits: Mapped[int]
    seconds: Mapped[float]


class StageDaySettled(Base):
    """Visits of a stage that began on a day: all of them, and sums over the finished ones."""

    __tablename__ = "stage_day_settled"
    __table_args__ = (
        Index(None, "site", "day"),
        Index(None, "site", "stage", "day", postgresql_include=["job_type", "visits", "log_seconds"]),
    )
    __mapper_args__ = {"primary_key": ["site", "day", "job_type", "stage"]}  # noqa: RUF012

    site: Mapped[str]
    day: Mapped[date]
    job_type: Mapped[str | None]
    stage: Mapped[str]
    entered: Mapped[int]
    visits: Mapped[int]
    seconds: Mapped[float]
    log_seconds: Mapped[float]
    log_seconds_squared: Mapped[float]


class OrderFiguresSettled(Base):
    """The figures of an order that was closed on a day and not cancelled."""

    __tablename__ = "order_figures_settled"
    __table_args__ = (Index(None, "site", "day"), Index(None, "site", "work_order"))
    __mapper_args__ = {"primary_key": ["site", "work_order"]}  # noqa: RUF012

    site: Mapped[str]
    work_order: Mapped[str]
    day: Mapped[date]
    vin: Mapped[str | None]
    job_type: Mapped[str | None]
    advisor: Mapped[str | None]
    opened_at: Mapped[datetime]
    ready_at: Mapped[datetime]
    closed_at: Mapped[datetime]
    cycle_seconds: Mapped[float]
    open_cycle_seconds: Mapped[float]
    touch_seconds: Mapped[float]
    wait_seconds: Mapped[dict[str, float]] = mapped_column(JSONB)
    on_time: Mapped[bool | None]
    sold_hours: Mapped[float]
    clocked_seconds: Mapped[float]
    came_back: Mapped[bool]


class OrderDaySettled(Base):
    """Sums over the orders closed on a day."""

    __tablename__ = "order_day_settled"
    __table_args__ = (Index(None, "site", "day"),)
    __mapper_args__ = {"primary_key": ["site", "day", "job_type"]}  # noqa: RUF012

    site: Mapped[str]
    day: Mapped[date]
    job_type: Mapped[str | None]
    orders: Mapped[int]
    cycle_seconds: Mapped[float]
    open_cycle_seconds: Mapped[float]
    log_cycle_seconds: Mapped[float]
    log_cycle_seconds_squared: Mapped[float]
    touch_seconds: Mapped[float]
    promised: Mapped[int]
    on_time: Mapped[int]
    sold_hours: Mapped[float]
    clocked_seconds: Mapped[float]
    came_back: Mapped[int]


class WaitDaySettled(Base):
    """How long the orders closed on a day had waited, by cause."""

    __tablename__ = "wait_day_settled"
    __table_args__ = (Index(None, "site", "day"),)
    __mapper_args__ = {"primary_key": ["site", "day", "job_type", "cause"]}  # noqa: RUF012

    site: Mapped[str]
    day: Mapped[date]
    job_type: Mapped[str | None]
    cause: Mapped[str]
    orders: Mapped[int]
    seconds: Mapped[float]


class BayHourSettled(Base):
    """How long a bay was occupied in an hour of a day, and how long somebody worked there.

    The same once more within opening hours.
    """

    __tablename__ = "bay_hour_settled"
    __table_args__ = (Index(None, "site", "day"),)
    __mapper_args__ = {"primary_key": ["site", "day", "hour", "bay"]}  # noqa: RUF012

    site: Mapped[str]
    day: Mapped[date]
    hour: Mapped[int] = mapped_column(SmallInteger)
    bay: Mapped[str]
    occupied_seconds: Mapped[float]
    worked_seconds: Mapped[float]
    open_occupied_seconds: Mapped[float]
    open_worked_seconds: Mapped[float]


class BayDaySettled(Base):
    """The same over a day."""

    __tablename__ = "bay_day_settled"
    __table_args__ = (Index(None, "site", "day"),)
    __mapper_args__ = {"primary_key": ["site", "day", "bay"]}  # noqa: RUF012

    site: Mapped[str]
    day: Mapped[date]
    bay: Mapped[str]
    occupied_seconds: Mapped[float]
    worked_seconds: Mapped[float]
    open_occupied_seconds: Mapped[float]
    open_worked_seconds: Mapped[float]


class TechnicianDaySettled(Base):
    """What a technician clocked on a day, from when to when, and the hours sold that it is a share of."""

    __tablename__ = "technician_day_settled"
    __table_args__ = (Index(None, "site", "day"),)
    __mapper_args__ = {"primary_key": ["site", "day", "technician", "job_type"]}  # noqa: RUF012

    site: Mapped[str]
    day: Mapped[date]
    technician: Mapped[str]
    job_type: Mapped[str | None]
    clocked_seconds: Mapped[float]
    sold_hours: Mapped[float]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]


class LabourDaySettled(Base):
    """The same over all technicians; each attended from the first clocking of a day to the last."""

    __tablename__ = "labour_day_settled"
    __table_args__ = (Index(None, "site", "day"),)
    __mapper_args__ = {"primary_key": ["site", "day", "job_type"]}  # noqa: RUF012

    site: Mapped[str]
    day: Mapped[date]
    job_type: Mapped[str | None]
    clocked_seconds: Mapped[float]
    sold_hours: Mapped[float]
    attended_seconds: Mapped[float]


class MileageHourSettled(Base):
    """What is kept of a vehicle's readings of an hour when the readings themselves are dropped."""

    __tablename__ = "mileage_hour_settled"

    vin: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(primary_key=True)
    least_km: Mapped[float]
    most_km: Mapped[float]
    readings: Mapped[int]


# A day's orders are found by when they closed; intervals of more than a day also stand on days between.
Index("work_order_site_closed_at_idx", WorkOrder.site, WorkOrder.closed_at)
Index(
    "stage_interval_long_idx",
    StageInterval.site,
    StageInterval.left_at,
    postgresql_where=text("left_at - entered_at > interval '1 day'"),
)
