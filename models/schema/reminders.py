"""What is known of every vehicle's mileage, what service is due, what was raised, and what people are told.

All of it but corrections, holds, consent and what was raised or sent is derived, and may be reckoned
anew at any time. A vehicle's row of vehicle_service is the lock under which everything of it changes.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.schema.base import Base


class OdometerCorrection(Base):
    """What somebody said a vehicle has really driven at a moment; later readings build on it.

    `shown_km` is what its odometer shows then: less than `km` after a swap of the instrument cluster.
    """

    __tablename__ = "odometer_correction"

    vin: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    km: Mapped[float]
    shown_km: Mapped[float]
    corrected_by: Mapped[str | None]
    recorded_at: Mapped[datetime]


class VehicleService(Base):
    """What service needs to know of a vehicle, in one row. Derived from its readings and work orders.

    There is one for every VIN that was ever heard of, also those that no work order has described yet.
    """

    __tablename__ = "vehicle_service"
    __table_args__ = (
        Index(None, "site", "customer_ref"),
        Index("vehicle_service_unreviewed_idx", "vin", postgresql_where=text("reviewed_at IS NULL")),
    )

    vin: Mapped[str] = mapped_column(primary_key=True)
    # Where and for whom it was last in the workshop.
    site: Mapped[str | None]
    customer_ref: Mapped[str | None]
    customer_name: Mapped[str | None]
    customer_phone: Mapped[str | None]
    advisor: Mapped[str | None]
    # The first and the last trusted mileage; really driven, so that corrections are in it.
    first_km: Mapped[float | None]
    first_at: Mapped[datetime | None]
    km: Mapped[float | None]
    km_at: Mapped[datetime | None]
    # The daily rate with its likely range; `rate_from` is readings, lifetime or model.
    km_per_day: Mapped[float | None]
    km_per_day_low: Mapped[float | None]
    km_per_day_high: Mapped[float | None]
    rate_from: Mapped[str | None]
    trusted_readings: Mapped[int] = mapped_column(server_default=text("0"))
    refused_readings: Mapped[int] = mapped_column(server_default=text("0"))
    # The newest work order's news that is in this row.
    orders_as_of: Mapped[datetime | None]
    # Null asks for a review.
    reviewed_at: Mapped[datetime | None]


class ServiceDone(Base):
    """When a job, by code, operation or job type, was last done on a vehicle. Derived from work orders."""

    __tablename__ = "service_done"

    vin: Mapped[str] = mapped_column(primary_key=True)
    # The job's code or operation in lower case, or `type:` and the job type.
    job: Mapped[str] = mapped_column(primary_key=True)
    done_at: Mapped[datetime]
    km: Mapped[float | None]
    site: Mapped[str]
    work_order: Mapped[str]


class ServiceDue(Base):
    """When an item of its plan is due next on a vehicle. Derived; one row for each vehicle and item."""

    __tablename__ = "service_due"
    __table_args__ = (
        Index(
            "service_due_notice_idx", "first_notice_on", postgresql_where=text("first_notice_on IS NOT NULL")
        ),
        Index(None, "state", "projected_on"),
    )

    vin: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    plan: Mapped[str]
    # Names this due: what it is reckoned from. A new one begins when the item was done.
    cycle: Mapped[str]
    done_on: Mapped[date | None]
    done_km: Mapped[float | None]
    # The site and work order that did it last, with a slash between them.
    done_by: Mapped[str | None]
    # The limits by distance and by time, and the day the first of them is reached, with a range.
    due_km: Mapped[float | None]
    due_on: Mapped[date | None]
    projected_on: Mapped[date | None]
    projected_from: Mapped[date | None]
    projected_to: Mapped[date | None]
    # not_yet, soon, due, overdue, done or suppressed.
    state: Mapped[str]
    first_notice_on: Mapped[date | None]
    second_notice_on: Mapped[date | None]
    reckoned_at: Mapped[datetime]


class ServiceReminder(Base):
    """A due item that was raised: once for each vehicle, item and cycle, and what became of it."""

    __tablename__ = "service_reminder"
    __table_args__ = (
        UniqueConstraint("vin", "item", "cycle"),
        Index(None, "site", "raised_at"),
        Index(
            "service_reminder_open_idx",
            "vin",
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    vin: Mapped[str] = mapped_column(index=True)
    plan: Mapped[str]
    item: Mapped[str]
    cycle: Mapped[str]
    site: Mapped[str]
    customer_ref: Mapped[str | None]
    advisor: Mapped[str | None]
    km: Mapped[float | None]
    due_km: Mapped[float | None]
    due_on: Mapped[date | None]
    projected_on: Mapped[date | None]
    raised_at: Mapped[datetime]
    # Open: raised, sent, failed, booked (the car is here), withheld (for want of consent), suppressed (held).
    # Closed: done, lapsed (its time went by), dropped (its plan has no such item any more).
    state: Mapped[str]
    # message or call; null while withheld.
    channel: Mapped[str | None]
    # How many notices were written: the first, and one when the day is near or a snooze is over.
    notices: Mapped[int]
    # When the last one was; null asks for another.
    noticed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    # The work order that did it.
    closed_by: Mapped[str | None]


class ServiceHold(Base):
    """An item of a vehicle not to be raised: until a moment (snoozed), or for this due (dismissed)."""

    __tablename__ = "service_hold"

    vin: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    cycle: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime | None]
    reason: Mapped[str | None]
    held_by: Mapped[str | None]
    held_at: Mapped[datetime]


class CustomerConsent(Base):
    """What a customer said about being written to; every word is kept, the newest holds."""

    __tablename__ = "customer_consent"

    site: Mapped[str] = mapped_column(primary_key=True)
    customer_ref: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    allowed: Mapped[bool]
    # Who wrote it down, or through which channel it came.
    recorded_by: Mapped[str | None]


class OutboxMessage(Base):
    """Something to tell people, written in the transaction that decided it. `event_key` makes it one."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("outbox_message_waiting_idx", "channel", "due_at", postgresql_where=text("state = 'waiting'")),
        Index(None, "site", "created_at"),
        Index(None, "vin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_key: Mapped[str] = mapped_column(unique=True)
    site: Mapped[str]
    # What it is about, where it is about one.
    vin: Mapped[str | None]
    work_order: Mapped[str | None]
    # customer, advisor, foreman, manager or director; and which one, where there are many.
    recipient_role: Mapped[str]
    recipient: Mapped[str | None]
    # The channel's key in the workshop file; null leaves it to the role.
    channel: Mapped[str | None]
    template: Mapped[str]
    lang: Mapped[str | None]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    # Not to be tried before this; a failed attempt moves it.
    due_at: Mapped[datetime]
    # waiting, sent, dead or cancelled.
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    settled_at: Mapped[datetime | None]
    # While it is being sent; when this is over, whoever was sending it is gone.
    claimed_until: Mapped[datetime | None]
    # The digest in which it went out, where the channel allowed no message of its own.
    digest_key: Mapped[str | None]


class OutboxReminder(Base):
    """Which reminders a message tells of; when all of them are closed, a waiting one is cancelled."""

    __tablename__ = "outbox_reminder"
    __table_args__ = (Index(None, "reminder_id"),)

    message_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("outbox_message.id", ondelete="CASCADE"), primary_key=True
    )
    reminder_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("service_reminder.id", ondelete="CASCADE"), primary_key=True
    )


class DeliveryAttempt(Base):
    """One attempt to deliver a message, and what the other side said."""

    __tablename__ = "delivery_attempt"
    __table_args__ = (Index(None, "channel", "attempted_at"),)

    message_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("outbox_message.id", ondelete="CASCADE"), primary_key=True
    )
    attempt: Mapped[int] = mapped_column(primary_key=True)
    attempted_at: Mapped[datetime]
    channel: Mapped[str]
    # What the receiver was given to tell a double by; a digest's is that of all its messages.
    send_id: Mapped[str]
    # begun, and then: delivered, failed (again later), limited (the channel is full), refused (never) or
    # lost (whoever was sending it is gone).
    outcome: Mapped[str]
    detail: Mapped[str | None]
    seconds: Mapped[float | None]


class ReminderPublication(Base):
    """What the broker keeps of a vehicle's open reminders; `fingerprint` is that of what was published."""

    __tablename__ = "reminder_publication"

    site: Mapped[str] = mapped_column(primary_key=True)
    vin: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    published_at: Mapped[datetime]


class RuleFiring(Base):
    """A rule of the workshop file held for a subject since a moment; each escalation step fires once.

    `subject` begins with its site and work order, a slash between them.
    """

    __tablename__ = "rule_firing"
    __table_args__ = (
        Index(None, "site", "fired_at"),
        Index("rule_firing_standing_idx", "site", postgresql_where=text("answered_at IS NULL")),
    )

    rule: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str]
    fired_at: Mapped[datetime]
    # What ended it, so that no further step fires.
    answered_at: Mapped[datetime | None]


class ReminderPass(Base):
    """When an engine last went over every vehicle, and with which plans."""

    __tablename__ = "reminder_pass"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    plans: Mapped[str]
