"""Keeps a broker's password file and access list at what the registry of devices says.

Owns the order in which the two are written and the loop that follows the registry. A database
that is away is waited for: the files stay as they are, and so does whoever may log in.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy.exc
import structlog

from bayboard.device.mosquitto import (
    Account,
    make_device_account,
    put_file,
    reload_broker,
    render_acl,
    render_passwords,
)
from config.adapters import Adapter
from models.queries.device.registry import AdmittedDevice

_log = structlog.get_logger()

# The registry is small: asking every other second costs less than a notification would explain.
_POLL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class AccessFiles:
    """The broker's directory of accounts, those beside devices, and how to have it read them again.

    `services` sign in on the port for our own services, `gateways` on those for devices.
    """

    directory: Path
    services: Sequence[Account]
    gateways: Sequence[Account]
    adapters: Sequence[Adapter]
    pid_file: Path | None

    def write(self, devices: Sequence[AdmittedDevice]) -> bool:
        """Let in these devices and no others; False if the files say so already.

        Raises AccessError when a file cannot be written or the broker not be told.
        """
        admitted = [make_device_account(device, self.adapters) for device in devices]
        changed = self._put("services", self.services)
        changed = self._put("devices", [*self.gateways, *admitted]) or changed
        if changed and self.pid_file:
            reload_broker(self.pid_file)
        return changed

    def _put(self, listener: str, accounts: Sequence[Account]) -> bool:
        # The list first. The broker may reload at any moment, and a device that could log in but
        # not yet publish would get an acknowledgement for messages that are dropped.
        changed = put_file(self.directory / f"{listener}.acl", render_acl(accounts))
        return put_file(self.directory / f"{listener}.passwords", render_passwords(accounts)) or changed


def follow_registry(
    files: AccessFiles, read: Callable[[], Sequence[AdmittedDevice]], stop: threading.Event
) -> None:
    """Write the files whenever the registry has changed, until told to stop."""
    away = False
    while True:
        try:
            devices = read()
        except sqlalchemy.exc.DBAPIError as error:
            if not away:
                _log.warning("registry cannot be read, the files stay as they are", error=str(error.orig))
            away = True
        else:
            away = False
            if files.write(devices):
                _log.info("wrote whom the broker lets in", devices=len(devices))
        if stop.wait(_POLL_SECONDS):
            return
