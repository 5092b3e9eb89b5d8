"""The customer's data on an order's page, for managers: given out as a file, or erased.

Owns its buttons and callbacks, what is asked before anybody is erased, and the entry in the audit trail. The
address of the page says which order; the list of doors is asked again.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from psycopg import AsyncConnection

from config.texts import text
from dashboard.access.identity import Role, Visit, current_visit
from dashboard.access.trail import note
from dashboard.database import DatabaseAwayError, OpenDatabase
from dashboard.doors import MANAGERS
from dashboard.figures.kit.banner import draw_database_away
from dashboard.figures.kit.dialog import draw_dialog
from dashboard.office.app import OfficeApp
from dashboard.pages.record.address import read_record_address
from models.domain.access.audit import Action
from models.domain.names import list_spellings
from models.queries.privacy.customers import erase_orders, export_customer, find_orders_of_person
from models.queries.privacy.erasures import Erasures, ErasuresError


class OrderCustomer:
    """The buttons below an order's head, for managers."""

    def __init__(
        self,
        app: OfficeApp,
        address: str,
        open_database: OpenDatabase,
        clock: Callable[[], datetime],
        erasures: Erasures | None,
    ) -> None:
        self._address = address
        self._open_database = open_database
        self._clock = clock
        self._erasures = erasures
        with app.for_roles(MANAGERS):
            app.callback(
                Output("customer-file", "data"),
                Output("customer-said", "children"),
                Input("customer-export", "n_clicks"),
                State("url", "pathname"),
                prevent_initial_call=True,
            )(self._export)
            app.callback(
                Output("customer-question", "opened"),
                Output("customer-means", "children"),
                Output("customer-said", "children", allow_duplicate=True),
                Input("customer-ask", "n_clicks"),
                Input("customer-keep", "n_clicks"),
                Input("customer-erase", "n_clicks"),
                State("url", "pathname"),
                prevent_initial_call=True,
            )(self._erase)

    def draw(self, visit: Visit) -> Component:
        """Draw the buttons, and the question before an erasure; nothing for others."""
        if visit.user.role is not Role.MANAGER:
            return html.Div()
        lang = visit.lang
        buttons = [
            dmc.Button(text(lang, "order_customer.keep"), id="customer-keep", variant="default"),
            dmc.Button(text(lang, "order_customer.erase"), id="customer-erase", color="red"),
        ]
        return html.Div(
            [
                dmc.Button(
                    text(lang, "order_customer.export"), id="customer-export", size="xs", variant="subtle"
                ),
                dmc.Button(text(lang, "order_customer.ask"), id="customer-ask", size="xs", variant="subtle"),
                html.Span(id="customer-said", role="status"),
                dcc.Download(id="customer-file"),
                draw_dialog(
                    "customer-question",
                    [html.P(id="customer-means"), html.Div(buttons, className="buttons")],
                    close=text(lang, "order_customer.close"),
                    title=text(lang, "order_customer.title"),
                ),
            ],
            className="customer-link",
        )

    async def _export(self, clicks: int | None, pathname: str) -> tuple[Any, Any]:
        visit, now = current_visit.get(), self._clock()
        site, work_order = read_record_address(pathname, self._address, visit.user)
        if not clicks:
            return no_update, no_update
        try:
            async with self._open_database() as connection:
                orders = await self._find(connection, site, work_order)
                found = await export_customer(connection, site, orders)
                after = {"orders": len(orders)}
                await note(connection, Action.CUSTOMER_EXPORTED, now, about=site, after=after, sites=[site])
        except DatabaseAwayError:
            return no_update, draw_database_away(visit.lang)
        content = json.dumps(found, ensure_ascii=False, indent=2)
        return {"content": content, "filename": f"customer-{site}-{work_order}.json"}, None

    async def _erase(self, *clicked: Any) -> tuple[Any, Any, Any]:
        visit, now = current_visit.get(), self._clock()
        site, work_order = read_record_address(clicked[-1], self._address, visit.user)
        if not ctx.triggered or not ctx.triggered[0]["value"]:
            return no_update, no_update, no_update
        if ctx.triggered_id == "customer-keep":
            return False, no_update, None
        try:
            async with self._open_database() as connection:
                orders = await self._find(connection, site, work_order)
                if ctx.triggered_id == "customer-ask":
                    return True, text(visit.lang, "order_customer.means", orders=len(orders)), None
                if self._erasures is None:
                    raise ErasuresError  # noqa: TRY301  # answered as one that cannot be written
                self._erasures.add(site, orders, now)
                gone = await erase_orders(connection, site, orders, now)
                after = {"orders": len(orders)}
                await note(connection, Action.CUSTOMER_ERASED, now, about=site, after=after, sites=[site])
        except DatabaseAwayError:
            return False, no_update, draw_database_away(visit.lang)
        except ErasuresError:
            return False, no_update, text(visit.lang, "order_customer.no_list")
        return False, no_update, text(visit.lang, "order_customer.erased", orders=gone["orders"])

    async def _find(self, connection: AsyncConnection[Any], site: str, work_order: str) -> list[str]:
        return await find_orders_of_person(connection, site, list_spellings(work_order))
