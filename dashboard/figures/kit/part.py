"""A part of a page that is pushed: one Dash component, however many elements it draws.

Dash keeps every component of a page in a store and asks each of them after every change, so
a wall of six hundred would cost a screen's small processor a tenth of a second a scan. A
part is one component with one prop, `tree`, that `assets/part.js` draws; figures are written
with Dash's html components all the same. First paint and push go through the same two.
"""

from typing import Any

import msgspec
from dash.development.base_component import Component

# A piece of text, or [element, attributes, child, …].
Tree = str | list[Any]


class Part(Component):
    """Draws a tree of html components; its id is the id of the outermost."""

    _namespace = "bayboard_parts"
    _type = "Part"
    _prop_names = ["id", "tree"]  # noqa: RUF012  # as Dash's base class declares it
    _valid_wildcard_attributes: list[str] = []  # noqa: RUF012

    def __init__(self, drawn: Component) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Dash is untyped here
        self.tree = plant(drawn)
        self.id = str(self.tree[1]["id"])


def encode_props(part: Part) -> bytes:
    """Serialise what `set_props` is to give a part."""
    return msgspec.json.encode({"tree": part.tree})


def data(**attributes: str) -> dict[str, Any]:
    """Return `data-*` attributes as the keyword arguments that Dash takes them as."""
    return {f"data-{name}": value for name, value in attributes.items()}


def speak(words: str) -> dict[str, Any]:
    """Return what a component is called to whoever hears the page, as keyword arguments."""
    return {"aria-label": words}


def plant(component: Component) -> list[Any]:
    """Return a tree of html components as plain values."""
    drawn = component.to_plotly_json()  # type: ignore[no-untyped-call]  # Dash is untyped here
    attributes = {name: value for name, value in drawn["props"].items() if name != "children"}
    return [drawn["type"].lower(), attributes, *_plant_children(drawn["props"].get("children"))]


def _plant_children(children: object) -> list[Tree]:
    if children is None:
        return []
    if isinstance(children, Component):
        return [plant(children)]
    if isinstance(children, list):
        return [tree for child in children for tree in _plant_children(child)]
    return [str(children)]
