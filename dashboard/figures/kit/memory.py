"""What has been drawn already, so that after a change only what changed is drawn anew.

Drawing a wall takes a hundred times as long as seeing that nothing has changed. Owns no picture:
a part is the same as drawn from the same inputs by the same figure, or the figure is not pure.
"""

from collections.abc import Callable, Hashable

from dash.development.base_component import Component

from dashboard.figures.kit.part import Part


class Memory:
    """The newest part drawn under each name, with what it was drawn from."""

    def __init__(self) -> None:
        self._drawn: dict[Hashable, tuple[object, Part]] = {}

    def recall(self, name: Hashable, inputs: object, draw: Callable[[], Component]) -> Part:
        """Return the part drawn from equal inputs, or draw it."""
        known = self._drawn.get(name)
        if known is None or known[0] != inputs:
            known = self._drawn[name] = (inputs, Part(draw()))
        return known[1]
