"""The pages `/vehicles/{vin}`, one vehicle's file, and `/vehicles?find=…`, what a search found.

Owns their layouts and callbacks. A search that finds one vehicle goes to its file. Whoever may see some sites
only sees the visits there, and no vehicle that never was.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.access.identity import Visit, current_visit
from dashboard.access.trail import Looks
from dashboard.database import DatabaseAwayError, OpenDatabase
from dashboard.figures.analytics.words import zone_of
from dashboard.figures.kit.addresses import vehicle_address
from dashboard.figures.kit.banner import draw_database_away, draw_empty, draw_retry
from dashboard.figures.kit.search_box import SEARCH_ADDRESS, TYPED
from dashboard.figures.record.mileage import draw_mileage
from dashboard.figures.record.notes import draw_notes
from dashboard.figures.record.search import draw_hits
from dashboard.figures.record.service import draw_due, draw_messages, draw_parts, draw_reminders
from dashboard.figures.record.vehicle import draw_codes, draw_head, draw_visits
from dashboard.pages.analytics.layout import draw_skeleton
from dashboard.pages.record.address import read_record_address
from models.analytics.record.vehicle import VehicleRecord
from models.domain.access.audit import Action
from models.queries.record.vehicle import MOST_HITS, find_vehicles, read_vehicle

VEHICLE_ADDRESS = "/vehicles/{vin}"


class VehiclePage:
    """The layouts of both pages and the callback of each."""

    def __init__(
        self,
        app: Dash,
        workshop: Workshop,
        open_database: OpenDatabase,
        clock: Callable[[], datetime],
        looks: Looks,
    ) -> None:
        self._workshop = workshop
        self._open_database = open_database
        self._clock = clock
        self._looks = looks
        app.callback(
            output={
                "state": Output("vehicle", "className"),
                "notice": Output("vehicle-notice", "children"),
                "file": Output("vehicle-file", "children"),
                "tries": Output("vehicle-again", "max_intervals"),
            },
            inputs=[Input("vehicle-again", "n_intervals"), State("url", "pathname")],
        )(self._show)
        app.callback(
            output={
                "state": Output("vehicle-search", "className"),
                "found": Output("vehicle-found", "children"),
                "one": Output("vehicle-one", "href"),
                "tries": Output("vehicle-search-again", "max_intervals"),
            },
            inputs=[Input("vehicle-search-again", "n_intervals"), State("vehicle-typed", "data")],
        )(self._find)

    def layouts(self) -> dict[str, Callable[[Visit, str], Component]]:
        """Return what draws each address without its data."""
        return {VEHICLE_ADDRESS: self._layout, SEARCH_ADDRESS: self._layout_search}

    def _layout(self, visit: Visit, _search: str) -> Component:
        return html.Article(
            [
                html.Div(id="vehicle-notice"),
                html.Div(draw_skeleton(visit.lang), id="vehicle-file"),
                draw_retry("vehicle-again"),
            ],
            id="vehicle",
            className="record loading",
        )

    def _layout_search(self, visit: Visit, search: str) -> Component:
        typed = parse_qs((search or "").removeprefix("?")).get(TYPED, [""])[0].strip()
        return html.Article(
            [
                html.Div(html.P(text(visit.lang, "grid.loading")), id="vehicle-found"),
                dcc.Store(id="vehicle-typed", data=typed),
                dcc.Location(id="vehicle-one", refresh="callback-nav"),
                draw_retry("vehicle-search-again"),
            ],
            id="vehicle-search",
            className="record loading",
        )

    async def _show(self, tries: int | None, pathname: str) -> Mapping[str, Any]:
        visit, now = current_visit.get(), self._clock()
        [vin] = read_record_address(pathname, VEHICLE_ADDRESS, visit.user)
        try:
            async with self._open_database() as connection:
                record = await read_vehicle(connection, vin, visit.user.sites)
        except DatabaseAwayError:
            away = draw_database_away(visit.lang)
            return {"state": no_update, "notice": away, "file": no_update, "tries": (tries or 0) + 1}
        found: Mapping[str, Any] = {"notice": None, "tries": no_update}
        if record is None:
            title = text(visit.lang, "vehicle.not_found_title", typed=vin)
            empty = draw_empty(title, text(visit.lang, "vehicle.not_found"))
            return {**found, "state": "record without-data", "file": empty}
        sites = sorted({visit_there.site for visit_there in record.visits})
        self._looks.note(Action.RECORD_SEEN, vin, sites or visit.user.sites)
        return {**found, "state": "record with-data", "file": self._draw(record, now, visit.lang)}

    def _draw(self, record: VehicleRecord, now: datetime, lang: str) -> list[Component]:
        workshop = self._workshop
        panels = [
            draw_visits(record, workshop, now, lang),
            draw_mileage(record, self._find_zone(record), lang),
            draw_codes(record.codes, lang),
            draw_due(record.due, workshop, lang),
            draw_reminders(record.reminders, workshop, lang),
            draw_messages(record.messages, workshop, lang),
            draw_parts(record.parts, workshop, lang),
            *draw_notes(record.noted, self._find_zone(record), lang),
        ]
        return [draw_head(record, lang), html.Div(panels, className="columns")]

    def _find_zone(self, record: VehicleRecord) -> ZoneInfo:
        site = record.visits[0].site if record.visits else self._workshop.sites[0].key
        return zone_of(site, self._workshop)

    async def _find(self, tries: int | None, typed: str) -> Mapping[str, Any]:
        visit = current_visit.get()
        unchanged = dict.fromkeys(("state", "found", "one", "tries"), no_update)
        try:
            async with self._open_database() as connection:
                hits = await find_vehicles(connection, typed, visit.user.sites)
        except DatabaseAwayError:
            return {**unchanged, "found": draw_database_away(visit.lang), "tries": (tries or 0) + 1}
        # What was typed may be a person's: that somebody searched is enough.
        self._looks.note(Action.RECORDS_SEARCHED, "search", visit.user.sites)
        if len(hits) == 1:
            return {**unchanged, "one": vehicle_address(hits[0].vin)}
        state = "record with-data" if hits else "record without-data"
        found = draw_hits(hits, typed, MOST_HITS, self._workshop, visit.lang)
        return {**unchanged, "state": state, "found": found}
