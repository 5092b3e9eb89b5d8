"""Dialogs of the office: a question before something is taken away, and what is shown this once.

Owns how they look and what their parts are called, by the name of the page they are on. Pure.
"""

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.figures.kit.part import speak


def draw_dialog(
    dialog_id: str, body: list[Component], *, close: str, title: str = "", size: str = "md"
) -> Component:
    """Return a dialog that is closed until a callback opens it; `close` names the cross in its corner."""
    modal: Component = dmc.Modal(
        body,
        id=dialog_id,
        title=title,
        centered=True,
        size=size,
        zIndex=400,
        closeButtonProps=speak(close),
    )
    return modal


def draw_question(page: str, action: str, *, means: str, keep: str, act: str, close: str) -> Component:
    """Return `{page}-question`, what an action means; its buttons are `{page}-keep` and `{page}-{action}`."""
    buttons = [
        dmc.Button(keep, id=f"{page}-keep", variant="default"),
        dmc.Button(act, id=f"{page}-{action}", color="red"),
    ]
    return draw_dialog(
        f"{page}-question", [html.P(means), html.Div(buttons, className="buttons")], close=close
    )


def draw_shown_once(
    dialog_id: str,
    value_id: str,
    *,
    label: str,
    words: str,
    close: str,
    title: str = "",
    size: str = "md",
    above: Sequence[Component] = (),
) -> Component:
    """Return a dialog with something to copy that nobody is told again, and why; `above` it stands more."""
    value = dmc.TextInput(id=value_id, value="", readOnly=True, **speak(label))
    return draw_dialog(dialog_id, [*above, value, html.P(words)], close=close, title=title, size=size)
