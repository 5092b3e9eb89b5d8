"""Due items as rows of a table, and their counts to choose from.

Owns which columns tell most of items that stand somewhere, and what is said in them. Pure: items, `now` and a
language in; plain rows, columns and components out.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from config.texts import name_stored, text
from config.workshop import Workshop
from dashboard.figures.analytics.words import UNKNOWN, name_item, say_count, say_date, zone_of
from dashboard.figures.kit.addresses import vehicle_address
from dashboard.figures.kit.grid import column
from models.domain.service.listed import ListedItem

Row = dict[str, Any]
_LEVELS = {"overdue": "over", "due": "warn", "failed": "over", "withheld": "warn"}
# What is told of items beside the car, the item and when it is due, by where they stand.
_MORE: Mapping[str, tuple[str, ...]] = {
    "due": ("state", "km"),
    "raised": ("state", "raised", "km"),
    "sent": ("state", "raised", "km"),
    "booked": ("state", "raised", "km"),
    "done": ("state", "raised", "closed"),
    "held": ("held", "km"),
}


def list_columns(shown: str, lang: str) -> list[Row]:
    """Return the columns that tell of items standing there."""
    names = {
        "state": text(lang, "reminders.state"),
        "km": text(lang, "reminders.odometer"),
        "raised": text(lang, "reminders.raised"),
        "closed": text(lang, "reminders.closed"),
        "held": text(lang, "reminders.held"),
    }
    return [
        column("plate", text(lang, "reminders.vehicle"), renderer="ReminderCar", flex=3, minWidth=150),
        column("item", text(lang, "reminders.item"), renderer="ReminderLines", flex=3, minWidth=150),
        column("due", text(lang, "reminders.due_by"), renderer="ReminderLines", flex=3, minWidth=140),
        column(
            "projected", text(lang, "reminders.projected"), renderer="ReminderLines", flex=3, minWidth=150
        ),
        *(
            column(name, names[name], renderer="ReminderLines", flex=2, minWidth=120)
            for name in _MORE.get(shown, ())
        ),
    ]


def item_row(item: ListedItem, workshop: Workshop, lang: str) -> Row:
    """Return an item as a row of the table."""
    zone = zone_of(item.site, workshop)
    site = workshop.site(item.site or "")
    name = name_item(item.item, item.plan, workshop, lang)
    state = find_state(item)
    vehicle = " ".join(filter(None, (item.make, item.model)))
    return {
        "id": item.key,
        "plate": item.plate or item.vin,
        "plate_words": item.plate or item.vin,
        "plate_second": vehicle,
        "href": vehicle_address(item.vin),
        "item": name,
        "item_words": name,
        "item_second": site.name(lang) if site and len(workshop.sites) > 1 else item.customer_name or "",
        "due": item.due_on.isoformat() if item.due_on else None,
        "due_words": say_date(item.due_on, lang),
        "due_second": text(lang, "reminders.at_km", km=say_count(item.due_km, lang)) if item.due_km else "",
        "projected": item.projected_on.isoformat() if item.projected_on else None,
        "projected_words": say_date(item.projected_on, lang),
        "projected_second": say_range(item.projected_from, item.projected_to, lang),
        "km": item.km,
        "km_words": say_km(item.km, lang),
        "state": state,
        "state_words": name_stored(lang, "reminder_state", state),
        "state_level": _LEVELS.get(state, "none"),
        "state_second": name_stored(lang, "reminder_channel", item.channel) if item.channel else "",
        "raised": item.raised_at.isoformat() if item.raised_at else None,
        "raised_words": say_moment(item.raised_at, zone, lang),
        "closed": item.closed_at.isoformat() if item.closed_at else None,
        "closed_words": say_moment(item.closed_at, zone, lang),
        "closed_second": (item.closed_by or "").partition("/")[2],
        "held": item.held_until.isoformat() if item.held_until else "",
        "held_words": say_hold(item, zone, lang),
        "held_second": item.held_because or "",
        "card": f"{name}, {say_date(item.projected_on, lang)}",
    }


def draw_counts(
    counts: Mapping[str, int], chosen: str, links: Mapping[str, str], lang: str
) -> list[Component]:
    """Return how many items stand where, each a link to them, and one to what came of telling people."""
    chips = [
        html.Div(
            dcc.Link(
                [html.B(f"{count:,}"), html.Span(text(lang, f"reminder_shown.{shown}"))], href=links[shown]
            ),
            className=" ".join(
                ("chip", *(["none"] if not count else []), *(["chosen"] if shown == chosen else []))
            ),
        )
        for shown, count in counts.items()
    ]
    conversion = html.Div(
        dcc.Link([html.B("→"), html.Span(text(lang, "reminder_shown.conversion"))], href=links["conversion"]),
        className="chip chosen" if chosen == "conversion" else "chip",
    )
    return [html.Div(chips, className="chips"), html.Div([conversion], className="chips")]


def say_found(shown: int, found: int, lang: str) -> str:
    """Say how many items are found, and how many of them are shown."""
    if shown < found:
        return text(lang, "reminders.first", shown=f"{shown:,}", found=f"{found:,}")
    return text(lang, "reminders.found", found=f"{found:,}")


def find_state(item: ListedItem) -> str:
    """Return the state that is told of an item: its reminder's, where it is no longer merely due."""
    return item.reminder_state if item.reminder_state and item.shown != "due" else item.due_state


def list_items(workshop: Workshop, lang: str) -> Sequence[tuple[str, str]]:
    """Return every item of the plans with its name, each once."""
    keys = dict.fromkeys(item.key for plan in workshop.plans for item in plan.items)
    return [(key, name_item(key, None, workshop, lang)) for key in keys]


def say_range(begins: date | None, ends: date | None, lang: str) -> str:
    """Return from when to when a day may fall; nothing where it is certain."""
    if begins is None or ends is None or begins == ends:
        return ""
    return f"{say_date(begins, lang)} – {say_date(ends, lang)}"


def say_km(km: float | None, lang: str) -> str:
    """Return a mileage."""
    return text(lang, "reminders.km", km=say_count(km, lang)) if km is not None else UNKNOWN


def say_moment(at: datetime | None, zone: ZoneInfo, lang: str) -> str:
    """Return a moment as the site's clock showed it."""
    if at is None:
        return UNKNOWN
    local = at.astimezone(zone)
    return f"{say_date(local.date(), lang)} {local:%H:%M}"


def say_hold(item: ListedItem, zone: ZoneInfo, lang: str) -> str:
    """Say until when an item is held."""
    if item.held_until is None:
        return text(lang, "reminders.dismissed")
    return text(lang, "reminders.snoozed_until", day=say_date(item.held_until.astimezone(zone).date(), lang))
