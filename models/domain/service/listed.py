"""What the page of reminders shows: items and where they stand, vehicles, messages, what came of them."""

from dataclasses import dataclass
from datetime import date, datetime

# Where an item stands, in the order of its life.
SHOWN = ("due", "raised", "sent", "booked", "done", "held")


@dataclass(frozen=True, slots=True)
class ListedItem:
    """An item of a vehicle, when it is due, and what became of telling people."""

    shown: str
    site: str | None
    vin: str
    plate: str | None
    make: str | None
    model: str | None
    customer_name: str | None
    plan: str
    item: str
    cycle: str
    due_state: str
    km: float | None
    due_km: float | None
    due_on: date | None
    projected_on: date | None
    projected_from: date | None
    projected_to: date | None
    reminder_id: int | None
    reminder_state: str | None
    channel: str | None
    raised_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    held_until: datetime | None
    held_because: str | None

    @property
    def key(self) -> str:
        """Return what names it among all that are listed."""
        return f"{self.vin} {self.item} {self.cycle}"


@dataclass(frozen=True, slots=True)
class Owner:
    """What is known of a vehicle's mileage and of its customer's word about being told."""

    km: float | None
    km_at: datetime | None
    km_per_day: float | None
    km_per_day_low: float | None
    km_per_day_high: float | None
    rate_from: str | None
    trusted_readings: int
    refused_readings: int
    advisor: str | None
    customer_ref: str | None
    customer_name: str | None
    customer_phone: str | None
    consent: bool | None
    consent_at: datetime | None
    done_on: date | None
    done_km: float | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to deliver a message; None of a message that nobody has tried to deliver."""

    id: int
    role: str
    recipient: str | None
    template: str
    state: str
    due_at: datetime
    settled_at: datetime | None
    attempt: int | None
    attempted_at: datetime | None
    channel: str | None
    outcome: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Conversion:
    """A month: vehicles told, those that came within 30 days, those that still may, and those called."""

    month: date
    told: int
    came: int
    may_come: int
    called: int

    @property
    def share(self) -> float | None:
        """Return came ÷ told, of those whose 30 days are over or who came; None before there are any."""
        settled = self.told - self.may_come
        return self.came / settled if settled else None

    @property
    def share_so_far(self) -> float:
        """Return came ÷ told, which can only grow while some may still come."""
        return self.came / self.told

    def add(self, other: "Conversion") -> "Conversion":
        """Return what two sites came to in the same month."""
        return Conversion(
            self.month,
            self.told + other.told,
            self.came + other.came,
            self.may_come + other.may_come,
            self.called + other.called,
        )
