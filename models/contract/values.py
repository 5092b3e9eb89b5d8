"""What one value of a message may look like: liberal where it has one meaning, refused where it has two.

Owns the reading of JSON as gateways write it, and of single times, dates, numbers, units and flags. Every
function raises UnreadableError, a sentence that says what was found and what would be accepted. Pure.
"""

import json
import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import isfinite
from typing import Any, Literal

import msgspec

from models.domain.names import clean_text

DistanceUnit = Literal["km", "mi", "m"]
CodeStatus = Literal["pending", "confirmed", "permanent"]

# Nothing a workshop measures is older; a clock that says so has lost its battery.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Nothing is promised for later; a time near the end of the calendar could not be read back in every zone.
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
# No car is older; what service is due is computed from its first day on.
FIRST_CAR = date(1886, 1, 1)
# The contract needs four levels; a parser needs some hundred to fail.
MAX_DEPTH = 32
# Beyond every odometer and every all-ones value of 32 bits; what is larger is kept as this.
MOST_MILEAGE = 1e10

_MOST_SHOWN, _MOST_KEPT = 60, 200
_MOST_OFFSET = timedelta(hours=15)
# Digits beyond this are no number of a workshop; Python refuses to read some thousand of them.
_MOST_DIGITS = 300
_LONG_NUMBER = re.compile(rb"\d{%d}" % _MOST_DIGITS)
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_TEXT_OR_NAN = re.compile(r'"(?:[^"\\]|\\.)*"|[-+]?\b(?:nan|inf(?:inity)?)\b', re.DOTALL | re.IGNORECASE)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_SHORT_HOUR = re.compile(r"(?<=[T ])(\d)(?=:)")
_MONTHS = 12
# Day and month, or month and day.
_TWO_MEANINGS = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b.*", re.DOTALL)
_NUMBER = re.compile(r"([-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)", re.IGNORECASE)
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:[,'\s]\d{3}){2,}(?:\.\d+)?|[-+]?\d+,\d+")
_UNITS: dict[str, DistanceUnit] = {
    **dict.fromkeys(
        ("km", "kms", "kilometer", "kilometers", "kilometre", "kilometres", "公里", "千米"), "km"
    ),
    **dict.fromkeys(("mi", "mile", "miles", "mls", "英里", "哩"), "mi"),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres", "米"), "m"),
}
_FLAGS = {
    **dict.fromkeys(("true", "yes", "y", "on", "1", "是"), True),
    **dict.fromkeys(("false", "no", "n", "off", "0", "否"), False),
}


class UnreadableError(ValueError):
    """A value has no meaning here, or two; the message says what was found and what would be read."""


def show(value: Any) -> str:
    """Return a value as a sentence quotes it: one line, not too long."""
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    shown = shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}…"
    return repr(shown) if isinstance(value, str) else shown


def quote(sent: Any) -> str:
    """Return what was sent as a note keeps it: a text as it is, unless it is too long."""
    return sent if isinstance(sent, str) and len(sent) <= _MOST_KEPT else show(sent)


def is_too_deep(payload: bytes) -> bool:
    """Say whether JSON is nested deeper than any message needs; quick for messages that are not."""
    if payload.count(b"[") + payload.count(b"{") <= MAX_DEPTH:
        return False
    brackets = payload.translate(None, _NOT_BRACKETS)
    for _ in range(MAX_DEPTH):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    # Too deep, or brackets inside texts.
    depth = 0
    for found in _BRACKETS.finditer(payload):
        sign = found.group()
        depth += (sign in b"[{") - (sign in b"]}")
        if depth > MAX_DEPTH:
            return True
    return False


def read_json(payload: bytes) -> Any:
    """Read JSON as gateways write it.

    Taken beside strict JSON: a byte order mark, UTF-16, control characters in texts, NUL at the end; nan or
    infinity in any spelling, which mean "not known".
    """
    if is_too_deep(payload):
        raise UnreadableError(f"nested deeper than {MAX_DEPTH} levels")
    if not _LONG_NUMBER.search(payload):
        # Strict JSON is by far the most; the rest takes ten times as long.
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            return msgspec.json.decode(payload)
    try:
        text = (
            payload.decode(json.detect_encoding(payload)).removeprefix("\ufeff").rstrip("\0 \t\r\n\x03\x04")
        )
        text = _TEXT_OR_NAN.sub(lambda found: found[0] if found[0][0] == '"' else "null", text)
        return json.loads(text, strict=False, parse_int=_read_int, parse_float=_read_float)
    except UnicodeDecodeError as error:
        raise UnreadableError(f"not {error.encoding} text at byte {error.start}") from error
    except ValueError as error:
        raise UnreadableError(f"not JSON: {str(error)[0].lower()}{str(error)[1:]}") from error


def _read_int(digits: str) -> int | None:
    return int(digits) if len(digits) <= _MOST_DIGITS else None


def _read_float(digits: str) -> float | None:
    number = float(digits)
    return number if isfinite(number) else None


def read_time(value: Any, zone: tzinfo | None) -> datetime:
    """Read a time as a device or a table writes it; one without an offset is the zone's.

    `zone` is None where the site's zone is not known. Numbers are seconds, milli- or microseconds since 1970.
    """
    if isinstance(value, datetime):
        at = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        at = _read_epoch(value)
    elif isinstance(value, str):
        at = _read_clock(value)
    else:
        raise UnreadableError(f"{show(value)} is not a time such as 2026-11-21T09:31:05+08:00")
    if at.tzinfo is None:
        at = _place(at, zone, value)
    return check_time(at)


def check_time(at: datetime) -> datetime:
    """Return a time that lies in the years a workshop can mean, in a zone of the earth."""
    if at.tzinfo is UTC and EARLIEST.year <= at.year < LATEST.year:
        return at
    offset = at.utcoffset()
    if offset is None:
        raise UnreadableError(f"{at.isoformat()} has no offset such as +08:00")
    if abs(offset) > _MOST_OFFSET:
        raise UnreadableError(f"{at.isoformat()} has the offset of no zone; up to 15 hours would be one")
    # A comparison of times with two offsets is slow; most need none.
    if EARLIEST.year < at.year < LATEST.year - 1:
        return at
    if at < EARLIEST:
        raise UnreadableError(f"{at.isoformat()} is before {EARLIEST.year}")
    if at >= LATEST:
        raise UnreadableError(f"{at.isoformat()} is ahead of our clock, and after {LATEST.year}")
    return at


def _read_epoch(value: float) -> datetime:
    for per_second in (1, 1_000, 1_000_000):
        if EARLIEST.timestamp() <= value / per_second < LATEST.timestamp():
            return datetime.fromtimestamp(value / per_second, UTC)
    raise UnreadableError(
        f"{show(value)} is not a time: no seconds or milliseconds since 1970 of a year from 2000"
    )


def _read_clock(text: str) -> datetime:
    """Read a written time; without an offset it stays without."""
    stripped = text.strip()
    if re.fullmatch(r"\d{10}(\d{3})?(\.\d+)?", stripped):
        return _read_epoch(float(stripped))
    first, second = re.split(r"[-/.]", stripped)[:2] if _TWO_MEANINGS.fullmatch(stripped) else ("", "")
    if first and max(int(first), int(second)) <= _MONTHS:
        raise UnreadableError(
            f"{show(text)} has two meanings, day {first} of month {second} or day {second} of month {first};"
            " write 2026-11-21T09:31:05+08:00"
        )
    written = _DAY.sub(_write_day, stripped, count=1)
    written = _SHORT_HOUR.sub(r"0\1", written).replace("Z", "+00:00").replace("z", "+00:00")
    written = re.sub(r"\s+(?=[-+]\d{2})", "", written)
    try:
        return datetime.fromisoformat(written)
    except ValueError as error:
        raise UnreadableError(f"{show(text)} is not a time such as 2026-11-21T09:31:05+08:00") from error


def _write_day(found: re.Match[str]) -> str:
    year, month, day = found.groups()
    return f"{year}-{int(month):02}-{int(day):02}"


def _place(at: datetime, zone: tzinfo | None, value: Any) -> datetime:
    """Return a time of the site's zone; raises UnreadableError for an hour that is there twice or never."""
    if zone is None:
        raise UnreadableError(
            f"{show(value)} has no offset such as +08:00, and the zone of its site is not known"
        )
    first, second = at.replace(tzinfo=zone, fold=0), at.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return datetime.combine(at.date(), at.time(), first.tzinfo)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at:
        raise UnreadableError(
            f"{show(value)} does not exist in {zone}: the clock jumps over it; write the offset"
        )
    both = f"{first.isoformat()} or {second.isoformat()}"
    raise UnreadableError(f"{show(value)} has two meanings in {zone}, {both}; write the offset")


def read_date(value: Any, zone: tzinfo | None) -> date:
    """Read a day; of a time with an offset, the day it is at the site."""
    if not isinstance(value, str):
        raise UnreadableError(f"{show(value)} is not a day such as 2021-03-04")
    try:
        at = _read_clock(value)
    except UnreadableError as error:
        raise UnreadableError(str(error).replace("2026-11-21T09:31:05+08:00", "2021-03-04")) from error
    check_date(at.date())
    if at.tzinfo and zone and at.time() != time():
        at = at.astimezone(zone)
    return check_date(at.date())


def check_date(day: date) -> date:
    """Return a day that lies in the years of cars."""
    if not FIRST_CAR <= day < LATEST.date():
        raise UnreadableError(f"{day} is not from {FIRST_CAR.year} to {LATEST.year}")
    return day


def read_number(value: Any) -> float:
    """Read a number, also one written as text; a comma has two meanings and is refused."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    elif isinstance(value, str):
        number = _read_digits(value)
    else:
        raise UnreadableError(f"{show(value)} is not a number")
    if not isfinite(number):
        raise UnreadableError(f"{show(value)} is not a finite number")
    return number


def _read_digits(text: str) -> float:
    stripped = text.strip()
    if _GROUPED.fullmatch(stripped):
        whole, point = re.sub(r"[,'\s]", "", stripped), stripped.replace(",", ".")
        raise UnreadableError(
            f"{show(text)} has two meanings, {whole} or {point}; write it without separators"
        )
    found = _NUMBER.fullmatch(stripped)
    if found is None:
        raise UnreadableError(f"{show(text)} is not a number")
    return float(found[1])


def read_unit(value: Any) -> DistanceUnit:
    """Read a unit of distance in the words of gateways: KM, miles, 公里."""
    unit = _UNITS.get(value.strip().rstrip(".").lower()) if isinstance(value, str) else None
    if unit is None:
        raise UnreadableError(f"{show(value)} is not a unit of distance: km, mi or m")
    return unit


def read_flag(value: Any) -> bool:
    """Read true or false in the words of gateways."""
    flag = _FLAGS.get(str(value).strip().lower()) if isinstance(value, str | int) else None
    if flag is None:
        raise UnreadableError(f"{show(value)} is not true or false")
    return flag


# ISO 14229-1, annex D: bits of a trouble code's status byte.
_CONFIRMED_BIT, _PENDING_BIT = 0x08, 0x04
_CODE_STATES: dict[str, CodeStatus] = {
    "pending": "pending",
    "permanent": "permanent",
    **dict.fromkeys(
        ("confirmed", "stored", "active", "current", "present", "history", "historic"), "confirmed"
    ),
}


def read_code_status(value: Any) -> CodeStatus:
    """Read the status of a trouble code: a word, or the status byte of ISO 14229 such as 0x2F."""
    word = value.strip().lower() if isinstance(value, str) else ""
    if status := _CODE_STATES.get(word):
        return status
    byte = value if isinstance(value, int) and not isinstance(value, bool) else None
    if re.fullmatch(r"0x[0-9a-f]{1,2}", word):
        byte = int(word, 16)
    if byte is not None and 0 <= byte <= 0xFF and byte & (_CONFIRMED_BIT | _PENDING_BIT):  # noqa: PLR2004
        return "confirmed" if byte & _CONFIRMED_BIT else "pending"
    raise UnreadableError(f"{show(value)} is not a status: pending, confirmed or permanent")


def clean_words(text: str) -> str | None:
    """Return free text without what nobody sees; None where nothing is left."""
    return clean_text(text) or None


def bound_mileage(value: float) -> float:
    """Return a mileage no larger than MOST_MILEAGE: no odometer shows more, and no page could."""
    return min(value, MOST_MILEAGE)
