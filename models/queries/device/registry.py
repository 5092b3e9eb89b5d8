"""The registry of devices: who may log in at the broker, and under which name.

Owns adding, re-issuing and revoking. A device is never deleted, since its messages stay, and
a name is never given to a second device by accident. It holds hashes, never passwords, and
knows nothing of how a broker is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from models.schema.devices import Device


class RegistryError(Exception):
    """The registry says no; the message is a sentence for whoever asked."""


@dataclass(frozen=True, slots=True)
class AdmittedDevice:
    """A device that may log in: its name, and the hash of its password in Mosquitto's own form."""

    site: str
    source: str
    device: str
    password_hash: str
    # What its own messages call it, where that is another name.
    known_as: str | None = None

    @property
    def user(self) -> str:
        """Return the name it logs in with; unambiguous, as neither part can hold a slash."""
        return name_user(self.site, self.device)


def name_user(site: str, device: str) -> str:
    """Return the name a device logs in with."""
    return f"{site}/{device}"


def admit_device(
    connection: Connection, device: AdmittedDevice, *, vin: str | None, now: datetime, again: bool
) -> None:
    """Register a device; one that is registered already gets new credentials only if revoked or `again`.

    Raises RegistryError for a device that is registered, and for an id that another device has. What was
    said of it before (source, vehicle, id, revocation) is replaced.
    """
    _check_id(connection, device)
    said = {
        "source": device.source,
        "password_hash": device.password_hash,
        "vin": vin,
        "known_as": device.known_as,
        "added_at": now,
        "revoked_at": None,
    }
    admitted = connection.execute(
        insert(Device)
        .values(site=device.site, device=device.device, **said)
        .on_conflict_do_update(
            index_elements=[Device.site, Device.device],
            set_=said,
            where=or_(literal(again), Device.revoked_at.is_not(None)),
        )
        .returning(Device.device)
    )
    if admitted.first() is None:
        raise RegistryError(f"{device.user} is registered already; --again gives it a new password")


def _check_id(connection: Connection, device: AdmittedDevice) -> None:
    """Raise RegistryError where another device of the site has the name or the id of this one."""
    names = [name for name in (device.device, device.known_as) if name]
    other = connection.execute(
        select(Device.device, Device.known_as).where(
            Device.site == device.site,
            Device.device != device.device,
            Device.revoked_at.is_(None),
            or_(Device.known_as.in_(names), Device.device == device.known_as),
        )
    ).first()
    if other:
        name = other.known_as if other.known_as in names else other.device
        raise RegistryError(f"{name} is {name_user(device.site, other.device)}; revoke that one first")


def revoke_device(connection: Connection, site: str, device: str, now: datetime) -> None:
    """Take a device's right to log in and its id; raises RegistryError when it has none."""
    revoked = connection.execute(
        update(Device)
        .where(Device.site == site, Device.device == device, Device.revoked_at.is_(None))
        .values(revoked_at=now, known_as=None)
        .returning(Device.device)
    )
    if revoked.first() is None:
        raise RegistryError(f"{name_user(site, device)} is not registered, or is revoked already")


def read_admitted_devices(connection: Connection) -> Sequence[AdmittedDevice]:
    """Return every device that may log in, in a stable order."""
    rows = connection.execute(
        select(Device.site, Device.source, Device.device, Device.password_hash, Device.known_as)
        .where(Device.revoked_at.is_(None))
        .order_by(Device.site, Device.device)
    )
    return [AdmittedDevice(*row) for row in rows]
