"""Writes html components as the text of a page, for pages that need no Dash in the browser.

A customer's phone is sent a few kilobytes in place of a megabyte of scripts. Owns escaping:
whatever stands in a component's text or attributes stays text. Knows the elements and attributes
that our figures use; refuses none, since figures are our own.
"""

from html import escape

from dash.development.base_component import Component

from dashboard.figures.kit.part import Tree, plant

_VOID = frozenset({"br", "img", "input", "link", "meta"})
_NAMES = {"className": "class", "htmlFor": "for"}


def write_markup(component: Component) -> str:
    """Return a component as HTML."""
    return _write(plant(component))


def _write(tree: Tree) -> str:
    if isinstance(tree, str):
        return escape(tree, quote=False)
    element, attributes, *children = tree
    opened = f"<{element}{''.join(_write_attribute(*pair) for pair in attributes.items())}>"
    if element in _VOID:
        return opened
    return f"{opened}{''.join(map(_write, children))}</{element}>"


def _write_attribute(name: str, value: object) -> str:
    name = _NAMES.get(name, name).lower()
    if isinstance(value, bool):
        return f" {name}" if value else ""
    return f' {name}="{escape(str(value))}"'
