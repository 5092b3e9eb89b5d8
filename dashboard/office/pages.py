"""The Dash app of managers' pages, beside the one of walls.

A second app, because a Dash app answers all of its pages through the same few addresses: so
the guard can keep these from everybody else by their path, and a wall loads none of the
scripts that tables and forms need. Owns its frame and which page an address shows.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from fastapi import FastAPI
from starlette.exceptions import HTTPException

from config.workshop import Workshop
from dashboard.access.guard import MANAGE_PREFIX
from dashboard.access.identity import Visit, Visitor, current_visit
from dashboard.access.origin import Origin
from dashboard.access.trail import Looks
from dashboard.boards.learned import Learned
from dashboard.database import OpenDatabase
from dashboard.doors import STAFF, find_place
from dashboard.figures.kit.shell import THEME, draw_shell
from dashboard.office.app import OfficeApp
from dashboard.office.export import RECORD_GRIDS, register_exports
from dashboard.office.whatif import WhatIf
from dashboard.pages.access.accounts import AccountsPage
from dashboard.pages.access.audit import AuditPage
from dashboard.pages.access.screens import ScreensPage
from dashboard.pages.analytics.page import AnalyticsPages
from dashboard.pages.device.page import DevicesPage
from dashboard.pages.quarantine.page import QuarantinePage
from dashboard.pages.record.order import ORDER_ADDRESS, OrderPage
from dashboard.pages.record.vehicle import VehiclePage
from dashboard.pages.service.page import RemindersPage
from models.queries.privacy.erasures import Erasures

_ASSETS = Path(__file__).with_name("assets")


def mount_manage(
    server: FastAPI,
    *,
    workshop: Workshop,
    open_database: OpenDatabase,
    learned: Learned,
    clock: Callable[[], datetime],
    what_if: WhatIf | None,
    origin: Origin,
    erasures: Erasures | None,
    document: str,
    on_error: Callable[[Exception], None],
) -> Dash:
    """Make the app of managers' pages; its document is at MANAGE_PREFIX, whatever the page's address."""
    app = OfficeApp(
        "manage",
        server=server,
        assets_folder=str(_ASSETS),
        requests_pathname_prefix=MANAGE_PREFIX,
        routes_pathname_prefix=MANAGE_PREFIX,
        use_pages=False,
        suppress_callback_exceptions=True,
        title="Bayboard",
        update_title="",
        index_string=document.replace("<html ", '<html data-theme="light" '),
        on_error=on_error,
        add_log_handler=False,
    )
    app.backend.websocket_capability = False
    looks = Looks(open_database, clock)
    layouts: dict[str, Callable[[Visit, str], Component]] = {
        **AnalyticsPages(app, workshop, open_database, clock, what_if).layouts(),
        "/devices": DevicesPage(app, workshop, open_database, clock).layout,
        "/quarantine": QuarantinePage(app, workshop, open_database, clock, looks).layout,
        "/reminders": RemindersPage(app, workshop, open_database, clock).layout,
        "/screens": ScreensPage(app, workshop, open_database, clock, origin).layout,
        "/accounts": AccountsPage(app, workshop, open_database, clock).layout,
        "/audit": AuditPage(app, workshop, open_database, clock).layout,
    }
    app.layout = _draw_frame
    with app.for_roles(STAFF):
        register_exports(app, open_database, clock, RECORD_GRIDS)
        layouts[ORDER_ADDRESS] = OrderPage(
            app, workshop, open_database, learned, clock, origin, looks, erasures
        ).layout
        layouts |= VehiclePage(app, workshop, open_database, clock, looks).layouts()
        _route(app, workshop, layouts, lan_http=origin.lan_http)
    return app


def _draw_frame() -> Component:
    frame: Component = dmc.MantineProvider(
        [dcc.Location(id="url", refresh="callback-nav"), html.Div(id="shell")],
        forceColorScheme="light",
        theme=THEME,
    )
    return frame


def _route(
    app: Dash,
    workshop: Workshop,
    layouts: Mapping[str, Callable[[Visit, str], Component]],
    *,
    lan_http: bool,
) -> None:
    @app.callback(Output("shell", "children"), Input("url", "pathname"), State("url", "search"))
    async def show_page(pathname: str, search: str) -> list[Component]:
        path = pathname.rstrip("/")
        visit = current_visit.get()
        place = find_place(path)
        layout = layouts.get(path) or layouts.get(place.door.address if place else "")
        if place is None or layout is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if not place.admits(Visitor(visit.user)):
            raise HTTPException(HTTPStatus.FORBIDDEN)
        return draw_shell(layout(visit, search), path, visit, workshop, lan_http=lan_http)
