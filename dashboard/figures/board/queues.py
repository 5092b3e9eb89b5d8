"""The cars that stand in no bay, a queue for each thing they wait for, the oldest first.

Owns how the width of the screen is shared between queues and how many cars each may show,
so that nothing ever runs off the wall. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.figures.board.car import (
    Judged,
    Judgements,
    car_times,
    plate,
    say_reason,
    tick,
    unregistered_mark,
)
from dashboard.figures.board.floor import EXPECTED, LASTING, Queue
from dashboard.figures.kit.number import say_number
from dashboard.figures.kit.part import data
from models.domain.board.wall import CarOnBoard

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


@dataclass(frozen=True, slots=True)
class Room:
    """The columns of a queue, None where it has no place on the wall, and how crowded the wall is."""

    columns: int | None
    crowd: str


def share_room(queues: Sequence[Queue]) -> list[Room]:
    """Say how much room each queue gets; the rare ones have a place only while they have cars.

    Announced cars are counted, not listed: they are not here yet.
    """
    shown = [queue for queue in queues if queue.key in LASTING or queue.cars]
    shares = share_columns([len(queue.cars) if queue.key != EXPECTED else 0 for queue in shown])
    columns = dict(zip([queue.key for queue in shown], shares, strict=True))
    crowd = _judge_crowd(sum(shares), shares.count(0))
    return [Room(columns.get(queue.key), crowd) for queue in queues]


def _judge_crowd(columns: int, empty: int) -> str:
    """Say how wide empty queues and how large letters may be; the style sheet knows what it means."""
    if columns > COLUMNS:
        return "dense"
    return "roomy" if columns + empty / 2 < COLUMNS - 1 else "normal"


def queue_column(queue: Queue, room: Room, judged: Judgements, workshop: Workshop, lang: str) -> Component:
    """Return a queue in the room it has."""
    columns = room.columns
    in_bays = text(lang, "wall.in_bays", count=queue.in_bays) if queue.in_bays else ""
    head = [
        html.I(className=f"icon cause-{queue.key}"),
        html.Span([text(lang, f"queue.{queue.key}"), html.Small(in_bays)], className="name"),
        html.B(say_number(len(queue.cars), lang)),
    ]
    kind = "absent" if columns is None else "empty" if columns == 0 else "waiting"
    return html.Div(
        [
            html.Div(head, className="head"),
            html.Div(_rows(queue, columns or 0, judged, workshop, lang), className="rows"),
        ],
        id=f"queue-{queue.key}",
        className=f"queue {kind} {room.crowd}",
        style={"--columns": str(columns or 0)},
    )


def _rows(queue: Queue, columns: int, judged: Judgements, workshop: Workshop, lang: str) -> list[Component]:
    """Return a row for each car there is room for; the last place says how many more there are."""
    if not columns:
        return []
    room = columns * ROWS
    shown = queue.cars if len(queue.cars) <= room else queue.cars[: room - 1]
    hidden = len(queue.cars) - len(shown)
    more = [html.Div(text(lang, "wall.more", count=hidden), className="more")] if hidden else []
    return [*(_row(car, queue, judged[car.work_order], workshop, lang) for car in shown), *more]


def _row(car: CarOnBoard, queue: Queue, judged: Judged, workshop: Workshop, lang: str) -> Component:
    reason = "" if car.reason == queue.key else say_reason(car, lang)
    about = " · ".join(part for part in (car.model or car.make, reason) if part)
    at_risk = (judged.risk or 0) >= workshop.alarms.promise_risk
    # Suppliers know nothing of our nights: as its alarm does, a wait for parts goes by the calendar.
    by_calendar = car.stage_entered_at if queue.key == "parts" else None
    return html.Div(
        [
            html.Div([plate(car), tick("waited")], className="who"),
            html.Div([html.Span(about), *unregistered_mark(car, lang), tick("promise")], className="about"),
        ],
        className="car row at-risk" if at_risk else "car row",
        **car_times(car, workshop.stage(car.stage or ""), judged.time, promise=queue.key != "pickup"),
        **(data(entered=by_calendar.isoformat()) if by_calendar else {}),
    )
