"""The box in the frame of every office page in which a vehicle is looked for by its plate or VIN. Pure."""

from dash import dcc, html
from dash.development.base_component import Component

from config.texts import text
from dashboard.figures.kit.part import speak

SEARCH_ADDRESS = "/vehicles"
TYPED = "find"


def draw_search(lang: str) -> Component:
    """Return the box; a plain form, so that it works from every page and by keyboard."""
    find = text(lang, "vehicle.find")
    box = dcc.Input(
        type="search",
        name=TYPED,
        placeholder=find,
        autoComplete="off",
        minLength=3,
        maxLength=20,
        required=True,
    )
    return html.Form(box, action=SEARCH_ADDRESS, method="GET", className="find", role="search", **speak(find))
