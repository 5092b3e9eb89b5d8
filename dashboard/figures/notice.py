"""What a page says in place of data, or about them: the database is away, there is nothing yet."""

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from config.texts import text


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


def draw_empty(title: str, sentence: str, command: str | None = None) -> Component:
    """Say that there is nothing, and what to do about it."""
    return html.Div(
        [html.H2(title), html.P(sentence), *([html.Pre(html.Code(command))] if command else [])],
        className="empty",
    )


def draw_wrong(sentence: str) -> Component:
    """Say that what was entered cannot be, and why."""
    return html.P(f"▲ {sentence}", className="wrong", role="alert")
