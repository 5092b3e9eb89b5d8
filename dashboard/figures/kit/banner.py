"""What a page says in place of data, or about them: the database is away, there is nothing yet. Pure."""

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from config.texts import text

_AGAIN_MS = 5_000


def draw_database_away(lang: str) -> Component:
    """Say that what is shown is the last that was read."""
    alert: Component = dmc.Alert(
        text(lang, "shell.database_away"),
        title=text(lang, "shell.database_away_title"),
        color="yellow",
        variant="light",
        className="notice",
        icon=html.Span("◆"),
    )
    return alert


def draw_retry(name: str) -> Component:
    """Return what has a page without a beat ask again.

    Its `n_intervals` goes up once, a moment after a callback that found the database away has raised
    `max_intervals`: counted from the answer, so that no try is overtaken by the next.
    """
    again: Component = dcc.Interval(id=name, interval=_AGAIN_MS, max_intervals=0)
    return again


def draw_empty(title: str, sentence: str, command: str | None = None) -> Component:
    """Say that there is nothing, and what to do about it."""
    return html.Div(
        [html.H2(title), html.P(sentence), *([html.Pre(html.Code(command))] if command else [])],
        className="empty",
    )


def draw_wrong(sentence: str) -> Component:
    """Say that what was entered cannot be, and why."""
    return html.P(f"▲ {sentence}", className="wrong", role="alert")
