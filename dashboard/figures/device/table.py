"""The devices of a workshop as a table and as figures to choose from.

Owns what is said of a device and what counts as trouble. Pure: rows, `now` and a language in,
plain rows of a grid and components out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import isnan
from typing import Any
from urllib.parse import urlencode

from dash import dcc, html
from dash.development.base_component import Component

from config.texts import read_catalogue, text
from config.workshop import Workshop
from dashboard.figures.kit.length import say_length
from models.domain.device.health import DeviceRow

# A connected device that has nothing to say is not out of order, but somebody may want to look.
SILENT_AFTER = timedelta(hours=1)
CLOCK_RIGHT_SECONDS = 1
CLOCK_WARN_SECONDS = 30
CALIBRATION_WARN_DAYS = 30
# A thousand years: what a clock can be said to be off.
_LONGEST_SECONDS = 3.2e10
_LEAST_PER_HOUR = 0.5


class Status(StrEnum):
    """How a device is doing, the worst first; the table sorts by it."""

    OFFLINE = "offline"
    REFUSED = "refused"
    NEVER = "never"
    SILENT = "silent"
    ONLINE = "online"
    REVOKED = "revoked"


_ORDER: Mapping[str, int] = {status: place for place, status in enumerate(Status)}

Device = DeviceRow
GridRow = dict[str, Any]


def find_status(device: Device, now: datetime) -> Status:
    """Say how a device is doing."""
    if device.revoked_at:
        return Status.REVOKED
    if device.online is False:
        return Status.OFFLINE
    if device.last_received_at is None:
        if device.online:
            return Status.ONLINE
        return Status.REFUSED if device.quarantined else Status.NEVER
    return Status.ONLINE if now - device.last_received_at <= SILENT_AFTER else Status.SILENT


def _is_clock_off(device: Device) -> bool:
    return abs(device.offset_seconds or 0) >= CLOCK_WARN_SECONDS and device.revoked_at is None


def _days_to_calibration(device: Device, there: datetime) -> int | None:
    return (device.calibration_due - there.date()).days if device.calibration_due else None


def _at_its_site(device: Device, workshop: Workshop, now: datetime) -> datetime:
    """Return the time in the zone of the device's site, whose date counts."""
    site = workshop.site(device.site)
    return now.astimezone(site.zone if site else UTC)


# What needs a hand, beside how a device is heard; the time is the one at its site.
_TROUBLES: Mapping[str, Callable[[Device, datetime], bool]] = {
    "unregistered": lambda device, _now: not device.registered,
    "clock_off": lambda device, _now: _is_clock_off(device),
    "quarantined": lambda device, _now: device.quarantined > 0,
    "calibration": lambda device, there: (
        (days := _days_to_calibration(device, there)) is not None and days < CALIBRATION_WARN_DAYS
    ),
}


def choose_devices(
    devices: Iterable[Device], show: str | None, workshop: Workshop, now: datetime
) -> list[Device]:
    """Return the devices of a status or with a trouble; all of them where `show` is neither."""
    if has_trouble := _TROUBLES.get(show or ""):
        return [device for device in devices if has_trouble(device, _at_its_site(device, workshop, now))]
    if show in _ORDER:
        return [device for device in devices if find_status(device, now) == show]
    return list(devices)


def order_by_need(devices: Iterable[Device], workshop: Workshop, now: datetime) -> list[Device]:
    """Return the devices that need a hand before those that are well."""

    def need(device: Device) -> tuple[int, int]:
        there = _at_its_site(device, workshop, now)
        troubles = sum(has_trouble(device, there) for has_trouble in _TROUBLES.values())
        return _ORDER[find_status(device, now)], -troubles

    return sorted(devices, key=need)


def draw_summary(
    devices: Sequence[Device], show: str | None, workshop: Workshop, now: datetime, lang: str
) -> list[Component]:
    """Return the counts by status and by trouble, each a link that shows those devices alone."""
    statuses = [Status.ONLINE, Status.SILENT, Status.OFFLINE, Status.NEVER, Status.REFUSED, Status.REVOKED]
    always = {Status.ONLINE, Status.SILENT, Status.OFFLINE}

    def chip(name: str | None) -> Component:
        count = len(choose_devices(devices, name, workshop, now))
        return _draw_chip(name, count, chosen=name == show, lang=lang)

    return [
        html.Div(
            [
                chip(None),
                *(
                    chip(name)
                    for name in statuses
                    if name in always or choose_devices(devices, name, workshop, now)
                ),
            ],
            className="chips",
        ),
        html.Div([chip(name) for name in _TROUBLES], className="chips troubles"),
    ]


def _draw_chip(name: str | None, count: int, *, chosen: bool, lang: str) -> Component:
    # What is chosen is given up by choosing it again.
    query = f"?{urlencode({'show': name})}" if name and not chosen else ""
    kind = "trouble" if name in _TROUBLES else f"status-{name or 'all'}"
    return html.Div(
        dcc.Link(
            [html.B(str(count)), html.Span(text(lang, f"devices_show.{name or 'all'}"))],
            href=f"/devices{query}",
        ),
        className=f"chip {kind}{' chosen' if chosen else ''}{'' if count else ' none'}",
    )


def device_row(device: Device, workshop: Workshop, now: datetime, lang: str) -> GridRow:
    """Return a device as a row of the grid: for each column what it sorts by, and its words."""
    site = workshop.site(device.site)
    status = find_status(device, now)
    age = now - device.last_received_at if device.last_received_at else None
    return {
        "id": f"{device.site}/{device.device}",
        "device": device.device,
        "site": site.name(lang) if site else device.site,
        "source": _say_source(device, lang),
        "unregistered": "" if device.registered else text(lang, "devices.unregistered"),
        "status": _ORDER[status],
        "status_key": status,
        "status_words": text(lang, f"devices_status.{status}"),
        "status_detail": _say_since(device, status, now, lang),
        "age": age.total_seconds() if age else None,
        "age_words": text(lang, "devices.ago", time=say_length(age, lang)) if age is not None else "–",
        **_clock_cells(device, workshop, lang),
        "rate": device.rate_at(now),
        "rate_words": _say_rate(device.rate_at(now), lang),
        "quarantined": device.quarantined,
        "quarantined_href": "/quarantine?" + urlencode({"site": device.site, "device": device.device}),
        "quarantined_words": text(lang, "devices.quarantined", count=device.quarantined)
        if device.quarantined
        else "",
        **_calibration_cells(device, _at_its_site(device, workshop, now), lang),
    }


def _say_source(device: Device, lang: str) -> str:
    """Return what kind of device it is, and what its own messages call it where that is another name."""
    source = read_catalogue(lang).get(f"source.{device.source}", device.source or "")
    return f"{source} · {device.known_as}" if device.known_as else source


def _say_since(device: Device, status: Status, now: datetime, lang: str) -> str:
    since = {
        Status.REVOKED: device.revoked_at,
        Status.SILENT: device.last_received_at,
        Status.OFFLINE: device.since,
        Status.ONLINE: device.since,
        Status.NEVER: device.added_at,
    }.get(status)
    return text(lang, f"devices_since.{status}", time=say_length(now - since, lang)) if since else ""


def _clock_cells(device: Device, workshop: Workshop, lang: str) -> GridRow:
    offset = device.offset_seconds
    if offset is None or isnan(offset):
        return {"clock": None, "clock_words": "–", "clock_level": "none"}
    length = abs(offset)
    if length < CLOCK_RIGHT_SECONDS:
        return {"clock": length, "clock_words": text(lang, "devices.clock_right"), "clock_level": "good"}
    key = "devices.clock_behind" if offset > 0 else "devices.clock_ahead"
    refused = -offset > workshop.ingest.future_tolerance_seconds
    level = "over" if refused else "warn" if length >= CLOCK_WARN_SECONDS else "good"
    return {
        "clock": length,
        "clock_words": text(
            lang, key, time=say_length(timedelta(seconds=min(length, _LONGEST_SECONDS)), lang)
        ),
        "clock_level": level,
    }


def _say_rate(messages_per_minute: float | None, lang: str) -> str:
    if messages_per_minute is None or messages_per_minute * 60 < _LEAST_PER_HOUR:
        return "–"
    if messages_per_minute >= 1:
        return text(lang, "devices.per_minute", count=f"{messages_per_minute:.0f}")
    return text(lang, "devices.per_hour", count=f"{messages_per_minute * 60:.0f}")


def _calibration_cells(device: Device, there: datetime, lang: str) -> GridRow:
    days = _days_to_calibration(device, there)
    if days is None:
        return {"calibration": None, "calibration_words": "", "calibration_level": "none"}
    if days < 0:
        words, level = text(lang, "devices.calibration_overdue", days=-days), "over"
    elif days < CALIBRATION_WARN_DAYS:
        words, level = text(lang, "devices.calibration_in", days=days), "warn"
    else:
        words, level = f"{device.calibration_due}", "good"
    return {"calibration": days, "calibration_words": words, "calibration_level": level}
