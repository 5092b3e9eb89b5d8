"""The page `/orders/{site}/{work_order}`: one order's timeline, figures and events, live while it is open.

Owns its layout and its one callback. What is asked for stands in the address that the browser sends, so it is
asked at the list of doors anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from config.kit.complaints import Complaints
from config.opening import OpeningHours
from config.texts import text
from config.workshop import Workshop
from dashboard.access.identity import Visit, current_visit
from dashboard.access.origin import Origin
from dashboard.access.trail import Looks
from dashboard.boards.learned import Learned
from dashboard.database import Connection, DatabaseAwayError, OpenDatabase
from dashboard.figures.analytics.words import zone_of
from dashboard.figures.kit.banner import draw_database_away, draw_empty
from dashboard.figures.kit.chart import draw_panel
from dashboard.figures.record.events import draw_codes, draw_parts, draw_scans, draw_work
from dashboard.figures.record.notes import draw_notes
from dashboard.figures.record.order import draw_figures, draw_head
from dashboard.figures.record.timeline import draw_timeline
from dashboard.office.app import OfficeApp
from dashboard.pages.analytics.layout import draw_skeleton
from dashboard.pages.record.address import read_record_address
from dashboard.pages.record.customer import OrderCustomer
from dashboard.pages.record.link import OrderLink
from models.analytics.estimate.ready import ReadyEstimate, expect_ready
from models.analytics.record.order import OrderRecord, measure_record
from models.domain.access.audit import Action
from models.queries.estimate.ready import read_open_cars
from models.queries.privacy.erasures import Erasures
from models.queries.record.order import read_order

ORDER_ADDRESS = "/orders/{site}/{work_order}"
_REFRESH_MS = 20_000


@dataclass(frozen=True, slots=True)
class _Site:
    """What is known of the site of an order; one that the workshop file does not name never closes."""

    hours: OpeningHours
    zone: ZoneInfo


class OrderPage:
    """The layout of the page and its callback, which is for whoever may come in."""

    def __init__(
        self,
        app: OfficeApp,
        workshop: Workshop,
        open_database: OpenDatabase,
        learned: Learned,
        clock: Callable[[], datetime],
        origin: Origin,
        looks: Looks,
        erasures: Erasures | None = None,
    ) -> None:
        self._looks = looks
        self._link = OrderLink(app, ORDER_ADDRESS, open_database, clock, origin)
        self._customer = OrderCustomer(app, ORDER_ADDRESS, open_database, clock, erasures)
        self._workshop = workshop
        self._open_database = open_database
        self._learned = learned
        self._clock = clock
        self._complaints = Complaints("order")
        app.callback(
            output={
                "state": Output("order", "className"),
                "notice": Output("order-notice", "children"),
                "live": Output("order-live", "children"),
                "events": Output("order-events", "children"),
                "version": Output("order-version", "data"),
                "still": Output("order-tick", "disabled"),
            },
            inputs=[
                Input("order-tick", "n_intervals"),
                State("url", "pathname"),
                State("order-version", "data"),
            ],
        )(self._show)

    def layout(self, visit: Visit, _search: str) -> Component:
        """Draw the page without its data."""
        return html.Article(
            [
                html.Div(id="order-notice"),
                self._link.draw(visit.lang),
                self._customer.draw(visit),
                html.Div(draw_skeleton(visit.lang), id="order-live"),
                html.Div(id="order-events"),
                dcc.Store(id="order-version"),
                dcc.Interval(id="order-tick", interval=_REFRESH_MS),
            ],
            id="order",
            className="record loading",
        )

    async def _show(self, _ticks: int | None, pathname: str, version: str | None) -> Mapping[str, Any]:
        visit, now = current_visit.get(), self._clock()
        site, work_order = read_record_address(pathname, ORDER_ADDRESS, visit.user)
        unchanged = dict.fromkeys(("state", "live", "events", "version", "still"), no_update)
        try:
            async with self._open_database() as connection:
                record = await read_order(connection, site, work_order, now)
                expected = await self._expect(connection, record, now) if record else None
        except DatabaseAwayError:
            return {**unchanged, "notice": draw_database_away(visit.lang)}
        if record is None:
            lang = visit.lang
            sentence = text(lang, "order.unknown", work_order=work_order, site=site)
            empty = draw_empty(text(lang, "order.unknown_title"), sentence)
            # It may be announced in a moment, so the page goes on asking.
            return {**unchanged, "state": "record without-data", "live": empty, "notice": None}
        head = record.head
        self._looks.note(Action.RECORD_SEEN, f"{head.site}/{head.work_order}", [head.site])
        return {
            "state": "record with-data",
            "notice": None,
            "live": self._draw_live(record, expected, now, visit.lang),
            # Tables that say what they said keep what was scrolled to.
            "events": no_update if record.version == version else self._draw_events(record, now, visit.lang),
            "version": record.version,
            "still": record.head.closed_at is not None,
        }

    async def _expect(
        self, connection: Connection, record: OrderRecord, now: datetime
    ) -> ReadyEstimate | None:
        site = self._workshop.site(record.head.site)
        if site is None or record.head.closed_at:
            return None
        model = await self._learned.find(connection, site.key, now)
        cars = await read_open_cars(connection, site.key)
        stages, hear = self._workshop.stages, self._complaints.hear
        return expect_ready(cars, model, stages, site.hours, now, hear).get(record.head.work_order)

    def _draw_live(
        self, record: OrderRecord, expected: ReadyEstimate | None, now: datetime, lang: str
    ) -> list[Component]:
        workshop, site = self._workshop, self._find_site(record.head.site)
        figures = measure_record(record, workshop.stages, site.hours, now)
        timeline = draw_timeline(record, expected, workshop, site.hours, site.zone, now, lang)
        return [
            draw_head(record, expected, workshop, site.zone, now, lang),
            draw_figures(record, figures, workshop, lang),
            draw_panel(text(lang, "order.timeline"), text(lang, "order.timeline_note"), timeline, wide=True),
        ]

    def _draw_events(self, record: OrderRecord, now: datetime, lang: str) -> Component:
        zone = zone_of(record.head.site, self._workshop)
        return html.Div(
            [
                draw_scans(record, self._workshop, zone, lang),
                draw_work(record, zone, now, lang),
                draw_codes(record, zone, lang),
                draw_parts(record.parts, zone, now, lang),
                *draw_notes(record.noted, zone, lang),
            ],
            className="columns",
        )

    def _find_site(self, key: str) -> _Site:
        site = self._workshop.site(key)
        zone = zone_of(key, self._workshop)
        return _Site(site.hours if site else OpeningHours([], zone), zone)
