"""Lengths of time, times and sizes in words, as managers' pages say them. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from config.texts import text

_DAY = timedelta(days=1)


def say_length(length: timedelta, lang: str) -> str:
    """Return a length of time in its largest unit, and the next where that tells something."""
    seconds = max(int(length.total_seconds()), 0)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return text(lang, "length.days", d=days) if days > 1 else text(lang, "length.day", h=hours % 24)
    if hours:
        key = "length.hours" if minutes % 60 else "length.whole_hours"
        return text(lang, key, h=hours, m=minutes % 60)
    return text(lang, "length.minutes", m=minutes) if minutes else text(lang, "length.seconds", s=seconds)


def say_time(time: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Return a time of the site: the clock's alone today, with its date on any other day."""
    local = time.astimezone(zone)
    return f"{local:%H:%M:%S}" if local.date() == now.astimezone(zone).date() else f"{local:%Y-%m-%d %H:%M}"


def say_bytes(size: int) -> str:
    """Return a size as people read sizes."""
    return f"{size} B" if size < 1024 else f"{size / 1024:.1f} KB"  # noqa: PLR2004  # bytes of a KB
