"""The customer's link on an order's page: made, shown once as an address and a QR code, and ended.

Owns its buttons and callbacks. The address of the page says which order; the list of doors is asked anew.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import dash_mantine_components as dmc
import segno
from dash import Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component

from config.texts import text
from dashboard.access.identity import current_visit
from dashboard.access.origin import Origin
from dashboard.access.trail import note
from dashboard.database import Connection, DatabaseAwayError, OpenDatabase
from dashboard.figures.kit.banner import draw_database_away
from dashboard.figures.kit.dialog import draw_question, draw_shown_once
from dashboard.office.app import OfficeApp
from dashboard.pages.record.address import read_record_address
from models.domain.access.audit import Action
from models.domain.names import list_spellings
from models.queries.board.progress.links import make_progress_link, revoke_progress_links


class OrderLink:
    """The buttons below an order's head, for whoever may see the order."""

    def __init__(
        self,
        app: OfficeApp,
        address: str,
        open_database: OpenDatabase,
        clock: Callable[[], datetime],
        origin: Origin,
    ) -> None:
        self._address = address
        self._open_database = open_database
        self._clock = clock
        self._origin = origin
        app.callback(
            Output("order-link", "opened"),
            Output("order-link-address", "value"),
            Output("order-link-code", "src"),
            Output("order-link-said", "children"),
            Input("order-link-make", "n_clicks"),
            State("url", "pathname"),
            State("url", "href"),
            prevent_initial_call=True,
        )(self._make)
        app.callback(
            Output("order-question", "opened"),
            Output("order-link-said", "children", allow_duplicate=True),
            Input("order-link-end", "n_clicks"),
            Input("order-keep", "n_clicks"),
            Input("order-revoke", "n_clicks"),
            State("url", "pathname"),
            prevent_initial_call=True,
        )(self._end)

    def draw(self, lang: str) -> Component:
        """Draw the buttons, and the dialogs that they open."""
        close, title = text(lang, "order_link.close"), text(lang, "order_link.title")
        return html.Div(
            [
                dmc.Button(text(lang, "order_link.make"), id="order-link-make", size="xs", variant="default"),
                dmc.Button(text(lang, "order_link.end"), id="order-link-end", size="xs", variant="subtle"),
                html.Span(id="order-link-said", role="status"),
                draw_shown_once(
                    "order-link",
                    "order-link-address",
                    label=title,
                    words=text(lang, "order_link.once"),
                    close=close,
                    title=title,
                    above=[html.Img(id="order-link-code", alt=text(lang, "order_link.code"))],
                ),
                draw_question(
                    "order",
                    "revoke",
                    means=text(lang, "order_link.end_means"),
                    keep=text(lang, "order_link.keep"),
                    act=text(lang, "order_link.end"),
                    close=close,
                ),
            ],
            className="customer-link",
        )

    async def _make(self, clicks: int | None, pathname: str, href: str) -> tuple[Any, ...]:
        visit = current_visit.get()
        site, work_order = read_record_address(pathname, self._address, visit.user)
        if not clicks:
            return (no_update,) * 4
        try:
            async with self._open_database() as connection:
                token = await self._make_link(connection, site, work_order)
                if token:
                    about = f"{site}/{work_order}"
                    await note(
                        connection, Action.CUSTOMER_LINK_MADE, self._clock(), about=about, sites=[site]
                    )
        except DatabaseAwayError:
            return no_update, no_update, no_update, draw_database_away(visit.lang)
        if token is None:
            unknown = text(visit.lang, "order.unknown", work_order=work_order, site=site)
            return no_update, no_update, no_update, html.P(unknown, className="notice")
        address = f"{self._origin.address_beside(href)}/progress/{token}"
        return True, address, segno.make(address, error="m").svg_data_uri(border=2, scale=6), None

    async def _make_link(self, connection: Connection, site: str, work_order: str) -> str | None:
        """Return the token of a link to an order, named in any spelling; None if there is none."""
        for spelled in list_spellings(work_order):
            try:
                return await make_progress_link(connection, site, spelled, self._clock())
            except LookupError:
                continue
        return None

    async def _end(self, *clicked: Any) -> tuple[Any, ...]:
        visit = current_visit.get()
        site, work_order = read_record_address(clicked[-1], self._address, visit.user)
        if not ctx.triggered or not ctx.triggered[0]["value"]:
            return no_update, no_update
        if ctx.triggered_id != "order-revoke":
            return ctx.triggered_id == "order-link-end", None
        try:
            async with self._open_database() as connection:
                ended = 0
                for spelled in list_spellings(work_order):
                    ended += await revoke_progress_links(connection, site, spelled, self._clock())
                about, after = f"{site}/{work_order}", {"links": ended}
                await note(
                    connection,
                    Action.CUSTOMER_LINKS_ENDED,
                    self._clock(),
                    about=about,
                    after=after,
                    sites=[site],
                )
        except DatabaseAwayError:
            return False, draw_database_away(visit.lang)
        return False, text(visit.lang, "order_link.ended", links=ended)
