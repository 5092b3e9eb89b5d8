"""What stands on a customer's page where no car is to be shown: the way in, a link that is over, no answer.

Pure. Refuses to tell one reason for not being let in from another.
"""

from typing import Any

from dash import html
from dash.development.base_component import Component

from config.texts import text


def enter_page(said: str, lang: str) -> Component:
    """Return the form that asks for the end of the plate and the code; `said` is why it did not work."""
    wrong = [html.P(said, className="wrong", role="alert")] if said else []
    plate_end: dict[str, Any] = {"maxLength": 12, "autoComplete": "off"}
    code: dict[str, Any] = {"maxLength": 12, "autoComplete": "one-time-code"}
    return html.Section(
        [
            html.H1(text(lang, "progress.enter_title")),
            html.P(text(lang, "progress.enter_lead")),
            *wrong,
            html.Form(
                [
                    _field("plate_end", text(lang, "progress.plate_end"), "4567", **plate_end),
                    _field("code", text(lang, "progress.code"), "7KQ2MX", **code),
                    html.Button(text(lang, "progress.enter"), type="submit"),
                ],
                action="/progress",
                method="post",
            ),
        ],
        className="enter",
    )


def over_page(lang: str) -> Component:
    """Return what is said of a link that is unknown, revoked or over."""
    return html.Section(
        [
            html.H1(text(lang, "progress.over_title")),
            html.P(text(lang, "progress.over")),
            html.A(text(lang, "progress.enter_again"), href="/progress", className="button"),
        ],
        className="enter",
    )


def away_page(lang: str) -> Component:
    """Return what is said while the database does not answer."""
    return html.Section(
        [html.H1(text(lang, "progress.title")), html.P(text(lang, "progress.away"))], className="enter"
    )


def _field(name: str, label: str, example: str, **attributes: Any) -> Component:
    typed: dict[str, Any] = {"name": name, "type": "text", "placeholder": example, "required": True}
    # dash.html has no input element; a figure that is written as markup may name its own.
    return html.Label([html.Span(label), _Input(**typed, **attributes)])


class _Input(Component):
    """The element `input`."""

    _namespace = "dash_html_components"
    _type = "Input"
    _prop_names: list[str] = []  # noqa: RUF012  # as Dash's base class declares it
    _valid_wildcard_attributes: list[str] = []  # noqa: RUF012

    def __init__(self, **attributes: Any) -> None:
        self._prop_names = list(attributes)
        super().__init__(**attributes)  # type: ignore[no-untyped-call]  # Dash is untyped here
