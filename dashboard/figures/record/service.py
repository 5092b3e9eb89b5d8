"""What service a vehicle needs, what its customer was told, and which parts it was given. Pure."""

from collections.abc import Sequence
from datetime import date

from dash import html
from dash.development.base_component import Component

from config.texts import name_stored, text
from config.workshop import Workshop
from dashboard.figures.analytics.words import (
    UNKNOWN,
    find_word,
    name_item,
    name_part,
    say_count,
    say_date,
    say_instant,
    zone_of,
)
from dashboard.figures.kit.addresses import order_address
from dashboard.figures.kit.chart import draw_panel
from dashboard.figures.kit.grid import column
from dashboard.figures.kit.list import draw_list
from dashboard.figures.kit.number import say_whole
from dashboard.figures.kit.table import Row, draw_tools
from models.analytics.record.vehicle import DueItem, RaisedReminder, ToldMessage, VehiclePart

_URGENT = {"due": "warn", "overdue": "over"}


def draw_due(items: Sequence[DueItem], workshop: Workshop, lang: str) -> Component:
    """Draw the items of the service plan, the one that is due first at the top."""
    title = text(lang, "vehicle.due")
    if not items:
        return draw_panel(title, "", html.P(text(lang, "vehicle.no_plan"), className="nothing"), wide=True)
    rows = [
        html.Tr(
            [
                html.Td(name_item(item.item, item.plan, workshop, lang)),
                html.Td(
                    html.Span(
                        name_stored(lang, "vehicle_due", item.state),
                        className=f"level-{_URGENT.get(item.state, 'none')}",
                    )
                ),
                html.Td(_say_limits(item.due_km, item.due_on, lang)),
                html.Td(_say_projection(item, lang)),
                html.Td(_say_done(item, lang)),
            ]
        )
        for item in items
    ]
    heads = [
        text(lang, "vehicle.item"),
        text(lang, "vehicle.state"),
        text(lang, "vehicle.limit"),
        text(lang, "vehicle.projected"),
        text(lang, "vehicle.last_done"),
    ]
    table = html.Table([html.Thead(html.Tr(list(map(html.Th, heads)))), html.Tbody(rows)], className="rows")
    return draw_panel(title, text(lang, "vehicle.due_note"), table, wide=True)


def _say_limits(km: float | None, day: date | None, lang: str) -> str:
    said = [f"{say_whole(km, lang)} km"] if km is not None else []
    said += [say_date(day, lang)] if day else []
    return " / ".join(said) or UNKNOWN


def _say_projection(item: DueItem, lang: str) -> str:
    if item.projected_on is None:
        return UNKNOWN
    day = say_date(item.projected_on, lang)
    if item.projected_from is None or item.projected_to is None or item.projected_from == item.projected_to:
        return day
    first, last = say_date(item.projected_from, lang), say_date(item.projected_to, lang)
    return text(lang, "vehicle.between", day=day, first=first, last=last)


def _say_done(item: DueItem, lang: str) -> Component | str:
    said = _say_limits(item.done_km, item.done_on, lang)
    site, _, order = (item.done_by or "").partition("/")
    return html.A(said, href=order_address(site, order)) if order else said


def draw_reminders(reminders: Sequence[RaisedReminder], workshop: Workshop, lang: str) -> Component:
    """Draw the reminders that were raised, and what became of them."""
    title = text(lang, "vehicle.reminders")
    if not reminders:
        return draw_panel(title, "", html.P(text(lang, "vehicle.no_reminders"), className="nothing"))
    columns = [
        column("raised", text(lang, "vehicle.raised"), flex=2, minWidth=125),
        column("item", text(lang, "vehicle.item"), flex=2, minWidth=130),
        column("state", text(lang, "vehicle.state"), flex=1),
        column("channel", text(lang, "vehicle.channel"), flex=1),
        column("limit", text(lang, "vehicle.limit"), flex=3, minWidth=150),
        column("closed", text(lang, "analytics.closed"), flex=2, minWidth=125),
    ]
    rows: list[Row] = []
    for place, each in enumerate(reminders):
        zone = zone_of(each.site, workshop)
        name = name_item(each.item, each.plan, workshop, lang)
        state = find_word(lang, "vehicle_reminder", each.state)
        rows.append(
            {
                "id": str(place),
                "raised": each.raised_at.isoformat(),
                "raised_words": say_instant(each.raised_at, zone, lang),
                "item_words": name,
                "state_words": state,
                "channel_words": find_word(lang, "vehicle_channel", each.channel),
                "limit_words": _say_limits(each.due_km, each.due_on, lang),
                "closed": each.closed_at.isoformat() if each.closed_at else None,
                "closed_words": say_instant(each.closed_at, zone, lang),
                "card": f"{name}, {state}",
            }
        )
    return draw_panel(
        title, "", draw_list("reminders", columns, rows, lang), tools=draw_tools("reminders", lang)
    )


def draw_messages(messages: Sequence[ToldMessage], workshop: Workshop, lang: str) -> Component:
    """Draw what was told of the vehicle, and to whom."""
    title = text(lang, "vehicle.messages")
    if not messages:
        return draw_panel(title, "", html.P(text(lang, "vehicle.no_messages"), className="nothing"))
    columns = [
        column("created", text(lang, "vehicle.written"), flex=2, minWidth=125),
        column("about", text(lang, "vehicle.about"), flex=2, minWidth=130),
        column("who", text(lang, "vehicle.recipient"), flex=1),
        column("channel", text(lang, "vehicle.channel"), flex=1),
        column("state", text(lang, "vehicle.state"), flex=1),
        column("settled", text(lang, "vehicle.settled"), flex=2, minWidth=125),
    ]
    rows: list[Row] = []
    for place, each in enumerate(messages):
        zone = zone_of(each.site, workshop)
        state = find_word(lang, "vehicle_message", each.state)
        rows.append(
            {
                "id": str(place),
                "created": each.created_at.isoformat(),
                "created_words": say_instant(each.created_at, zone, lang),
                "about_words": find_word(lang, "vehicle_about", each.template),
                "who_words": find_word(lang, "vehicle_recipient", each.recipient_role),
                "channel_words": each.channel or UNKNOWN,
                "state_words": state,
                "state_level": "warn" if each.state == "dead" else "none",
                "settled": each.settled_at.isoformat() if each.settled_at else None,
                "settled_words": say_instant(each.settled_at, zone, lang),
                "card": state,
            }
        )
    return draw_panel(
        title, "", draw_list("messages", columns, rows, lang), tools=draw_tools("messages", lang)
    )


def draw_parts(parts: Sequence[VehiclePart], workshop: Workshop, lang: str) -> Component:
    """Draw the parts of the vehicle's orders."""
    title = text(lang, "order.parts")
    if not parts:
        return draw_panel(title, "", html.P(text(lang, "vehicle.no_parts"), className="nothing"), wide=True)
    columns = [
        column("opened", text(lang, "analytics.opened"), flex=2, minWidth=120),
        column("part", text(lang, "order.part"), flex=3, minWidth=150),
        column("quantity", text(lang, "order.quantity"), flex=1),
        column("status", text(lang, "order.status"), flex=1),
        column("work_order", text(lang, "analytics.order"), renderer="OrderLink", flex=2, minWidth=150),
    ]
    rows: list[Row] = [
        {
            "id": str(place),
            "opened": each.opened_at.isoformat() if each.opened_at else None,
            "opened_words": say_instant(each.opened_at, zone_of(each.site, workshop), lang),
            "part": each.part,
            "part_words": f"{each.description or UNKNOWN} {each.part}",
            "quantity": each.quantity,
            "quantity_words": say_count(each.quantity, lang),
            "status_words": name_stored(lang, "part", each.status or "planned"),
            "work_order": each.work_order,
            "href": order_address(each.site, each.work_order),
            "card": name_part(each.part, each.description),
        }
        for place, each in enumerate(parts)
    ]
    table = draw_list("fitted", columns, rows, lang)
    return draw_panel(title, "", table, tools=draw_tools("fitted", lang), wide=True)
