"""The waiting room's board: who waits, how far their car is, when to expect it, and whose is ready.

Owns which visits are shown: those whose customer waits here, and every car that is ready. The
others' customers have the page on their phone. Pure: public visits in, components out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from config.texts import HTML_LANGS, template, text
from config.workshop import Site, Workshop, find_ready_stage
from dashboard.figures.board.car import stage_icon, tick
from dashboard.figures.board.visit import draw_plate, draw_stage, draw_steps, list_steps
from dashboard.figures.kit.browser_words import browser_words
from dashboard.figures.kit.part import Part, data
from dashboard.figures.kit.when import say_moment, say_range
from models.analytics.estimate.ready import ReadyEstimate
from models.domain.board.public import PublicVisit


@dataclass(frozen=True, slots=True)
class Lounge:
    """What the board shows of a site at a moment; expected times by ticket."""

    visits: Sequence[PublicVisit]
    now: datetime
    expected: Mapping[str, ReadyEstimate] = field(default_factory=dict)


def draw_lounge(lounge: Lounge | None, site: Site, workshop: Workshop, lang: str) -> list[Part]:
    """Return what a change can change: two lists, and the night; nothing is known while `lounge` is None."""
    ready_stage = find_ready_stage(workshop.stages)
    visits = lounge.visits if lounge else ()
    ready = [visit for visit in visits if visit.stage == ready_stage]
    waiting = [visit for visit in visits if visit.customer_waiting and visit.stage != ready_stage]
    # The newest first: those are whom the board tells something new.
    ready.sort(key=lambda visit: (visit.stage_entered_at is None, visit.stage_entered_at), reverse=True)
    rows = [_row(visit, lounge, site, workshop, lang) for visit in waiting] if lounge else []
    icon = stage_icon(workshop.stage(ready_stage))
    cards = [_ready_card(visit, icon) for visit in ready]
    return [
        Part(
            html.Ol(rows or _say_nobody(lounge, "lounge.nobody_waits", lang), id="waiting", className="pages")
        ),
        Part(
            html.Ol(cards or _say_nobody(lounge, "lounge.nobody_ready", lang), id="ready", className="pages")
        ),
        Part(_night(lounge, site, lang, anybody=bool(waiting))),
    ]


def lounge_page(parts: list[Part], site: Site, workshop: Workshop, lang: str, rev: str) -> Component:
    """Return the whole board around its lists; `rev` tells the browser when to load itself anew."""
    waiting, ready, night = parts
    steps = [html.Li(step.name(lang)) for step in list_steps(workshop.stages)]
    title = html.Div([html.H1(site.name(lang)), html.P(text(lang, "lounge.lead"))], className="title")
    head = [
        html.Span(text(lang, "lounge.your_car")),
        html.Ol(steps),
        html.Span(text(lang, "lounge.expected_ready")),
    ]
    # Customers wait for news of their car, not for messages.
    words = browser_words(lang, age=template(lang, "lounge.age"), no_message=text(lang, "lounge.no_news"))
    return html.Div(
        [
            html.Header([title, tick("age"), html.Div([tick("clock")], className="now")]),
            html.Div(id="banner"),
            night,
            html.Main(
                [
                    html.Section([html.Div(head, className="head"), _window(waiting)], className="in-work"),
                    html.Aside([_ready_panel(ready, lang), _phone_panel(site, lang)]),
                ]
            ),
        ],
        id="board",
        className="lounge",
        lang=HTML_LANGS[lang],
        **data(theme="dark", kind="lounge", site=site.key, lang=lang, rev=rev, words=words),
    )


def _say_nobody(lounge: Lounge | None, key: str, lang: str) -> list[Component]:
    """Return the row of an empty list, none as long as it is not known to be empty."""
    return [html.Li(text(lang, key), className="nobody")] if lounge else []


def _night(lounge: Lounge | None, site: Site, lang: str, *, anybody: bool) -> Component:
    """Return what is shown while the site is closed and nobody waits; by day nothing."""
    if lounge is None or anybody or site.hours.is_open(lounge.now):
        return html.Div(id="night")
    opening = site.hours.next_opening(lounge.now)
    words = [html.P(text(lang, "lounge.closed"))]
    if opening:
        time = say_moment(opening, site.zone, lounge.now, lang)
        words.append(html.P(text(lang, "lounge.opens", time=time)))
    return html.Div([tick("clock"), *words], id="night", className="on")


def _window(pages: Part) -> Component:
    """Return the window in which `assets/lounge.js` turns a list's pages, and where it says which one."""
    return html.Div(
        [html.Div(pages, className="window"), html.Div(className="page-number")], className="turning"
    )


def _ready_panel(ready: Part, lang: str) -> Component:
    return html.Section(
        [
            html.H2(text(lang, "lounge.ready")),
            html.P(text(lang, "lounge.come_to_desk")),
            _window(ready),
        ],
        className="ready",
    )


def _phone_panel(site: Site, lang: str) -> Component:
    return html.Section(
        [
            html.Img(src=f"/lounge/{site.key}/progress.svg", alt=text(lang, "lounge.code_alt")),
            html.Div(
                [html.H2(text(lang, "lounge.on_your_phone")), html.P(text(lang, "lounge.have_at_hand"))]
            ),
        ],
        className="phone",
    )


def _row(visit: PublicVisit, lounge: Lounge, site: Site, workshop: Workshop, lang: str) -> Component:
    return html.Li(
        [
            _name(visit),
            html.Div(
                [draw_stage(visit, workshop, lang), draw_steps(visit.stage, workshop.stages, lang)],
                className="way",
            ),
            html.Div(_say_expected(visit, lounge, site, lang), className="expected"),
        ]
    )


def _ready_card(visit: PublicVisit, icon: Component) -> Component:
    return html.Li([_name(visit), icon])


def _name(visit: PublicVisit) -> Component:
    """Return how a customer finds the own car: the ticket, and the plate as far as it is shown."""
    return html.Div([html.B(visit.ticket), draw_plate(visit.plate)], className="name")


def _say_expected(visit: PublicVisit, lounge: Lounge, site: Site, lang: str) -> str:
    """Say the expected range, without an estimate what was promised, else nothing."""
    if estimate := lounge.expected.get(visit.ticket):
        return say_range(estimate.p50_at, estimate.p80_at, site.zone, lounge.now, lang)
    if visit.promised_at:
        promised = say_moment(visit.promised_at, site.zone, lounge.now, lang)
        return text(lang, "when.by", time=promised)
    return ""
