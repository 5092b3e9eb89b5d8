"""The first page: every wall of the workshop, in every language."""

import dash
from dash import html
from dash.development.base_component import Component

from config.texts import HTML_LANGS, LANGS, choose_lang, text
from config.workshop import Workshop
from dashboard.access import current_lang, current_visitor


def register_home(workshop: Workshop) -> None:
    """Add the page at `/`."""

    async def layout(lang: str | None = None, **_query: str) -> Component:
        lang = choose_lang(lang or current_lang.get())
        return html.Div(
            [html.H1(text(lang, "home.title")), html.P(text(lang, "home.lead")), list_walls(workshop)],
            className="plain",
            lang=HTML_LANGS[lang],
        )

    dash.register_page(  # type: ignore[no-untyped-call]  # Dash
        "home", path="/", title="Bayboard", layout=layout
    )


def list_walls(workshop: Workshop) -> Component:
    """Return a link to the wall, in each language, of each site that whoever asks may see."""
    user = current_visitor.get().user
    return html.Ul(
        [
            html.Li(
                [
                    html.A(site.name(lang), href=f"/wall/{site.key}?lang={lang}", lang=HTML_LANGS[lang])
                    for lang in LANGS
                ]
            )
            for site in workshop.sites
            if user and user.may_see(site.key)
        ]
    )
