"""`bayboard secrets`: makes the passwords and keys of an installation and keeps them in one file.

Owns the list of secrets that docker-compose.yml asks for, and the form of the file: NAME=value a line,
readable by its owner alone. What the file holds stays as it is; a secret is replaced only by name.
Every secret is made of letters and digits, so that it can be a part of an address and of any file.
"""

import os
import re
import secrets as chance
import string
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from bayboard.entry import CommandError

# Those that docker-compose.yml does not start without.
NEEDED = (
    "BAYBOARD_SECRET_KEY",
    "BAYBOARD_DATABASE_PASSWORD",
    "BAYBOARD_INGEST_DATABASE_PASSWORD",
    "BAYBOARD_REMIND_DATABASE_PASSWORD",
    "BAYBOARD_SERVE_DATABASE_PASSWORD",
    "BAYBOARD_ACCESS_DATABASE_PASSWORD",
    "BAYBOARD_INGEST_MQTT_PASSWORD",
    "BAYBOARD_REMINDERS_MQTT_PASSWORD",
    "BAYBOARD_HEALTH_MQTT_PASSWORD",
)
# An account of the broker that most installations must not have: it is made by name only.
ON_REQUEST = ("BAYBOARD_SIMULATOR_PASSWORD", "BAYBOARD_TRACCAR_PASSWORD", "BAYBOARD_JSON_PASSWORD")

_ALPHABET = string.ascii_letters + string.digits
_CHARACTERS = 43  # 256 bits
_LINE = re.compile(r"(?m)^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=(.*)$")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_ABOUT = (
    "# Made by `bayboard secrets`. These secrets open everything: keep the file out of version control\n"
    "# and out of backups that others can read.\n"
)


def secrets(
    file: Annotated[Path, typer.Option(help="Where docker-compose looks for them.")] = Path(".env"),
    rotate: Annotated[
        list[str] | None,
        typer.Option(help="Replace this secret, or make it if it is optional; may be repeated."),
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="The name or address of the dashboard in browsers: board.example.")
    ] = None,
) -> None:
    """Make the passwords and keys of an installation; those in the file stay as they are."""
    known = (*NEEDED, *ON_REQUEST)
    if unknown := [name for name in rotate or () if name not in known]:
        raise CommandError(f"there is no secret {', '.join(unknown)}; there are {', '.join(known)}")
    if host is not None and not _HOST.fullmatch(host):
        raise CommandError(f"--host {host!r} is no name or address such as board.example or 192.168.1.20")
    text = _read(file)
    given = dict(_LINE.findall(text))
    asked = dict.fromkeys([*(rotate or ()), *(name for name in NEEDED if not given.get(name, "").strip())])
    new = {name: _make() for name in asked}
    if host is not None:
        new |= {"BAYBOARD_HOST": host, "BAYBOARD_PUBLIC_URL": f"https://{host}"}
    _write(file, _merge(text, new))
    for name in new:
        typer.echo(f"{name} is {'new' if given.get(name) else 'made'}")
    typer.echo(f"{file} holds {len(NEEDED)} secrets or more, for its owner alone.")
    if "BAYBOARD_DATABASE_PASSWORD" in new and given.get("BAYBOARD_DATABASE_PASSWORD"):
        typer.echo("The database keeps its old password until: alter role bayboard password '…'", err=True)


def _make() -> str:
    return "".join(chance.choice(_ALPHABET) for _ in range(_CHARACTERS))


def _merge(text: str, new: dict[str, str]) -> str:
    """Put the new values into the lines that have their names, and the rest at the end."""
    left = dict(new)

    def replace(line: re.Match[str]) -> str:
        if line[1] not in new:
            return line[0]
        left.pop(line[1], None)
        return f"{line[1]}={new[line[1]]}"

    merged = _LINE.sub(replace, text) if text else _ABOUT
    if merged and not merged.endswith("\n"):
        merged += "\n"
    return merged + "".join(f"{name}={value}\n" for name, value in left.items())


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error


def _write(file: Path, text: str) -> None:
    """Replace the file in one step; nobody else can read it at any moment."""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=file.absolute().parent, prefix=f".{file.name}-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as new:
                new.write(text)
                new.flush()
                os.fsync(descriptor)
            Path(temporary).replace(file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}") from error
