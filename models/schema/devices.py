"""Devices that may publish, and how they and their sites are heard."""

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.schema.base import Base


class Device(Base):
    """A device that may publish, with the hash of its password in Mosquitto's own form."""

    __tablename__ = "device"
    __table_args__ = (UniqueConstraint("site", "known_as"),)

    site: Mapped[str] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    password_hash: Mapped[str]
    # The vehicle a telematics unit is built into, for messages that name only the unit.
    vin: Mapped[str | None]
    # What its own messages call it, where that cannot be the name of a device: +8613800000000.
    known_as: Mapped[str | None]
    added_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class DeviceState(Base):
    """How a device is heard: its last message, its rate, and how far its clock is off. Derived."""

    __tablename__ = "device_state"

    site: Mapped[str] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    last_received_at: Mapped[datetime]
    messages: Mapped[int] = mapped_column(BigInteger)
    messages_per_minute: Mapped[float]
    # Our clock minus the device's, and the last live message that told it; null until measured.
    offset_seconds: Mapped[float | None]
    offset_measured_at: Mapped[datetime | None]


class SitePulse(Base):
    """When the newest message of a site reached us. Derived; one row a site."""

    __tablename__ = "site_pulse"

    site: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
