"""Whom Mosquitto lets in and what it lets them do: its password file and its access list.

Owns the form of both files, the roles of our own services, and how a file gets into its place:
whole, and readable by nobody else. A device may publish below its own topic and read nothing.
Refuses to know where devices are stored.
"""

import base64
import hashlib
import os
import re
import secrets
import signal
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bayboard.entry import CommandError
from config.adapters import Adapter
from models.contract.topics import FILTER, PREFIX, Source
from models.queries.device.registry import AdmittedDevice

# What each of our own services may do. A service logs in under the name of its role; a device's
# user name has a slash in it, so the two cannot be mistaken for each other.
_ROLES: dict[str, tuple[str, ...]] = {
    # Reads everything and publishes nothing.
    "ingest": (f"read {FILTER}",),
    # Reads one figure of the broker's own: a health check needs no more to see that the broker serves.
    "health": ("read $SYS/broker/uptime",),
    "reminders": (f"write {PREFIX}+/reminders/#",),
    # Stands in for every device of every site: give it a password only where nothing is real.
    "simulator": (f"write {FILTER}",),
    # A Traccar server, and a gateway of another product, speak for all of their devices, on the topics that
    # the workshop file gives their kind.
    "traccar": (),
    "json": (),
}

# They come in by the ports of devices, from the network; the other services by a port of their own.
GATEWAYS = frozenset({"traccar", "json"})

# What an id of another product may hold that no level of a topic in the list can.
_UNSAFE = re.compile(r"[/+#\s]|[^\x20-\x7e]")

# Mosquitto accepts salts of 12 and of 64 bytes, and makes 101 rounds itself. More would defend a password
# that can be guessed; ours are random, and a broker that restarts has every device's to check at once.
_SALT_BYTES, _ROUNDS = 12, 101
# Small letters and digits, as the keyboards of scanners have them, without those that look alike.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_PASSWORD_CHARACTERS = 26  # 128 bits


class AccessError(CommandError):
    """The files cannot be made or put into their place; the message says why."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in, and what for: `read` or `write`, a space, and a topic filter."""

    user: str
    password_hash: str
    grants: tuple[str, ...]


def make_password() -> str:
    """Make a password that nobody can guess and anybody can type."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_PASSWORD_CHARACTERS))


def hash_password(password: str) -> str:
    """Hash a password as `mosquitto_passwd` does: PBKDF2 with SHA-512, a salt of its own each time."""
    salt = secrets.token_bytes(_SALT_BYTES)
    derived = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
    return f"$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(derived).decode()}"


def make_service_account(role: str, password: str, adapters: Sequence[Adapter]) -> Account:
    """Make the account of one of our own services; raises AccessError for a role nobody has."""
    if role not in _ROLES:
        raise AccessError(f"there is no role {role!r}, only {', '.join(_ROLES)}")
    grants = list(_ROLES[role])
    if role == "ingest":
        grants += [f"read {adapter.topic}" for adapter in adapters]
    else:
        grants += [f"write {adapter.topic}" for adapter in adapters if adapter.kind == role]
    return Account(role, hash_password(password), tuple(grants))


def make_device_account(device: AdmittedDevice, adapters: Sequence[Adapter]) -> Account:
    """Make the account of a device.

    It may publish whatever it likes below its own topic: what is misspelt there reaches
    quarantine and is seen, where the broker would drop it without a word.
    """
    own = [f"{PREFIX}{device.site}/{device.source}/{device.device}/#"]
    if device.source == Source.TELEMATICS:
        own += [
            topic
            for adapter in adapters
            if adapter.kind != "traccar" and adapter.site == device.site
            for name in dict.fromkeys((device.device, device.known_as))
            if name and not _UNSAFE.search(name)
            for topic in _own_topics(adapter, name)
        ]
    return Account(device.user, device.password_hash, tuple(f"write {topic}" for topic in own))


def _own_topics(adapter: Adapter, device: str) -> list[str]:
    """Return a device's part of a filter: its name is at the level that names devices, or nowhere."""
    levels = adapter.topic.split("/")
    place = adapter.device_level
    if place is None:
        # Of WiCAN without a wildcard; other messages name their device themselves.
        return [adapter.topic] if adapter.kind == "wican" and device in levels else []
    if place > len(levels):
        return []
    level, rest = levels[place - 1], levels[place:]
    if level not in ("+", "#", device):
        return []
    return ["/".join([*levels[: place - 1], device, *(["#"] if level == "#" else rest)])]


def render_passwords(accounts: Iterable[Account]) -> str:
    """Write Mosquitto's password file."""
    return "".join(f"{account.user}:{account.password_hash}\n" for account in accounts)


def render_acl(accounts: Iterable[Account]) -> str:
    """Write Mosquitto's access list; whatever it does not grant is refused."""
    sections = (
        "\n".join((f"user {account.user}", *(f"topic {grant}" for grant in account.grants), ""))
        for account in accounts
    )
    return "\n".join(("# Generated by `bayboard device access`; changes are overwritten.\n", *sections))


def put_file(path: Path, text: str) -> bool:
    """Put the text into the file's place in one step; False if it is what stands there.

    The file is readable by its owner only, which is us, or for root the owner of the
    directory. Raises AccessError when it cannot be written.
    """
    try:
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return False
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(descriptor)
            if os.geteuid() == 0:
                directory = path.parent.stat()
                os.chown(temporary, directory.st_uid, directory.st_gid)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink()
            raise
    except OSError as error:
        raise AccessError(f"{path} cannot be written: {error.strerror}") from error
    return True


def reload_broker(pid_file: Path) -> None:
    """Have a running Mosquitto read its files anew, and throw out whom they no longer name.

    No such process means that none runs: it will read them when it starts.
    """
    try:
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int(pid_file.read_text(encoding="ascii")), signal.SIGHUP)
    except (OSError, ValueError) as error:
        raise AccessError(f"the broker of {pid_file} cannot be told to reload: {error}") from error
