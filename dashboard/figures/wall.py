"""The foreman's wall of a site: which bay is free, where each car is, why it stands.

Owns the picture as a list of parts, each with an id of its own, which the first paint and
every later push draw with the same code.
Pure: a snapshot in, components out; no database, no clock.
"""

from math import ceil, sqrt

from dash import html
from dash.development.base_component import Component

from config.texts import HTML_LANGS, text
from config.workshop import Site, Workshop
from dashboard.board import Look
from dashboard.figures.bay_tile import bay_tile
from dashboard.figures.browser_words import browser_words
from dashboard.figures.car import tick
from dashboard.figures.floor import EXPECTED, Floor, arrange_floor, find_ready_stage
from dashboard.figures.part import Part, data
from dashboard.figures.queues import queue_columns
from models.domain.board import SiteSnapshot


def draw_wall(snapshot: SiteSnapshot | None, site: Site, workshop: Workshop, look: Look) -> list[Part]:
    """Return everything on the wall that a change can change; nothing is known while `snapshot` is None."""
    lang = look.lang
    floor = arrange_floor(snapshot or SiteSnapshot(site.key, ()), site, workshop.stages)
    ready = find_ready_stage(workshop.stages)
    strays = [bay_tile(bay, cars, workshop, lang, planned=False) for bay, cars in floor.strays.items()]
    drawn = [
        _counts(floor if snapshot else None, ready, lang),
        _fit(len(floor.bays) + len(floor.strays)),
        *(bay_tile(bay, cars if snapshot else None, workshop, lang) for bay, cars in floor.bays.items()),
        html.Div(strays, id="strays"),
        *queue_columns(floor.queues, ready, workshop, lang),
    ]
    return [Part(component) for component in drawn]


def wall_page(parts: list[Part], site: Site, lang: str, rev: str) -> Component:
    """Return the whole wall around its parts; `rev` tells the browser when to load itself anew."""
    counts, fit, *rest = parts
    tiles = [part for part in rest if not part.id.startswith("queue-")]
    queues = [part for part in rest if part.id.startswith("queue-")]
    title = html.Div([html.H1(site.name(lang)), tick("age")], className="title")
    now = html.Div([tick("clock"), tick("second"), tick("date")], className="now")
    return html.Div(
        [
            html.Header([title, counts, now]),
            html.Div(id="banner"),
            fit,
            html.Main(tiles, className="bays"),
            html.Footer(queues, className="queues"),
        ],
        id="board",
        className="wall",
        lang=HTML_LANGS[lang],
        **data(theme="dark", kind="wall", site=site.key, lang=lang, rev=rev, words=browser_words(lang)),
    )


def _counts(floor: Floor | None, ready: str, lang: str) -> Component:
    """Return the figures of the header; the browser counts those over their target."""
    if floor is None:
        return html.Div([], id="counts", className="counts")
    without_bay = {queue.key: len(queue.cars) for queue in floor.queues if queue.key != EXPECTED}
    finished = without_bay.pop(ready, 0)
    waiting = sum(without_bay.values())
    figures = {
        "workshop": floor.in_bays + waiting + finished,
        "bays": floor.in_bays,
        "waiting": waiting,
        "ready": finished,
        "free": floor.free_bays,
    }
    return html.Div(
        [
            html.Div(
                [html.B(tick("over")), html.Span(text(lang, "count.over"))], className="count count-late"
            ),
            *(
                html.Div(
                    [html.B(str(figure)), html.Span(text(lang, f"count.{name}"))],
                    className=f"count count-{name}",
                )
                for name, figure in figures.items()
            ),
        ],
        id="counts",
        className="counts",
    )


def _fit(tiles: int) -> Component:
    """Say how many columns and rows the tiles need; the style sheet sizes them by it."""
    rows = max(1, round(sqrt(tiles / 3)))
    columns = max(3, ceil(tiles / rows))
    return html.I(id="fit", className=f"columns-{columns} rows-{rows}")
