"""The first page: every board of the workshop, in every language, and the way to the office."""

import dash
from dash import html
from dash.development.base_component import Component

from config.texts import HTML_LANGS, LANGS, choose_lang, text
from config.workshop import Workshop
from dashboard.access.identity import ScreenKind, Visitor, current_lang, current_visitor
from dashboard.doors import find_place

# Each with its text; shown to whom its door lets in.
_OFFICE = {"/analytics": "home.office", "/vehicles": "vehicle.find_one", "/account": "home.account"}


def register_home(workshop: Workshop) -> None:
    """Add the page at `/`."""

    async def layout(lang: str | None = None, **_query: str) -> Component:
        lang = choose_lang(lang or current_lang.get())
        return html.Main(
            [
                html.H1(text(lang, "home.title")),
                html.P(text(lang, "home.lead"), className="lead"),
                list_boards(workshop, lang),
                _draw_ways(current_visitor.get(), lang),
            ],
            className="plain",
            lang=HTML_LANGS[lang],
        )

    dash.register_page(  # type: ignore[no-untyped-call]  # Dash
        "home", path="/", title="Bayboard", layout=layout
    )


def list_boards(workshop: Workshop, lang: str) -> Component:
    """Return a link to each board, named in each language, of each site that whoever asks may see."""
    user = current_visitor.get().user
    return html.Div(
        [
            html.Section([html.H2(site.name(lang)), *(_draw_board(kind, site.key) for kind in ScreenKind)])
            for site in workshop.sites
            if user and user.may_see(site.key)
        ],
        className="boards",
    )


def _draw_board(kind: ScreenKind, site: str) -> Component:
    return html.Ul(
        [
            html.Li(
                html.A(
                    text(lang, f"screen_kind.{kind}"),
                    href=f"/{kind}/{site}?lang={lang}",
                    lang=HTML_LANGS[lang],
                )
            )
            for lang in LANGS
        ]
    )


def _draw_ways(visitor: Visitor, lang: str) -> Component:
    """Return where else one may go from here, and the same page in the other language."""
    places = {address: find_place(address) for address in _OFFICE}
    ways = [
        html.A(text(lang, _OFFICE[address]), href=address)
        for address, place in places.items()
        if place and place.admits(visitor)
    ]
    others = [
        html.A(text(other, "shell.lang"), href=f"/?lang={other}", lang=HTML_LANGS[other])
        for other in LANGS
        if other != lang
    ]
    return html.Nav([*ways, *others])
