"""The orders behind a figure as a table, each leading to its own page, and in words which they are. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.figures.analytics.words import (
    UNKNOWN,
    name_job,
    name_site,
    name_stage,
    say_count,
    say_date,
    say_instant,
    zone_of,
)
from dashboard.figures.kit.addresses import order_address
from dashboard.figures.kit.chart import draw_panel
from dashboard.figures.kit.grid import column
from dashboard.figures.kit.table import Row, draw_table, draw_tools
from models.analytics.pictures import ListedOrder
from models.analytics.selection import Selection

_HOURS = {"asked": "asked_seconds", "cycle": "cycle_seconds", "touch": "touch_seconds"}


def draw_orders(
    orders: Sequence[ListedOrder],
    which: Sequence[str],
    *,
    stage: str | None,
    waits: bool,
    selection: Selection,
    workshop: Workshop,
    lang: str,
) -> list[Component]:
    """Draw a list: visits of a stage where one is named, else closed orders; `which` says more of which."""
    found = orders[0].orders if orders else 0
    days = {
        "first": say_date(selection.since, lang),
        "last": say_date(selection.until - timedelta(days=1), lang),
    }
    if stage:
        name = name_stage(stage, workshop, lang)
        title = text(lang, "analytics.visits_title", orders=say_count(found, lang), stage=name)
        when = text(lang, "analytics.begun_between", **days)
    else:
        title = text(lang, "analytics.orders_title", orders=say_count(found, lang))
        when = text(lang, "analytics.closed_between", **days)
    note = " · ".join([when, *which])
    if found > len(orders):
        shown = text(
            lang, "analytics.orders_shown", orders=say_count(found, lang), shown=say_count(len(orders), lang)
        )
        note = f"{note} · {shown}"
    table = draw_table(
        "orders",
        _choose_columns(lang, visits=bool(stage), waits=waits, sites=len(selection.sites)),
        [_list_order(order, number, workshop, lang) for number, order in enumerate(orders)],
        lang,
    )
    table.className = "grid tall"
    return [html.Div(draw_panel(title, note, table, tools=draw_tools("orders", lang)))]


def _choose_columns(lang: str, *, visits: bool, waits: bool, sites: int) -> list[dict[str, object]]:
    asked = text(lang, "analytics.stage_hours" if visits else "analytics.waited_hours")
    orders = not visits
    columns = [
        ("work_order", text(lang, "analytics.order"), True),
        ("plate", text(lang, "analytics.plate"), True),
        ("job", text(lang, "analytics.job_type"), True),
        ("asked", asked, visits or waits),
        ("cycle", text(lang, "analytics.cycle_hours"), orders),
        ("touch", text(lang, "analytics.touch_hours"), orders),
        ("bay", text(lang, "analytics.bay"), visits),
        ("technician", text(lang, "analytics.technician"), visits),
        ("entered", text(lang, "analytics.entered"), visits),
        ("opened", text(lang, "analytics.opened"), orders),
        ("closed", text(lang, "analytics.closed"), orders),
        ("on_time", text(lang, "analytics.on_time"), orders),
        ("came_back", text(lang, "analytics.came_back"), orders),
        ("site", text(lang, "analytics.site"), sites > 1),
    ]
    return [
        column(
            field,
            heading,
            renderer="OrderLink" if field == "work_order" else "Words",
            flex=1,
            minWidth=130 if field == "work_order" else 90,
        )
        for field, heading, shown in columns
        if shown
    ]


def _list_order(order: ListedOrder, number: int, workshop: Workshop, lang: str) -> Row:
    zone = zone_of(order.site, workshop)
    row: Row = {
        "id": f"{order.site}/{order.work_order}/{number}",
        "href": order_address(order.site, order.work_order),
        "work_order": order.work_order,
        "plate_words": order.plate or UNKNOWN,
        "job_words": name_job(order.job_type, lang),
        "bay_words": order.bay or UNKNOWN,
        "technician_words": order.technician or UNKNOWN,
        "on_time_words": _say_whether(order.on_time, lang),
        "on_time_level": "warn" if order.on_time is False else "none",
        "came_back_words": _say_whether(order.came_back, lang),
        "came_back_level": "warn" if order.came_back else "none",
        "site_words": name_site(order.site, workshop, lang),
        "card": f"{order.plate or UNKNOWN}, {say_count(order.asked_seconds / 3600, lang)} h",
    }
    for field, name in _HOURS.items():
        seconds = getattr(order, name)
        row[field] = None if seconds is None else seconds / 3600
        row[f"{field}_words"] = UNKNOWN if seconds is None else say_count(seconds / 3600, lang)
    for field, at in (
        ("entered", order.entered_at),
        ("opened", order.opened_at),
        ("closed", order.closed_at),
    ):
        row[field] = at.isoformat() if at else None
        row[f"{field}_words"] = say_instant(at, zone, lang)
    return row


def _say_whether(whether: bool | None, lang: str) -> str:
    if whether is None:
        return UNKNOWN
    return text(lang, "analytics.yes") if whether else text(lang, "analytics.no")
