"""What one thing more would change: the choice, how far an answer is, and what the answer is worth.

Pure. A change is said to be one only where all but the outer tenths of the runs agree on its direction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

from config.texts import read_catalogue, text
from config.workshop import Workshop
from dashboard.figures.analytics.whatif.words import (
    ORDER,
    find_direction,
    name_change,
    name_figure,
    name_kind,
    say_change,
    say_range,
    say_value,
)
from dashboard.figures.analytics.words import UNKNOWN, Link, say_share
from dashboard.figures.kit.chart import AMBER, CALM, TEXT_SOFT, draw_band, draw_chart, draw_panel
from models.analytics.whatif import CYCLE, WAIT, Answer, Change, Progress, Thing

# Up to so far off, the model is like the shop; up to there, only the direction of a change can be believed.
LIKE, ROUGH = 0.1, 0.25
_TICK_MS = 800
# A dashboard that was started anew knows nothing of a question: the page stops looking.
_MOST_TICKS = 90
_LIVE: dict[str, Any] = {"aria-live": "polite"}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that there may be one more of; for a part, how often it was missing."""

    key: str
    missing: float | None


def draw_what_if(
    offered: Mapping[Thing, Sequence[Choice]],
    change: Change | None,
    progress: Progress | None,
    notes: Sequence[str],
    workshop: Workshop,
    lang: str,
    link: Link,
) -> list[Component]:
    """Draw the choice and, where something is chosen, its answer or how far it is."""
    groups = [
        html.Div(
            [
                html.H3(read_catalogue(lang)[f"what_if_thing.{thing}"]),
                html.Div(
                    [_draw_choice(thing, choice, change, lang, link) for choice in choices]
                    or html.Span(text(lang, "what_if.none"), className="nothing"),
                    className="choices",
                ),
            ],
            className="group",
        )
        for thing, choices in offered.items()
    ]
    note = " ".join([text(lang, "what_if.note"), *notes])
    answer = (
        draw_progress(progress, change, workshop, lang)
        if progress and change
        else [html.P(text(lang, "what_if.choose"), className="nothing")]
    )
    waits = progress is not None and not progress.state.is_over
    return [
        html.Div(
            [
                draw_panel(
                    text(lang, "what_if.title"), note, html.Div(groups, className="offered"), wide=True
                ),
                html.Div(answer, id="what-if-answer", className="wide", **_LIVE),
                dcc.Interval(
                    id="what-if-tick", interval=_TICK_MS, disabled=not waits, max_intervals=_MOST_TICKS
                ),
            ],
            className="columns",
        )
    ]


def _draw_choice(thing: Thing, choice: Choice, change: Change | None, lang: str, link: Link) -> Component:
    name = name_kind(choice.key, lang)
    if choice.missing is not None:
        name = text(lang, "what_if.missing", part=name, share=say_share(choice.missing, lang))
    chosen = change == Change(thing, choice.key)
    address = link("what-if", more=f"{thing}:{choice.key}")
    return html.Span(dcc.Link(name, href=address), className="choice", **_mark(chosen))


def _mark(chosen: bool) -> dict[str, Any]:
    return {"aria-current": "true"} if chosen else {}


def draw_progress(progress: Progress, change: Change, workshop: Workshop, lang: str) -> list[Component]:
    """Draw the answer, or how far it is, or why there is none."""
    name = name_change(change, lang)
    title = text(lang, "what_if.answer_title", more=name)
    if progress.answer:
        # The button stays, since a callback listens to it.
        return [_draw_stop(lang, hidden=True), *draw_answer(progress.answer, title, workshop, lang)]
    words = text(lang, f"what_if_state.{progress.state}", played=progress.played, planned=progress.planned)
    spoken: dict[str, Any] = {"aria-label": words}
    bar = html.Progress(value=str(progress.played), max=str(progress.planned), **spoken)
    over = progress.state.is_over
    content = [html.P(words, className="said"), None if over else bar, _draw_stop(lang, hidden=over)]
    return [draw_panel(title, "", *content, wide=True)]


def _draw_stop(lang: str, *, hidden: bool) -> Component:
    label = text(lang, "what_if.stop")
    return html.Button(label, id="what-if-stop", type="button", className="stop", hidden=hidden)


def draw_answer(answer: Answer, title: str, workshop: Workshop, lang: str) -> list[Component]:
    """Draw by how much each figure changes, and how well the unchanged model reproduces the site's own."""
    figures = list_figures(answer)
    runs = text(lang, "what_if.runs", runs=answer.runs, days=answer.days)
    return [
        html.Div(
            [
                draw_panel(
                    title,
                    runs,
                    html.Ul(
                        [_say_figure(figure, answer, workshop, lang) for figure in figures],
                        className="findings",
                    ),
                ),
                draw_panel(
                    text(lang, "what_if.hours_title"),
                    text(lang, "what_if.hours_note"),
                    draw_hours(answer, figures, workshop, lang),
                ),
                draw_panel(
                    text(lang, "what_if.trust_title"),
                    text(lang, "what_if.trust_note"),
                    _say_trust(answer, lang),
                    draw_comparison(answer, figures, workshop, lang),
                    wide=True,
                ),
            ],
            className="columns",
        )
    ]


def list_figures(answer: Answer) -> list[str]:
    """Return the figures in their order: the shop's, then waiting by cause, the longest first."""
    waits = sorted(
        (name for name in answer.model if name.startswith(WAIT)),
        key=lambda name: (-answer.model[name].middle, name),
    )
    return [*(name for name in ORDER if name in answer.model), *waits]


def _say_figure(figure: str, answer: Answer, workshop: Workshop, lang: str) -> Component:
    change = answer.changes[figure]
    direction = find_direction(figure, change)
    marks = {1: "agrees", -1: "marked", 0: "", None: "differs"}
    said = {
        "figure": name_figure(figure, workshop, lang),
        "change": say_change(figure, change.middle, lang),
        "range": say_range(figure, change, lang, signed=True),
    }
    if direction is None:
        words = text(lang, "what_if.unclear", **said)
    else:
        words = text(lang, "what_if.change", **said) if direction else text(lang, "what_if.same", **said)
    return html.Li(words, className=marks[direction])


def draw_hours(answer: Answer, figures: Sequence[str], workshop: Workshop, lang: str) -> Component:
    """Draw the change of everything that is measured in time, in minutes an order, with its range."""
    shown = [name for name in figures if name == CYCLE or name.startswith(WAIT)][::-1]
    changes = [answer.changes[name] for name in shown]
    figure = go.Figure()
    figure.add_vline(x=0, line={"color": TEXT_SOFT, "width": 1})
    figure.add_scatter(
        x=[change.middle * 60 for change in changes],
        y=[name_figure(name, workshop, lang) for name in shown],
        mode="markers",
        marker={"color": [CALM if name == CYCLE else AMBER for name in shown], "size": 11},
        error_x=draw_band([(60 * each.low, 60 * each.middle, 60 * each.high) for each in changes], TEXT_SOFT),
        hovertext=[
            f"{say_change(name, change.middle, lang)} ({say_range(name, change, lang, signed=True)})"
            for name, change in zip(shown, changes, strict=True)
        ],
        hovertemplate="%{y}: %{hovertext}<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(title=text(lang, "what_if.minutes"))
    figure.update_yaxes(type="category", range=[-0.5, len(shown) - 0.5])
    label = text(lang, "what_if.hours_title")
    return draw_chart("what-if", figure, lang, height=max(200, 80 + 34 * len(shown)), label=label)


def _say_trust(answer: Answer, lang: str) -> Component:
    misfit = say_share(answer.misfit, lang)
    if answer.misfit <= LIKE:
        return html.P("✓ " + text(lang, "what_if.like", misfit=misfit), className="said better")
    if answer.misfit <= ROUGH:
        return html.P("◆ " + text(lang, "what_if.rough", misfit=misfit), className="said")
    return html.P("▲ " + text(lang, "what_if.unlike", misfit=misfit), className="said worse")


def draw_comparison(answer: Answer, figures: Sequence[str], workshop: Workshop, lang: str) -> Component:
    """Draw the site's own figures beside those of the unchanged model."""
    heads = (
        text(lang, "what_if.figure"),
        text(lang, "what_if.real"),
        text(lang, "what_if.model"),
        text(lang, "what_if.range"),
        text(lang, "what_if.misfit"),
    )
    rows = []
    for name in figures:
        misfit, real, model = answer.find_misfit(name), answer.real.get(name), answer.model[name]
        cells = [
            UNKNOWN if real is None else say_value(name, real, lang),
            say_value(name, model.middle, lang),
            say_range(name, model, lang, signed=False),
            UNKNOWN if misfit is None else say_share(misfit, lang),
        ]
        head = html.Th(name_figure(name, workshop, lang), scope="row")
        rows.append(html.Tr([head, *(html.Td(cell, className="number") for cell in cells)]))
    return html.Table(
        [html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(rows)],
        className="rows what-if-rows",
    )
