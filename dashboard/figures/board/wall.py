"""The foreman's wall of a site: which bay is free, where each car is, why it stands, what is wrong.

Owns the picture as a list of parts, each with an id of its own, which the first paint and
every later push draw with the same code.
Pure: a judged moment in, components out; no database, no clock.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from babel.dates import format_date
from dash import html
from dash.development.base_component import Component

from config.texts import HTML_LANGS, text
from config.workshop import Site, Workshop
from dashboard.figures.board.alarm_strip import alarm_strip, bottleneck_line
from dashboard.figures.board.bay_tile import bay_tile, more_bays_tile
from dashboard.figures.board.car import Judged, Judgements, tick
from dashboard.figures.board.floor import Floor, Queue, arrange_floor
from dashboard.figures.board.look import Look
from dashboard.figures.board.night import night
from dashboard.figures.board.queues import Room, queue_column, share_room
from dashboard.figures.kit.browser_words import browser_words
from dashboard.figures.kit.memory import Memory
from dashboard.figures.kit.number import MOST_PROBABLE, round_probability, say_number
from dashboard.figures.kit.paging import count_pages, fit_grid, share_pages
from dashboard.figures.kit.part import Part, data
from dashboard.figures.kit.when import LOCALES
from models.analytics.board.moment import DayCounts, Moment
from models.domain.board.wall import CarOnBoard

# A scanner that invents bays must not fill the wall: further ones share a tile.
_MOST_STRAYS = 3


def draw_wall(
    moment: Moment | None, site: Site, workshop: Workshop, memory: Memory, look: Look
) -> list[Part]:
    """Return everything on the wall that a change can change; nothing is known while `moment` is None."""
    floor = arrange_floor(moment.snapshot.cars if moment else (), site.bays, workshop.stages)
    drawing = _Drawing(moment, floor, _judge_cars(moment), site, workshop, memory, look)
    bays = [bay.key for bay in site.bays_of(look.zone)]
    # Bays that are not in the plan come last, on every screen: nobody else would show them.
    strays = list(floor.strays)
    shown, hidden = strays[:_MOST_STRAYS], strays[_MOST_STRAYS:]
    pages = share_pages(len(bays) + len(shown) + bool(hidden))
    return [
        *drawing.draw_head(sum(not floor.bays[bay] for bay in bays)),
        Part(_fit(pages)),
        *(drawing.draw_bay(bay, page) for bay, page in zip(bays, pages, strict=False)),
        drawing.draw_strays(shown, hidden, pages[len(bays) :]),
        *(drawing.draw_queue(*each) for each in zip(floor.queues, share_room(floor.queues), strict=True)),
        Part(night(moment, site, look.lang)),
    ]


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Draws the parts of one wall, each from what can be seen of it alone."""

    moment: Moment | None
    floor: Floor
    judged: Judgements
    site: Site
    workshop: Workshop
    memory: Memory
    look: Look

    def draw_head(self, free_bays: int) -> list[Part]:
        moment, workshop, lang = self.moment, self.workshop, self.look.lang
        counts = moment.counts if moment else None
        alarms = moment.alarms if moment else None
        bottleneck = moment.bottleneck if moment else None
        is_open = moment.is_open if moment else None
        return [
            self._recall("counts", (counts, free_bays), lambda: _counts(counts, free_bays, lang)),
            Part(_date(moment, self.site, lang)),
            self._recall("alarms", alarms, lambda: alarm_strip(alarms, workshop, lang)),
            self._recall(
                "bottleneck",
                (is_open, bottleneck),
                lambda: bottleneck_line(bottleneck, workshop, lang, is_open=is_open),
            ),
        ]

    def draw_bay(self, bay: str, page: int) -> Part:
        cars = self.floor.bays[bay] if self.moment else None
        inputs = (cars, self._judged_of(cars or ()), page)
        return self._recall(f"bay-{bay}", inputs, lambda: self._tile(bay, cars, page))

    def draw_strays(self, shown: Sequence[str], hidden: Sequence[str], pages: Sequence[int]) -> Part:
        tiles = [
            self._tile(bay, self.floor.strays[bay], page, planned=False)
            for bay, page in zip(shown, pages, strict=False)
        ]
        if hidden:
            tiles.append(more_bays_tile(hidden, self.look.lang, page=pages[-1]))
        return Part(html.Div(tiles, id="strays"))

    def draw_queue(self, queue: Queue, room: Room) -> Part:
        inputs = (queue, room, self._judged_of(queue.cars))
        return self._recall(
            f"queue-{queue.key}",
            inputs,
            lambda: queue_column(queue, room, self.judged, self.workshop, self.look.lang),
        )

    def _tile(
        self, bay: str, cars: Sequence[CarOnBoard] | None, page: int, *, planned: bool = True
    ) -> Component:
        return bay_tile(bay, cars, self.judged, self.workshop, self.look.lang, page=page, planned=planned)

    def _judged_of(self, cars: Sequence[CarOnBoard]) -> list[Judged]:
        return [self.judged[car.work_order] for car in cars]

    def _recall(self, name: str, inputs: object, draw: Callable[[], Component]) -> Part:
        return self.memory.recall((self.site.key, self.look, name), inputs, draw)


def _judge_cars(moment: Moment | None) -> Judgements:
    """Return what was judged of each car."""
    if moment is None:
        return {}
    risks = _find_risks(moment)
    orders = [car.work_order for car in moment.snapshot.cars]
    return {order: Judged(risks.get(order), moment.times.get(order)) for order in orders}


def _find_risks(moment: Moment) -> Mapping[str, float]:
    """Return the risk of each promise, rounded, so that a tile is drawn anew only for what can be seen.

    Only a promise that is past is broken for certain, however bad another looks.
    """
    now = moment.snapshot.read_at
    past = {car.work_order for car in moment.snapshot.cars if car.promised_at and car.promised_at <= now}
    return {
        order: 1.0 if order in past else round_probability(min(estimate.risk, MOST_PROBABLE))
        for order, estimate in moment.estimates.items()
        if estimate.risk is not None
    }


def wall_page(parts: list[Part], site: Site, look: Look, rev: str, **screen: str) -> Component:
    """Return the whole wall around its parts; `rev` tells the browser when to load itself anew.

    `screen` is what this one screen was asked for: a `page` to stay on, a `sound`.
    """
    lang = look.lang
    counts, date, alarms, bottleneck, fit, *rest = parts
    queues = [part for part in rest if part.id.startswith("queue-")]
    tiles = [part for part in rest[:-1] if part not in queues]
    zone = site.name_zone(look.zone, lang) if look.zone else ""
    title = html.Div(
        [html.H1([site.name(lang), html.Span(zone, className="zone")]), tick("age"), tick("page")],
        className="title",
    )
    now = html.Div([html.Div([tick("clock"), tick("second")]), date], className="now")
    return html.Div(
        [
            html.Header([title, counts, now]),
            html.Div(id="banner", role="status"),
            html.Div([alarms, bottleneck], className="strip"),
            fit,
            html.Main(tiles, className="bays"),
            html.Footer(queues, className="queues"),
            rest[-1],
            html.Button(text(lang, "wall.enable_sound"), id="enable-sound", hidden=True),
        ],
        id="board",
        className="wall",
        lang=HTML_LANGS[lang],
        **data(theme="dark", kind="wall", site=site.key, lang=lang, zone=look.zone, rev=rev),
        **data(words=browser_words(lang), **screen),
    )


def _counts(day: DayCounts | None, free_bays: int, lang: str) -> Component:
    """Return the figures of the day, and how many of the bays that this screen shows are free."""
    if day is None:
        return html.Div([], id="counts", className="counts")
    figures = {
        "came_in": day.came_in,
        "went_out": day.went_out,
        "in_progress": day.in_progress,
        "late": day.late,
        "carried_over": day.carried_over,
        "free": free_bays,
    }
    return html.Div(
        [
            html.Div(
                [html.B(say_number(figure, lang)), html.Span(text(lang, f"count.{name}"))],
                className=f"count count-{name}" if figure else f"count count-{name} zero",
            )
            for name, figure in figures.items()
        ],
        id="counts",
        className="counts",
    )


def _date(moment: Moment | None, site: Site, lang: str) -> Component:
    today = moment.snapshot.read_at.astimezone(site.zone) if moment else None
    return html.Span(format_date(today, "full", locale=LOCALES[lang]) if today else "", id="date")


def _fit(pages: list[int]) -> Component:
    """Say how many columns and rows the fullest page needs; the style sheet sizes the tiles by it."""
    fullest = max((pages.count(page) for page in pages), default=0)
    columns, rows = fit_grid(fullest)
    return html.I(
        id="fit", className=f"columns-{columns} rows-{rows}", **data(pages=str(count_pages(len(pages))))
    )
