"""How the values of a message are written in each language: days, times, distances, shares.

Owns that and nothing else. Pure: times are told as the site's clock shows them.
"""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from config.wording.events import Kind

# English as written outside America: 24 hours, the day before the month.
_LOCALES = {"en": "en_GB", "zh": "zh_CN"}
_MINUTES_OF_HOUR = 60
_CONTROLS = frozenset(map(chr, (*range(32), *range(127, 160))))


def say_value(  # noqa: PLR0911  # one for each kind
    kind: Kind, value: Any, lang: str, zone: ZoneInfo
) -> str:
    """Return a value of a payload as people read it."""
    locale = _LOCALES[lang]
    match kind:
        case Kind.LINES:
            return str(value)
        case Kind.NAME | Kind.TEXT:
            text = value.get(lang) or value.get("en") or "" if isinstance(value, dict) else value
            return _say_in_one_line(text)
        case Kind.KM | Kind.COUNT:
            return format_decimal(round(value), locale=locale)
        case Kind.SHARE:
            return format_percent(value, locale=locale)
        case Kind.MINUTES:
            return _say_minutes(round(value), locale)
        case Kind.DAY:
            return format_date(date.fromisoformat(value), "long", locale=locale)
        case Kind.MOMENT:
            return _say_moment(datetime.fromisoformat(value).astimezone(zone), locale)


def _say_in_one_line(value: object) -> str:
    """Return a text without its line breaks: nobody writes lines of their own into a message."""
    return " ".join("".join(each if each not in _CONTROLS else " " for each in str(value)).split())


def _say_moment(local: datetime, locale: str) -> str:
    day = format_skeleton("MMMEd", local, locale=locale)
    return f"{day} {format_time(local, 'short', tzinfo=local.tzinfo, locale=locale)}"


def _say_minutes(minutes: int, locale: str) -> str:
    hours, rest = divmod(minutes, _MINUTES_OF_HOUR)
    parts = [(hours, "duration-hour")] if hours else []
    parts += [(rest, "duration-minute")] if rest or not hours else []
    return " ".join(format_unit(number, unit, "short", locale=locale) for number, unit in parts)
