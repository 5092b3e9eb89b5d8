"""A line as small as a word: the trend of one figure, as a picture that needs no script."""

from base64 import b64encode
from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboard.figures.kit.chart import CALM

_WIDTH, _HEIGHT, _EDGE = 120, 28, 3


def draw_sparkline(values: Sequence[float | None], label: str) -> Component:
    """Return the line through known values; gaps are bridged."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:  # noqa: PLR2004  # a line needs two points
        return html.Span(className="sparkline")
    low, high = min(value for _, value in known), max(value for _, value in known)
    points = [
        (
            _EDGE + place / (len(values) - 1) * (_WIDTH - 2 * _EDGE),
            _HEIGHT - _EDGE - ((value - low) / (high - low) if high > low else 0.5) * (_HEIGHT - 2 * _EDGE),
        )
        for place, value in known
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        ' preserveAspectRatio="none">'
        f'<polyline points="{line}" fill="none" stroke="{CALM}" stroke-width="1.6"'
        ' stroke-linejoin="round" vector-effect="non-scaling-stroke"/></svg>'
    )
    source = f"data:image/svg+xml;base64,{b64encode(drawn.encode()).decode()}"
    return html.Img(src=source, alt=label, className="sparkline")
