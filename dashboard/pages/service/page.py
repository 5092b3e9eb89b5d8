"""The page `/reminders`: what is due, raised, sent, booked, done and held, one in full, and what came of it.

Owns the callbacks that read; those that change something have a module of their own. The address holds the
filter. Whatever a browser asks for, only vehicles of the user's own sites are shown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.access.identity import User, Visit, current_visit
from dashboard.database import Connection, DatabaseAwayError, OpenDatabase
from dashboard.figures.kit.banner import draw_database_away, draw_empty
from dashboard.figures.kit.grid import FIT_GRID, add_card
from dashboard.figures.service.conversion import draw_conversion
from dashboard.figures.service.detail import draw_item
from dashboard.figures.service.table import draw_counts, item_row, list_columns, say_found
from dashboard.pages.service.actions import register_actions
from dashboard.pages.service.filter import CONVERSION, PATH, VIEWS, Asked, read_address
from dashboard.pages.service.layout import CARD, GRID_ID, REFRESH_MS, draw_page
from models.domain.service.listed import Attempt, Conversion, ListedItem
from models.queries.service.conversion import read_conversion
from models.queries.service.listed import (
    ReminderFilter,
    count_items,
    read_attempts,
    read_item,
    read_items,
    read_owner,
)

_SHOWN_ITEMS = 500
_LOOK_BACK = timedelta(days=365)
_SNOOZE = timedelta(days=30)
_FILTERS = ("site", "item", "search")
# After something was done the engine's next pass is waited for.
_WATCH_MS, _WATCH = 2000, timedelta(seconds=20)
_FOUND = {
    "rows": Output(GRID_ID, "rowData"),
    "columns": Output(GRID_ID, "columnDefs"),
    "counts": Output("reminders-counts", "children"),
    "found": Output("reminders-found", "children"),
    "empty": Output("reminders-empty", "children"),
    "conversion": Output("reminders-conversion", "children"),
    "notice": Output("reminders-notice", "children"),
    "state": Output("reminders", "className"),
    "interval": Output("reminders-tick", "interval"),
}
_ITEM = {
    "opened": Output("reminders-drawer", "opened"),
    "key": Output("reminders-open", "data"),
    "detail": Output("reminders-detail", "children"),
    "until": Output("reminders-until", "value"),
    "snoozing": Output("reminders-snoozing", "style"),
    "dismissing": Output("reminders-dismissing", "style"),
    "release": Output("reminders-release", "style"),
    "resend": Output("reminders-resend", "style"),
}
_Props = Mapping[str, Any]
_HIDDEN = {"display": "none"}


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one look at the reminders saw."""

    items: list[ListedItem]
    counts: dict[str, int]
    months: list[Conversion]


class RemindersPage:
    """The layout of the page and the callbacks that fill it."""

    def __init__(
        self, app: Dash, workshop: Workshop, open_database: OpenDatabase, clock: Callable[[], datetime]
    ) -> None:
        self._workshop = workshop
        self._open_database = open_database
        self._clock = clock
        done = Input("reminders-done", "data")
        app.clientside_callback(  # type: ignore[no-untyped-call]  # Dash
            FIT_GRID, Input(GRID_ID, "rowData"), State(GRID_ID, "id")
        )
        filters = {name: f"reminders-{name}" for name in _FILTERS}
        app.callback(
            output={"search": Output("reminders-url", "search")}
            | {f"{name}_value": Output(component, "value") for name, component in filters.items()},
            inputs={"address": Input("reminders-url", "search")}
            | {name: Input(component, "value") for name, component in filters.items()},
            prevent_initial_call=True,
        )(_steer)
        app.callback(
            output=_FOUND,
            inputs=[
                Input("reminders-tick", "n_intervals"),
                Input("reminders-url", "search"),
                done,
                State(GRID_ID, "columnDefs"),
            ],
        )(self._refresh)
        app.callback(
            output=_ITEM,
            inputs=[
                Input(GRID_ID, "cellClicked"),
                done,
                State("reminders-drawer", "opened"),
                State("reminders-open", "data"),
            ],
            prevent_initial_call=True,
        )(self._show_item)
        register_actions(app, workshop, open_database, clock)

    def layout(self, visit: Visit, search: str) -> Component:
        """Draw the page without its data."""
        return draw_page(visit, self._workshop, read_address(search))

    async def _refresh(
        self, _ticks: int, search: str, done_at: str | None, columns: list[dict[str, Any]]
    ) -> _Props:
        visit, now, asked = current_visit.get(), self._clock(), read_address(search)
        try:
            async with self._open_database() as connection:
                reading = await self._read(connection, asked, visit.user, now)
        except DatabaseAwayError:
            return {**dict.fromkeys(_FOUND, no_update), "notice": draw_database_away(visit.lang)}
        is_watching = done_at is not None and now - datetime.fromisoformat(done_at) < _WATCH
        interval = _WATCH_MS if is_watching else REFRESH_MS
        wanted = add_card(list_columns(asked.show, visit.lang), CARD)
        return {
            **self._draw_reading(reading, asked, visit.lang),
            # Columns that are there keep the widths that somebody gave them.
            "columns": no_update if columns == wanted else wanted,
            "interval": interval,
        }

    async def _read(self, connection: Connection, asked: Asked, user: User, now: datetime) -> _Reading:
        which = asked.find(user)
        counts = await count_items(connection, which, now)
        if asked.show == CONVERSION:
            return _Reading([], counts, await self._read_months(connection, asked, user, now))
        return _Reading(await read_items(connection, which, asked.show, now, _SHOWN_ITEMS), counts, [])

    async def _read_months(
        self, connection: Connection, asked: Asked, user: User, now: datetime
    ) -> list[Conversion]:
        """Read what came of telling people, by month, all sites that are meant together."""
        months: dict[Any, Conversion] = {}
        for site in self._workshop.sites:
            if not user.may_see(site.key) or asked.site not in {"", site.key}:
                continue
            since = now - _LOOK_BACK
            for each in await read_conversion(connection, site.key, site.timezone, since, now, now):
                known = months.get(each.month)
                months[each.month] = known.add(each) if known else each
        return [months[month] for month in sorted(months)]

    def _draw_reading(self, reading: _Reading, asked: Asked, lang: str) -> _Props:
        links = {show: PATH + replace(asked, show=show).address() for show in VIEWS}
        shown, found = len(reading.items), reading.counts.get(asked.show, 0)
        converts = asked.show == CONVERSION
        return {
            "rows": [item_row(item, self._workshop, lang) for item in reading.items],
            "counts": draw_counts(reading.counts, asked.show, links, lang),
            "found": say_found(shown, found, lang),
            "empty": None if shown or converts else _draw_nothing(asked, self._workshop, lang),
            "conversion": draw_conversion(reading.months, lang) if converts else None,
            "notice": None,
            "state": "with-data" if shown else "without-rows",
        }

    async def _show_item(
        self, clicked: dict[str, Any] | None, _done: object, opened: bool | None, key: str | None
    ) -> _Props:
        nothing_new = dict.fromkeys(_ITEM, no_update)
        is_click = bool(ctx.triggered_id == GRID_ID and clicked)
        if is_click and clicked:
            if clicked.get("colId") == "plate":
                return nothing_new
            key = str(clicked["rowId"])
        if not key or not (is_click or opened):
            return nothing_new
        visit, now = current_visit.get(), self._clock()
        try:
            async with self._open_database() as connection:
                item = await read_item(connection, key, ReminderFilter(visit.user.sites), now)
                owner = await read_owner(connection, item.site, item.vin, item.item) if item else None
                attempts = (
                    await read_attempts(connection, item.reminder_id) if item and item.reminder_id else []
                )
        except DatabaseAwayError:
            return nothing_new
        if item is None or owner is None:
            return {**nothing_new, "opened": False}
        until = (now + _SNOOZE).date().isoformat() if is_click else no_update
        return {
            "opened": True,
            "key": key,
            "detail": draw_item(item, owner, attempts, self._workshop, visit.lang),
            "until": until,
            **_offer(item, attempts),
        }


def _offer(item: ListedItem, attempts: list[Attempt]) -> _Props:
    """Say which deeds are offered for an item: hide the others."""
    open_and_free = item.shown in {"due", "raised", "sent"}
    return {
        "snoozing": {} if open_and_free else _HIDDEN,
        "dismissing": {} if open_and_free else _HIDDEN,
        "release": {} if item.shown == "held" else _HIDDEN,
        "resend": {} if any(each.state == "dead" for each in attempts) else _HIDDEN,
    }


async def _steer(address: str, **asked: str | None) -> _Props:
    """Keep the address and the filters the same, whichever of them was changed."""
    found = read_address(address)
    if ctx.triggered_id == "reminders-url":
        return {"search": no_update} | {f"{name}_value": getattr(found, name) for name in _FILTERS}
    changed = replace(found, **{name: asked[name] or "" for name in _FILTERS})
    return {"search": changed.address()} | {f"{name}_value": no_update for name in _FILTERS}


def _draw_nothing(asked: Asked, workshop: Workshop, lang: str) -> Component:
    if asked.site or asked.item or asked.search:
        return draw_empty(
            text(lang, "reminders.nothing_matches_title"), text(lang, "reminders.nothing_matches")
        )
    if not workshop.plans:
        return draw_empty(text(lang, "reminders.no_plans_title"), text(lang, "reminders.no_plans"))
    command = "bayboard remind" if asked.show == "due" else None
    return draw_empty(
        text(lang, f"reminder_nothing.{asked.show}_title"),
        text(lang, f"reminder_nothing.{asked.show}"),
        command,
    )
