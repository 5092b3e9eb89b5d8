"""The frame around every managers' page: where one can go, the language, who is signed in.

Owns the theme of the forms and tables, in the wall's colours for a light desk. Pure.
"""

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from config.texts import HTML_LANGS, LANGS, text
from config.workshop import Workshop
from dashboard.access.identity import Visit, Visitor
from dashboard.doors import find_place
from dashboard.figures.kit.search_box import draw_search

# Text of each place in the navigation; a page appears here once it is there.
_PLACES = {
    "/analytics": "analytics.title",
    "/reminders": "reminders.title",
    "/devices": "shell.devices",
    "/quarantine": "shell.quarantine",
    "/screens": "shell.screens",
    "/accounts": "shell.accounts",
    "/audit": "audit.title",
}

FONT = (
    '"Inter", "Segoe UI", "Roboto", "Noto Sans", "Noto Sans CJK SC", "Noto Sans SC",'
    ' "PingFang SC", "Microsoft YaHei", "DejaVu Sans", sans-serif'
)
THEME: dict[str, Any] = {
    "fontFamily": FONT,
    "headings": {"fontFamily": FONT},
    "primaryColor": "calm",
    "primaryShade": 7,
    "defaultRadius": "md",
    "colors": {
        # The wall's own blue, from its lightest to its darkest.
        "calm": [
            "#eef8fa", "#d9eff4", "#b4dfe8", "#8bcddb", "#58b7cc",
            "#3aa3ba", "#2690a8", "#137a92", "#0f6478", "#0b4f60",
        ],
    },
}  # fmt: skip


def draw_shell(
    page: Component, path: str, visit: Visit, workshop: Workshop, *, lan_http: bool = False
) -> list[Component]:
    """Return the frame with a page in it; with `lan_http` it says that others can read along."""
    warning = [html.P(text(visit.lang, "shell.lan_http"), className="plain-http")] if lan_http else []
    return [
        *warning,
        html.Div(text(visit.lang, "shell.away"), className="away", role="alert"),
        html.Header(
            [
                html.A([html.Img(src="/assets/mark.svg", alt=""), "Bayboard"], href="/", className="brand"),
                html.Nav(
                    [
                        _draw_place(place, path == place or path.startswith(f"{place}/"), visit.lang)
                        for place in _PLACES
                        if _may_go(visit, place)
                    ]
                ),
                draw_search(visit.lang),
                html.Div(
                    [_draw_user(visit, workshop), *_draw_langs(path, visit.lang), _draw_sign_out(visit.lang)],
                    className="account",
                ),
            ],
            className="shell",
        ),
        html.Main(page, lang=HTML_LANGS[visit.lang]),
    ]


def _may_go(visit: Visit, place: str) -> bool:
    found = find_place(place)
    return found is not None and found.admits(Visitor(visit.user))


def _draw_place(place: str, here: bool, lang: str) -> Component:
    current: dict[str, Any] = {"aria-current": "page"} if here else {}
    return html.Div(dcc.Link(text(lang, _PLACES[place]), href=place), className="place", **current)


def _draw_user(visit: Visit, workshop: Workshop) -> Component:
    sites = visit.user.sites
    where = (
        text(visit.lang, "shell.every_site")
        if sites is None
        else ", ".join(known.name(visit.lang) if (known := workshop.site(site)) else site for site in sites)
    )
    who = visit.user.label or text(visit.lang, f"role.{visit.user.role}")
    return html.A([html.B(who), html.Span(where)], href="/account", className="user", title=where)


def _draw_langs(path: str, lang: str) -> list[Component]:
    return [
        html.A(text(other, "shell.lang"), href=f"{path}?lang={other}", lang=HTML_LANGS[other])
        for other in LANGS
        if other != lang
    ]


def _draw_sign_out(lang: str) -> Component:
    return html.Form(
        html.Button(text(lang, "shell.sign_out"), type="submit"), action="/sign-out", method="POST"
    )
