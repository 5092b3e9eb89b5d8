"""The waiting room's board: what the feed reads for it, its page, and the code that phones scan.

Owns that nothing is read here but the public view of the database, and how long things take.
"""

from datetime import datetime
from functools import partial
from io import BytesIO

import dash
import segno
from dash import html
from dash.development.base_component import Component
from fastapi import FastAPI, Request, Response

from config.kit.complaints import Complaints
from config.texts import HTML_LANGS, choose_lang, text
from config.workshop import Site, Workshop
from dashboard.access.identity import current_lang
from dashboard.access.origin import Origin
from dashboard.boards.board import Board, BoardKind, Connection, Draw
from dashboard.boards.feed import BoardFeed
from dashboard.boards.learned import Learned
from dashboard.figures.board.look import Look
from dashboard.figures.board.lounge import Lounge, draw_lounge, lounge_page
from dashboard.figures.kit.part import Part
from models.analytics.estimate.ready import OpenCar, expect_ready
from models.domain.board.public import PublicVisit
from models.queries.board.lounge import read_lounge

KIND = "lounge"


def lounge_kind(workshop: Workshop, learned: Learned) -> BoardKind:
    """Return how the feed reads and draws the boards of waiting rooms."""
    complaints = Complaints(KIND)

    async def read(connection: Connection, site: Site, now: datetime) -> Draw:
        visits = await read_lounge(connection, site.key)
        model = await learned.find(connection, site.key, now)
        cars = list(map(as_open_car, visits))
        expected = expect_ready(cars, model, workshop.stages, site.hours, now, complaints.hear)
        return partial(_draw, Lounge(visits, now, expected), site, workshop)

    return BoardKind(KIND, read, is_public=True)


def _draw(lounge: Lounge | None, site: Site, workshop: Workshop, look: Look) -> list[Part]:
    return draw_lounge(lounge, site, workshop, look.lang)


def as_open_car(visit: PublicVisit) -> OpenCar:
    """Return a visit as the estimate knows cars, its ticket for its name."""
    return OpenCar(
        work_order=visit.ticket,
        job_type=visit.job_type,
        stage=visit.stage,
        stage_entered_at=visit.stage_entered_at,
        promised_at=visit.promised_at,
        bay=visit.bay,
        reason=visit.reason,
        sold_hours=visit.sold_hours,
        again=visit.again,
        parts_due_at=visit.parts_due_at,
    )


def register_lounge(workshop: Workshop, feed: BoardFeed, rev: str) -> None:
    """Add the page at `/lounge/{site}`."""

    async def layout(site: str = "", lang: str | None = None, **_query: str) -> Component:
        look = Look(choose_lang(lang or current_lang.get()))
        known = workshop.site(site)
        if known is None:
            sentence = text(look.lang, "wall.unknown_site", site=site)
            return html.Main(
                [html.H1("404"), html.P(sentence)], className="plain", lang=HTML_LANGS[look.lang]
            )
        draw = await feed.look(Board(KIND, site)) or partial(_draw, None, known, workshop)
        return lounge_page(draw(look), known, workshop, look.lang, rev)

    dash.register_page(  # type: ignore[no-untyped-call]  # Dash
        "lounge", path_template="/lounge/<site>", title="Bayboard", layout=layout
    )


def add_lounge_code(server: FastAPI, workshop: Workshop, origin: Origin) -> None:
    """Add the picture of the QR code that leads to a site's `/progress`, at the address screens are at."""

    @server.get("/lounge/{site}/progress.svg")
    async def draw_code(site: str, request: Request) -> Response:
        if workshop.site(site) is None:
            return Response(status_code=404)
        picture = BytesIO()
        segno.make(f"{origin.address(request)}/progress", error="m").save(
            picture, kind="svg", border=2, light="#ffffff", dark="#0b1016"
        )
        return Response(picture.getvalue(), media_type="image/svg+xml")
