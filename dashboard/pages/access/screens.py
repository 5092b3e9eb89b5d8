"""The page `/screens`: which screens show which board, a link for a new one, and the end of one."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Site, Workshop
from dashboard.access.identity import SCREEN_PATH, ScreenKind, User, Visit, current_visit
from dashboard.access.origin import Origin
from dashboard.access.passwords import draw_token
from dashboard.access.trail import note
from dashboard.database import DatabaseAwayError, OpenDatabase
from dashboard.figures.access.tables import draw_screens, name_screen
from dashboard.figures.kit.banner import draw_database_away, draw_empty
from dashboard.figures.kit.dialog import draw_question, draw_shown_once
from dashboard.office.app import OfficeApp
from models.domain.access.audit import Action
from models.domain.access.people import ScreenRow
from models.queries.access.screens import ScreenError, add_screen, read_addresses, read_screens, revoke_screen

_REFRESH_MS = 5000
# A link that nobody opened is good for this long.
LINK_LASTS = timedelta(days=7)


class ScreensPage:
    """The layout of the page and its callbacks."""

    def __init__(
        self,
        app: OfficeApp,
        workshop: Workshop,
        open_database: OpenDatabase,
        clock: Callable[[], datetime],
        origin: Origin,
    ) -> None:
        self._workshop = workshop
        self._open_database = open_database
        self._clock = clock
        self._origin = origin
        app.callback(
            Output("screens-table", "children"),
            Output("screens-notice", "children"),
            Output("screens", "className"),
            Input("screens-tick", "n_intervals"),
            Input("screens-changed", "data"),
        )(self._refresh)
        app.callback(
            Output("screens-link", "opened"),
            Output("screens-address", "value"),
            Output("screens-name", "value"),
            Output("screens-changed", "data"),
            Output("screens-notice", "children", allow_duplicate=True),
            Input("screens-add", "n_clicks"),
            State("screens-kind", "value"),
            State("screens-site", "value"),
            State("screens-name", "value"),
            State("screens-url", "href"),
            prevent_initial_call=True,
        )(self._add)
        app.callback(
            Output("screens-question", "opened"),
            Output("screens-question", "title"),
            Output("screens-doomed", "data"),
            Input({"type": "screen-revoke", "which": ALL}, "n_clicks"),
            Input("screens-keep", "n_clicks"),
            prevent_initial_call=True,
        )(self._ask)
        app.callback(
            Output("screens-question", "opened", allow_duplicate=True),
            Output("screens-changed", "data", allow_duplicate=True),
            Output("screens-notice", "children", allow_duplicate=True),
            Input("screens-revoke", "n_clicks"),
            State("screens-doomed", "data"),
            prevent_initial_call=True,
        )(self._revoke)

    def layout(self, visit: Visit, _search: str) -> Component:
        """Draw the page without its data."""
        lang = visit.lang
        return html.Div(
            [
                html.H1(text(lang, "shell.screens")),
                html.P(text(lang, "screens.lead"), className="lead"),
                self._draw_form(visit),
                html.Div(id="screens-notice"),
                html.Div(id="screens-table"),
                _draw_link(lang),
                _draw_question(lang),
                dcc.Location(id="screens-url", refresh="callback-nav"),
                dcc.Store(id="screens-changed"),
                dcc.Store(id="screens-doomed"),
                dcc.Interval(id="screens-tick", interval=_REFRESH_MS),
            ],
            id="screens",
            className="loading",
        )

    async def _refresh(self, _ticks: int, _changed: str) -> tuple[Any, ...]:
        visit = current_visit.get()
        try:
            async with self._open_database() as connection:
                screens = await read_screens(connection, visit.user.sites)
                addresses = await read_addresses(connection, [screen.id for screen in screens])
        except DatabaseAwayError:
            return no_update, draw_database_away(visit.lang), no_update
        if not screens:
            title, words = text(visit.lang, "screens.empty_title"), text(visit.lang, "screens.empty")
            return draw_empty(title, words), None, "without-data"
        table = draw_screens(screens, addresses, self._workshop, self._clock(), visit.lang)
        return table, None, "with-data"

    async def _add(
        self, clicks: int | None, kind: str, site: str, name: str | None, href: str
    ) -> tuple[Any, ...]:
        visit = current_visit.get()
        sites = {known.key for known in self._list_sites(visit.user)}
        if not clicks or site not in sites or kind not in set(ScreenKind):
            return (no_update,) * 5
        token, now = draw_token(), self._clock()
        try:
            async with self._open_database() as connection:
                name = (name or "").strip()[:64]
                number = await add_screen(
                    connection, token, ScreenKind(kind), site, name, now, expires_at=now + LINK_LASTS
                )
                await note(
                    connection,
                    Action.SCREEN_ADDED,
                    now,
                    about=f"{site}/screen {number}",
                    after={"kind": kind, "name": name},
                    sites=[site],
                )
        except DatabaseAwayError:
            return no_update, no_update, no_update, no_update, draw_database_away(visit.lang)
        address = f"{self._origin.address_beside(href)}{SCREEN_PATH}{token}"
        return True, address, "", now.isoformat(), no_update

    async def _ask(self, _revoke: Sequence[int | None], _keep: int | None) -> tuple[Any, ...]:
        pressed = ctx.triggered_id
        if pressed == "screens-keep":
            return False, no_update, None
        if not ctx.triggered or not ctx.triggered[0]["value"]:
            return no_update, no_update, no_update
        lang = current_visit.get().lang
        screen = await self._find(pressed["which"])
        if screen is None:
            return no_update, no_update, no_update
        return True, text(lang, "screens.revoke_title", name=name_screen(screen, lang)), screen.id

    async def _revoke(self, clicks: int | None, doomed: int | None) -> tuple[Any, ...]:
        visit, now = current_visit.get(), self._clock()
        if not clicks or not isinstance(doomed, int):
            return no_update, no_update, no_update
        try:
            async with self._open_database() as connection:
                site = await revoke_screen(connection, doomed, visit.user.sites, now)
                about = f"{site}/screen {doomed}"
                await note(connection, Action.SCREEN_REVOKED, now, about=about, sites=[site])
        except ScreenError:
            return False, now.isoformat(), no_update
        except DatabaseAwayError:
            return False, no_update, draw_database_away(visit.lang)
        return False, now.isoformat(), no_update

    async def _find(self, which: object) -> ScreenRow | None:
        """Return a screen of the sites that whoever asks may see."""
        try:
            async with self._open_database() as connection:
                screens = await read_screens(connection, current_visit.get().user.sites)
        except DatabaseAwayError:
            return None
        return next((screen for screen in screens if screen.id == which), None)

    def _list_sites(self, user: User) -> list[Site]:
        return [site for site in self._workshop.sites if user.may_see(site.key)]

    def _draw_form(self, visit: Visit) -> Component:
        lang = visit.lang
        sites = self._list_sites(visit.user)
        return html.Div(
            [
                dmc.Select(
                    id="screens-kind",
                    label=text(lang, "screens.kind"),
                    value=ScreenKind.WALL,
                    data=[{"value": kind, "label": text(lang, f"screen_kind.{kind}")} for kind in ScreenKind],
                    allowDeselect=False,
                ),
                dmc.Select(
                    id="screens-site",
                    label=text(lang, "screens.site"),
                    value=sites[0].key if sites else None,
                    data=[{"value": site.key, "label": site.name(lang)} for site in sites],
                    allowDeselect=False,
                ),
                dmc.TextInput(
                    id="screens-name",
                    label=text(lang, "screens.name"),
                    placeholder=text(lang, "screens.name_hint"),
                    className="wide",
                ),
                dmc.Button(text(lang, "screens.add"), id="screens-add"),
            ],
            className="filters add",
        )


def _draw_link(lang: str) -> Component:
    title = text(lang, "screens.link_title")
    return draw_shown_once(
        "screens-link",
        "screens-address",
        label=title,
        words=text(lang, "screens.link"),
        close=text(lang, "screens.close"),
        title=title,
        size="lg",
    )


def _draw_question(lang: str) -> Component:
    return draw_question(
        "screens",
        "revoke",
        means=text(lang, "screens.revoke_means"),
        keep=text(lang, "screens.keep"),
        act=text(lang, "screens.revoke"),
        close=text(lang, "screens.close"),
    )
