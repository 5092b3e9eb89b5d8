"""What adapters read alike: values by their paths, a mileage, a vehicle, a time.

Pure. A value that is null, empty, not a number or a word for it is not known, wherever it is; so is a
mileage of 0 (docs/decisions/0017). What is known and cannot be read is refused with ContractError, naming its
path.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from config.adapters import Adapter as Facts
from config.adapters import Mileage, Place, Unit, find_unit
from config.kit.json_paths import MISSING, find_value
from ingest.adapters.adapter import Skip, SkippedError
from models.contract.payloads import MAX_PAYLOAD_BYTES, Odometer
from models.contract.topics import ContractError
from models.contract.values import (
    UnreadableError,
    bound_mileage,
    quote,
    read_json,
    read_number,
    read_time,
    show,
)
from models.domain.names import canonical_name, canonical_vin
from models.domain.notes import Note

# Beside the words that are no name of anything.
_UNKNOWN_WORDS = {"unknown", "unavailable", "nan", "na"}
# Times of clocks that were never set: of 1970, 1980, 1999, of the year 1.
_NEVER_SET = re.compile(r"\s*(?:19|0)")
_DIGITS = 6
# A clock that is ahead by less is not worth a note.
NEARLY_RIGHT = timedelta(minutes=5)
_NO_BYTES = b" \t\r\n\0"
# The longest text that may be a value, and the longest number of a vehicle in the contract.
_LONGEST_TEXT, _LONGEST_VIN = 64, 32
# So many of the names in a message are shown to those who look for the right one.
_NAMES, _NAMES_CHARACTERS = 8, 200
_LIKELY = re.compile(r"odo|mil(e|ag)|dist|km", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signal:
    """A value that holds a mileage: its path, its unit, and what it is multiplied with."""

    path: str
    unit: Unit
    scale: float = 1.0


def make_signals(facts: Facts, names: Iterable[str], unit: Unit, root: str = "") -> list[Signal]:
    """Return the signals of a mapping, or of the product's own names; their paths are below `root`."""
    mileages = facts.odometer or [Mileage(name=name) for name in names]
    return [
        Signal(root + one.name, one.unit or find_unit(one.name) or facts.unit or unit, one.scale)
        for one in mileages
    ]


def read_payload(payload: bytes) -> object:
    """Return what JSON says, or a plain text as it is; raises SkippedError for no bytes, or ContractError."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ContractError(f"payload: {len(payload)} bytes, more than {MAX_PAYLOAD_BYTES}")
    if not payload.strip(_NO_BYTES):
        raise SkippedError(Skip.EMPTY)
    try:
        return read_json(payload)
    except UnreadableError as error:
        text = payload.decode(errors="replace").strip()
        if len(text) > _LONGEST_TEXT or not text.isprintable() or text[:1] in ("{", "[", '"'):
            raise ContractError(f"payload: {error}") from error
        return text


def is_known(value: object) -> bool:
    """Say whether a value is there and says something."""
    if isinstance(value, str):
        name = canonical_name(value[:_LONGEST_TEXT])
        return name is not None and name.lower() not in _UNKNOWN_WORDS
    return not (value is MISSING or value is None or (isinstance(value, float) and not math.isfinite(value)))


def read_odometer(document: object, signals: Sequence[Signal], *, skip_missing: bool) -> Odometer:
    """Return the first of the mileages that is known; raises SkippedError, or ContractError."""
    values = [(signal, find_value(document, signal.path)) for signal in signals]
    for signal, value in values:
        if is_known(value) and (odometer := read_mileage(value, signal)).value:
            return odometer
    if any(value is not MISSING for _, value in values):
        raise SkippedError(Skip.NOT_KNOWN)
    if skip_missing:
        raise SkippedError(Skip.WITHOUT_ODOMETER)
    path = signals[0].path
    raise ContractError(f"{path}: missing; there is '{_list_keys(document, path)}'")


def read_mileage(value: object, signal: Signal) -> Odometer:
    """Return a known value as a mileage; raises ContractError naming the path."""
    try:
        number = read_number(value)
    except UnreadableError as error:
        raise ContractError(f"{signal.path}: {error}") from error
    if number < 0:
        raise ContractError(f"{signal.path}: {show(value)} is less than 0")
    scaled = number if signal.scale == 1 else round(number * signal.scale, _DIGITS)
    return Odometer(value=bound_mileage(scaled), unit=signal.unit)


def name_vehicle(
    topic: str, document: object, place: Place | None, find_registered: Callable[[], str], notes: list[Note]
) -> str:
    """Return the vehicle that a message names, as it is written there, or else the registered one.

    A number that nobody can read is left out and noted.
    """
    said = MISSING if place is None else find_place(topic, document, place)
    if isinstance(said, str) and len(said) <= _LONGEST_TEXT and is_known(said):
        vin = canonical_vin(said)
        if vin and len(vin) <= _LONGEST_VIN:
            return said
    registered = find_registered()
    if is_known(said):
        notes.append(
            note_left_out(str(place), said, "is no number of a vehicle; the registered one is taken")
        )
    return registered


def find_place(topic: str, document: object, place: Place) -> object:
    """Return what is at a path of the message or at a level of its topic, or MISSING."""
    if isinstance(place, str):
        return find_value(document, place)
    levels = topic.split("/")
    return levels[place - 1] if place <= len(levels) else MISSING


def read_instant(value: object, zone: ZoneInfo, path: str) -> datetime | None:
    """Return a time; None where it is not known, or is of a clock that was never set.

    Raises ContractError naming the path.
    """
    if not is_known(value):
        return None
    try:
        return read_time(value, zone).astimezone(UTC)
    except UnreadableError as error:
        if isinstance(value, str) and not _NEVER_SET.match(value):
            raise ContractError(f"{path}: {error}") from error
        return None


def note_left_out(path: str, value: object, why: str) -> Note:
    """Return the note that a value was left out."""
    return Note(path, quote(value), why)


def _list_keys(document: object, path: str) -> str:
    """Return the names beside a path that is not there, so that the right one can be seen."""
    parent = find_value(document, path.rpartition(".")[0]) if "." in path else document
    around = parent if isinstance(parent, dict) else document
    if not isinstance(around, dict):
        return "a list" if isinstance(around, list) else "a plain value"
    names = sorted(around, key=lambda name: not _LIKELY.search(name))
    listed = ", ".join(names[:_NAMES])[:_NAMES_CHARACTERS]
    shown = "".join(sign if sign.isprintable() and sign != "'" else "?" for sign in listed)
    return shown + (", …" if len(names) > _NAMES else "")
