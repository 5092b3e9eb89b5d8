"""What a part of a page is to the push: an id and props, serialised as Dash reads them.

The first paint and every push go through the same components, so there is one renderer.
"""

from typing import Any

import msgspec
from dash.development.base_component import Component


def part_id(part: Component) -> str:
    """Return the id that `set_props` finds a part by."""
    return str(_props(part)["id"])


def encode_props(part: Component) -> bytes:
    """Serialise a part's props, but for its id."""
    props = {name: value for name, value in _props(part).items() if name != "id"}
    return msgspec.json.encode(props, enc_hook=_encode_component)


def data(**attributes: str) -> dict[str, Any]:
    """Return `data-*` attributes as the keyword arguments that Dash takes them as."""
    return {f"data-{name}": value for name, value in attributes.items()}


def _props(part: Component) -> dict[str, object]:
    props: dict[str, object] = part.to_plotly_json()["props"]  # type: ignore[no-untyped-call]  # Dash is untyped here
    return props


def _encode_component(component: object) -> object:
    if isinstance(component, Component):
        return component.to_plotly_json()  # type: ignore[no-untyped-call]  # Dash is untyped here
    raise NotImplementedError(f"{component!r} is no component")
