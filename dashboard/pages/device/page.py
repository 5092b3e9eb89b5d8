"""The page `/devices`: how every device is doing, fresh every few seconds."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.access.identity import Visit, current_visit
from dashboard.database import DatabaseAwayError, OpenDatabase
from dashboard.figures.device.table import choose_devices, device_row, draw_summary, order_by_need
from dashboard.figures.kit.banner import draw_database_away, draw_empty
from dashboard.figures.kit.grid import FIT_GRID, column, draw_grid
from models.domain.device.health import DeviceRow
from models.queries.device.health import read_devices

_REFRESH_MS = 5000


class DevicesPage:
    """The layout of the page and its one callback."""

    def __init__(
        self, app: Dash, workshop: Workshop, open_database: OpenDatabase, clock: Callable[[], datetime]
    ) -> None:
        self._workshop = workshop
        app.clientside_callback(  # type: ignore[no-untyped-call]  # Dash
            FIT_GRID, Input("devices-grid", "rowData"), State("devices-grid", "id")
        )

        @app.callback(
            Output("devices-summary", "children"),
            Output("devices-grid", "rowData"),
            Output("devices-notice", "children"),
            Output("devices", "className"),
            Input("devices-tick", "n_intervals"),
            Input("devices-url", "search"),
        )
        async def refresh(_ticks: int, search: str) -> tuple[Any, ...]:
            visit = current_visit.get()
            try:
                async with open_database() as connection:
                    devices = await read_devices(connection, visit.user.sites)
            except DatabaseAwayError:
                return no_update, no_update, draw_database_away(visit.lang), no_update
            show = parse_qs(search.removeprefix("?")).get("show", [None])[0]
            return self._draw(devices, show, clock(), visit.lang)

    def layout(self, visit: Visit, _search: str) -> Component:
        """Draw the page without its data."""
        lang = visit.lang
        return html.Div(
            [
                html.H1(text(lang, "shell.devices")),
                html.Div(id="devices-notice"),
                html.Div(id="devices-summary", className="summary"),
                draw_grid("devices-grid", self._columns(visit), lang, card="DeviceCard"),
                dcc.Location(id="devices-url", refresh="callback-nav"),
                dcc.Interval(id="devices-tick", interval=_REFRESH_MS),
            ],
            id="devices",
            className="loading",
        )

    def _columns(self, visit: Visit) -> list[dict[str, Any]]:
        lang = visit.lang
        return [
            column("device", text(lang, "devices.device"), renderer="DeviceName", flex=3, minWidth=170),
            column("status", text(lang, "devices.status"), renderer="DeviceStatus", flex=3, minWidth=170),
            column("age", text(lang, "devices.last_message"), flex=2),
            column("clock", text(lang, "devices.clock"), flex=2),
            column("rate", text(lang, "devices.rate"), flex=2),
            column("quarantined", text(lang, "devices.refused"), renderer="RefusedLink", flex=2),
            column("calibration", text(lang, "devices.calibration"), flex=2, minWidth=130),
            column("site", text(lang, "devices.site"), flex=2, hide=not self._shows_sites(visit)),
        ]

    def _shows_sites(self, visit: Visit) -> bool:
        sites = visit.user.sites
        return len(self._workshop.sites if sites is None else sites) > 1

    def _draw(
        self, devices: Sequence[DeviceRow], show: str | None, now: datetime, lang: str
    ) -> tuple[Any, ...]:
        if not devices:
            empty = draw_empty(
                text(lang, "devices.empty_title"),
                text(lang, "devices.empty"),
                f"bayboard device add {self._workshop.sites[0].key} scanner bay-B01",
            )
            return [], [], empty, "without-data"
        workshop = self._workshop
        chosen = order_by_need(choose_devices(devices, show, workshop, now), workshop, now)
        rows = [device_row(device, workshop, now, lang) for device in chosen]
        return draw_summary(devices, show, workshop, now, lang), rows, None, "with-data"
