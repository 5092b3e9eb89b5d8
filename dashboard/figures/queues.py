"""The cars that stand in no bay, a queue a stage in the order of the flow.

Owns how the width of the screen is shared between queues and how many cars each may show,
so that nothing ever runs off the wall. Pure.
"""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.figures.car import (
    car_times,
    plate,
    say_reason,
    stage_icon,
    tick,
    unregistered_mark,
)
from dashboard.figures.floor import EXPECTED, Queue
from models.domain.board import CarOnBoard

ROWS = 4  # cars one above the other in a column
COLUMNS = 7  # columns of cars over the whole width; an empty queue takes half a column


def share_columns(counts: Sequence[int]) -> list[int]:
    """Say how many columns each queue gets: one if it has cars, then more to whoever hides most."""
    columns = [min(count, 1) for count in counts]
    spare = COLUMNS - sum(columns) - columns.count(0) // 2
    for _ in range(spare):
        hidden = [count - column * ROWS for count, column in zip(counts, columns, strict=True)]
        if max(hidden, default=0) <= 0:
            break
        columns[hidden.index(max(hidden))] += 1
    return columns


def queue_columns(queues: Sequence[Queue], ready: str, workshop: Workshop, lang: str) -> list[Component]:
    """Return every queue, the empty ones too, so that each keeps its place on the wall."""
    always = [queue for queue in queues if queue.stage or queue.cars]
    columns = dict(
        zip(
            [queue.key for queue in always], share_columns([len(queue.cars) for queue in always]), strict=True
        )
    )
    return [_queue(queue, columns.get(queue.key), ready, workshop, lang) for queue in queues]


def _queue(queue: Queue, columns: int | None, ready: str, workshop: Workshop, lang: str) -> Component:
    if queue.stage:
        name = queue.stage.name(lang)
    else:
        name = text(lang, "wall.expected" if queue.key == EXPECTED else "wall.elsewhere")
    room = (columns or 0) * ROWS
    shown = queue.cars if len(queue.cars) <= room else queue.cars[: max(room - 1, 0)]
    hidden = queue.cars[len(shown) :]
    rows = [_row(car, ready, workshop, lang) for car in shown]
    if hidden:
        rows.append(
            html.Div(
                [text(lang, "wall.more", count=len(hidden)), *_kept_count(hidden, workshop)], className="more"
            )
        )
    heading = html.Div(
        [stage_icon(queue.stage), html.Span(name, className="name"), html.B(str(len(queue.cars)))],
        className="head",
    )
    kind = "absent" if columns is None else "empty" if columns == 0 else "waiting"
    return html.Div(
        [heading, html.Div(rows, className="rows")],
        id=f"queue-{queue.key}",
        className=f"queue {kind}",
        style={"--columns": str(columns or 0)},
    )


def _row(car: CarOnBoard, ready: str, workshop: Workshop, lang: str) -> Component:
    about = " · ".join(part for part in (car.model or car.make, say_reason(car, lang)) if part)
    return html.Div(
        [
            html.Div([plate(car), tick("waited")], className="who"),
            html.Div([html.Span(about), *unregistered_mark(car, lang), tick("promise")], className="about"),
        ],
        className="car row",
        **car_times(car, workshop.stage(car.stage or ""), promise=car.stage != ready),
    )


def _kept_count(hidden: Sequence[CarOnBoard], workshop: Workshop) -> list[Component]:
    """Keep hidden cars where the browser counts those over their target."""
    return [
        html.I(className="car", hidden=True, **car_times(car, workshop.stage(car.stage or "")))
        for car in hidden
    ]
