"""Times and days as customers read them, in the site's zone and the reader's language.

Owns how exact an expected time may look: never to the minute. Pure: what time it is, is passed.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time

from config.texts import text

# English as written outside America: 24 hours, the day before the month.
LOCALES = {"en": "en_GB", "zh": "zh_CN"}
# An expected time is rounded to this, and a range is at least as long.
_STEP_MINUTES = 5
_STEP = timedelta(minutes=_STEP_MINUTES)


def say_clock(time: datetime, zone: ZoneInfo, lang: str) -> str:
    """Return the time of day at the site."""
    return format_time(time, "short", tzinfo=zone, locale=LOCALES[lang])


def say_day(day: date, lang: str) -> str:
    """Return a day with its year."""
    return format_date(day, "long", locale=LOCALES[lang])


def say_moment(time: datetime, zone: ZoneInfo, now: datetime, lang: str) -> str:
    """Return a time at the site: the clock's alone today, with its day on any other."""
    local, clock = time.astimezone(zone), say_clock(time, zone, lang)
    if local.date() == now.astimezone(zone).date():
        return clock
    day = format_skeleton("MMMEd", local, locale=LOCALES[lang])
    return text(lang, "when.day_and_time", day=day, time=clock)


def say_range(earliest: datetime, latest: datetime, zone: ZoneInfo, now: datetime, lang: str) -> str:
    """Return an expected time as a range of whole steps, or its end alone where it has begun already.

    A day that both ends share is said once.
    """
    start = _round_down(earliest.astimezone(zone))
    soon = _round_down(now.astimezone(zone)) + _STEP
    end = max(_round_up(latest.astimezone(zone)), start + _STEP, soon)
    if start <= now:
        return text(lang, "when.by", time=say_moment(end, zone, now, lang))
    first = say_moment(start, zone, now, lang)
    same_day = start.date() == end.date()
    last = say_clock(end, zone, lang) if same_day else say_moment(end, zone, now, lang)
    return text(lang, "when.range", first=first, last=last)


def _round_down(local: datetime) -> datetime:
    return local.replace(minute=local.minute - local.minute % _STEP_MINUTES, second=0, microsecond=0)


def _round_up(local: datetime) -> datetime:
    down = _round_down(local)
    return down if down == local else down + _STEP
