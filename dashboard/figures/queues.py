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
COLUMNS = 7  # columns of cars that the width of the screen has room for


def share_columns(counts: Sequence[int]) -> list[int]:
    """Say how many columns each queue gets: one if it has cars, then more to whoever hides most."""
    columns = [min(count, 1) for count in counts]
    # An empty queue takes less than half a column.
    spare = COLUMNS - sum(columns) - columns.count(0) // 2
    for _ in range(spare):
        hidden = [count - column * ROWS for count, column in zip(counts, columns, strict=True)]
        if max(hidden, default=0) <= 0:
            break
        columns[hidden.index(max(hidden))] += 1
    return columns


def queue_columns(queues: Sequence[Queue], ready: str, workshop: Workshop, lang: str) -> list[Component]:
    """Return every queue, the empty ones too, so that each keeps its place on the wall."""
    shown = [queue for queue in queues if queue.stage or queue.cars]
    shares = share_columns([len(queue.cars) for queue in shown])
    columns = dict(zip([queue.key for queue in shown], shares, strict=True))
    crowd = _judge_crowd(sum(shares), shares.count(0))
    return [_queue(queue, columns.get(queue.key), crowd, ready, workshop, lang) for queue in queues]


def _judge_crowd(columns: int, empty: int) -> str:
    """Say how wide empty queues and how large letters may be; the style sheet knows what it means."""
    if columns > COLUMNS:
        return "dense"
    return "roomy" if columns + empty / 2 < COLUMNS - 1 else "normal"


def _queue(
    queue: Queue, columns: int | None, crowd: str, ready: str, workshop: Workshop, lang: str
) -> Component:
    if queue.stage:
        name = queue.stage.name(lang)
    else:
        name = text(lang, "wall.expected" if queue.key == EXPECTED else "wall.elsewhere")
    head = [stage_icon(queue.stage), html.Span(name, className="name"), html.B(str(len(queue.cars)))]
    kind = "absent" if columns is None else "empty" if columns == 0 else "waiting"
    return html.Div(
        [
            html.Div(head, className="head"),
            html.Div(_rows(queue.cars, columns or 0, ready, workshop, lang), className="rows"),
        ],
        id=f"queue-{queue.key}",
        className=f"queue {kind} {crowd}",
        style={"--columns": str(columns or 0)},
    )


def _rows(
    cars: Sequence[CarOnBoard], columns: int, ready: str, workshop: Workshop, lang: str
) -> list[Component]:
    """Return a row for each car there is room for; the last place says how many more there are."""
    room = columns * ROWS
    if len(cars) <= room:
        return [_row(car, ready, workshop, lang) for car in cars]
    shown, hidden = cars[: room - 1], cars[room - 1 :]
    # The browser counts the cars over their target, so it must know of the hidden ones too.
    counted = [
        html.I(className="car", hidden=True, **car_times(car, workshop.stage(car.stage or "")))
        for car in hidden
    ]
    more = html.Div([text(lang, "wall.more", count=len(hidden)), *counted], className="more")
    return [*(_row(car, ready, workshop, lang) for car in shown), more]


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
