"""The list of the vehicles that a search found. Pure."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.figures.analytics.words import UNKNOWN, join_known, name_site, say_instant, zone_of
from dashboard.figures.kit.addresses import vehicle_address
from dashboard.figures.kit.banner import draw_empty
from models.analytics.record.vehicle import VehicleHit


def draw_hits(
    hits: Sequence[VehicleHit], typed: str, most: int, workshop: Workshop, lang: str
) -> list[Component]:
    """Draw the vehicles that were found, or what else to try."""
    if not hits:
        asked = text(lang, "vehicle.not_found_title", typed=typed) if typed else ""
        title = asked or text(lang, "vehicle.find_one")
        return [draw_empty(title, text(lang, "vehicle.not_found"))]
    shown = text(lang, "vehicle.found_many", most=most) if len(hits) == most else ""
    return [
        html.H1(text(lang, "vehicle.found", typed=typed)),
        html.Ul([html.Li(_draw_hit(hit, workshop, lang)) for hit in hits], className="hits"),
        html.P(shown, className="note"),
    ]


def _draw_hit(hit: VehicleHit, workshop: Workshop, lang: str) -> Component:
    last = UNKNOWN
    if hit.site:
        at = say_instant(hit.opened_at, zone_of(hit.site, workshop), lang)
        last = text(lang, "vehicle.last_here", at=at, site=name_site(hit.site, workshop, lang))
    link: Component = dcc.Link(
        [
            html.B(hit.plate or UNKNOWN),
            html.Span(join_known(hit.make, hit.model, hit.year)),
            html.Span(hit.vin, className="vin"),
            html.Span(last),
        ],
        href=vehicle_address(hit.vin),
    )
    return link
