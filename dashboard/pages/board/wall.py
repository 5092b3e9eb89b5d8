"""The page of a foreman's wall: draws what the feed has read; a stream keeps it current."""

from datetime import datetime
from functools import partial

import dash
from dash import html
from dash.development.base_component import Component

from config.kit.complaints import Complaints
from config.texts import HTML_LANGS, choose_lang, text
from config.workshop import Site, Workshop
from dashboard.access.identity import current_lang
from dashboard.boards.board import Board, BoardKind, Connection, Draw
from dashboard.boards.feed import BoardFeed
from dashboard.boards.learned import Learned
from dashboard.figures.board.look import Look
from dashboard.figures.board.wall import draw_wall, wall_page
from dashboard.figures.kit.memory import Memory
from dashboard.pages.board.home import list_boards
from models.analytics.board.moment import begin_day, judge_moment
from models.queries.board.wall import read_board

KIND = "wall"


def wall_kind(workshop: Workshop, learned: Learned) -> BoardKind:
    """Return how the feed reads and draws walls."""
    memory = Memory()
    complaints = Complaints(KIND)

    async def read(connection: Connection, site: Site, now: datetime) -> Draw:
        snapshot = await read_board(connection, site.key, now, begin_day(site, now))
        model = await learned.find(connection, site.key, now)
        moment = judge_moment(snapshot, site, workshop, model, complaints.hear)
        return partial(draw_wall, moment, site, workshop, memory)

    return BoardKind(KIND, read)


def register_wall(workshop: Workshop, feed: BoardFeed, rev: str) -> None:
    """Add the page at `/wall/{site}`."""

    async def layout(
        site: str = "",
        lang: str | None = None,
        zone: str = "",
        page: str = "",
        sound: str = "",
        **_query: str,
    ) -> Component:
        look = Look(choose_lang(lang or current_lang.get()), zone)
        known = workshop.site(site)
        if known is None or (zone and not known.bays_of(zone)):
            return _unknown_site(site, look.lang, workshop)
        draw = await feed.look(Board(KIND, site)) or partial(draw_wall, None, known, workshop, Memory())
        return wall_page(draw(look), known, look, rev, page=page, sound=sound)

    dash.register_page(  # type: ignore[no-untyped-call]  # Dash
        "wall", path_template="/wall/<site>", title="Bayboard", layout=layout
    )


def _unknown_site(site: str, lang: str, workshop: Workshop) -> Component:
    return html.Main(
        [
            html.H1("404"),
            html.P(text(lang, "wall.unknown_site", site=site)),
            html.P(text(lang, "wall.known_walls")),
            list_boards(workshop, lang),
        ],
        className="plain",
        lang=HTML_LANGS[lang],
    )
