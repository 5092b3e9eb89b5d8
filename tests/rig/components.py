"""Dash components as tests read them: their words, those of a kind, and all of one as plain data."""

from collections.abc import Iterator
from typing import Any

from dash.development.base_component import Component


def read_words(component: Any, between: str = "|") -> str:
    """Return all words of a component, in their order."""
    return between.join(_list_words(component))


def find(component: Any, kind: str) -> list[Any]:
    """Return every component of a kind within one."""
    if isinstance(component, list | tuple):
        return [found for each in component for found in find(each, kind)]
    if not isinstance(component, Component):
        return []
    own = [component] if type(component).__name__ == kind else []
    return own + find(getattr(component, "children", None), kind)


def plain(component: Any) -> Any:
    """Return a component as plain data, children in their order."""
    if isinstance(component, Component):
        body = component.to_plotly_json()  # type: ignore[no-untyped-call]  # Dash
        return {body["type"]: plain(body["props"])}
    if isinstance(component, dict):
        return {key: plain(value) for key, value in component.items()}
    return [plain(each) for each in component] if isinstance(component, list | tuple) else component


def _list_words(component: Any) -> Iterator[str]:
    if isinstance(component, Component):
        yield from _list_words(getattr(component, "children", None))
    elif isinstance(component, list | tuple):
        for each in component:
            yield from _list_words(each)
    elif component is not None and component != "":
        yield str(component)
