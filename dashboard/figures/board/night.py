"""What a wall shows while the site is closed and nothing moves: the time and how many cars are here. Pure."""

from dash import html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Site
from dashboard.figures.board.car import tick
from dashboard.figures.kit.number import say_number
from dashboard.figures.kit.when import say_moment
from models.analytics.board.moment import Moment


def night(moment: Moment | None, site: Site, lang: str) -> Component:
    """Return the night's screen, empty by day."""
    if moment is None or not moment.asleep:
        return html.Div(id="night")
    now = moment.snapshot.read_at
    here = sum(car.stage is not None for car in moment.snapshot.cars)
    opening = site.hours.next_opening(now)
    opens = text(lang, "wall.opens", time=say_moment(opening, site.zone, now, lang)) if opening else ""
    return html.Div(
        [
            tick("clock"),
            html.P(text(lang, "wall.asleep", count=say_number(here, lang))),
            html.P(opens),
        ],
        id="night",
        className="on",
    )
