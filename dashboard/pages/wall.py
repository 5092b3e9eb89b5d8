"""The page of a foreman's wall: reads the feed, draws the wall; a stream keeps it current."""

import dash
from dash import html
from dash.development.base_component import Component

from config.texts import HTML_LANGS, choose_lang, text
from config.workshop import Workshop
from dashboard.feed import BoardFeed
from dashboard.figures.wall import wall_page, wall_parts
from dashboard.pages.home import list_walls


def register_wall(workshop: Workshop, feed: BoardFeed, rev: str) -> None:
    """Add the page at `/wall/{site}`."""

    async def layout(site: str = "", lang: str | None = None, **_query: str) -> Component:
        lang = choose_lang(lang)
        known = workshop.site(site)
        if known is None:
            return _unknown_site(site, lang, workshop)
        return wall_page(wall_parts(feed.snapshot(site), known, workshop, lang), known, lang, rev)

    dash.register_page(  # type: ignore[no-untyped-call]  # Dash
        "wall", path_template="/wall/<site>", title="Bayboard", layout=layout
    )


def _unknown_site(site: str, lang: str, workshop: Workshop) -> Component:
    return html.Div(
        [
            html.H1("404"),
            html.P(text(lang, "wall.unknown_site", site=site)),
            html.P(text(lang, "wall.known_walls")),
            list_walls(workshop),
        ],
        className="plain",
        lang=HTML_LANGS[lang],
    )
