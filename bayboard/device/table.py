"""The devices as a table for a terminal: ages instead of times, words instead of signs.

Pure: rows and `now` in, a table out.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from rich.table import Table

from models.domain.device.health import DeviceRow

_UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1)))
# Nobody sets a clock better by hand, and no scan is worth less for it.
_NOTHING = timedelta(seconds=1)


def draw_devices(devices: Iterable[DeviceRow], now: datetime) -> Table:
    """Make a line of each device."""
    table = Table()
    for heading in ("site", "device", "source", "added", "revoked", "state", "last message", "clock"):
        table.add_column(heading, no_wrap=True)
    for heading in ("a minute", "quarantined"):
        table.add_column(heading, justify="right")
    table.add_column("calibration due", no_wrap=True)
    for device in devices:
        table.add_row(
            device.site,
            f"{device.device} ({device.known_as})" if device.known_as else device.device,
            device.source,
            _say_day(device.added_at) if device.registered else "not registered",
            _say_day(device.revoked_at),
            _say_state(device.online, device.since, now),
            f"{_say_length(now - device.last_received_at)} ago" if device.last_received_at else "",
            _say_clock(device.offset_seconds),
            "" if (rate := device.rate_at(now)) is None else f"{rate:.1f}",
            str(device.quarantined or ""),
            _say_due(device.calibration_due, now.date()),
        )
    return table


def _say_day(time: datetime | None) -> str:
    return time.date().isoformat() if time else ""


def _say_state(online: bool | None, since: datetime | None, now: datetime) -> str:
    if online is None or since is None:
        return ""
    return f"{'online' if online else 'offline'} for {_say_length(now - since)}"


def _say_clock(offset_seconds: float | None) -> str:
    if offset_seconds is None:
        return ""
    offset = timedelta(seconds=offset_seconds)
    if abs(offset) < _NOTHING:
        return "right"
    return f"{_say_length(abs(offset))} {'behind' if offset_seconds > 0 else 'ahead'}"


def _say_due(due: date | None, today: date) -> str:
    if due is None:
        return ""
    return f"{due} (overdue)" if due < today else str(due)


def _say_length(length: timedelta) -> str:
    for unit, size in _UNITS:
        if length >= size:
            return f"{length // size} {unit}"
    return f"{max(length, timedelta()).seconds} s"
