"""Where every car of a site stands: in a bay of the plan, in another bay, or in a queue.

Owns the order of everything on the wall. Every car of the snapshot stands in exactly one
place, whatever its scans said, because a car that nobody sees is the worst a board can do.
A queue is named by what its cars wait for. Pure: no time, no words, no components.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from config.workshop import Bay, Stage
from models.domain.board.wall import CarOnBoard

# Queues that no cause names: cars announced but never scanned, cars that are worked on outside
# a bay, and cars whose stage the workshop file does not know (any more).
EXPECTED = "expected"
UNDER_WAY = "under_way"
ELSEWHERE = "elsewhere"
QUEUES = (
    *("bay", "technician", "approval", "parts", "sublet", "quality_check"),
    *(UNDER_WAY, "pickup", EXPECTED, ELSEWHERE),
)
# These keep their place on the wall when they are empty.
LASTING = ("bay", "approval", "parts", "quality_check", "pickup")

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
Cars = tuple[CarOnBoard, ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """The cars that stand in no bay and wait for one thing, oldest first; `in_bays` wait for it in a bay."""

    key: str
    cars: Cars
    in_bays: int = 0


@dataclass(frozen=True, slots=True)
class Floor:
    """Every car of a site in its place: bays in the order of the plan, queues in the order of the flow."""

    bays: Mapping[str, Cars]
    strays: Mapping[str, Cars]
    queues: Sequence[Queue]


def arrange_floor(cars: Sequence[CarOnBoard], bays: Sequence[Bay], stages: Sequence[Stage]) -> Floor:
    """Put every car in its place."""
    flow = {stage.key: stage for stage in stages if stage.kind != "end"}
    planned: dict[str, list[CarOnBoard]] = {bay.key: [] for bay in bays}
    strays: dict[str, list[CarOnBoard]] = {}
    queues: dict[str, list[CarOnBoard]] = {key: [] for key in QUEUES}
    in_bays = dict.fromkeys(QUEUES, 0)
    for car in sorted(cars, key=_oldest_first):
        if car.bay is None:
            queues[_choose_queue(car, flow)].append(car)
            continue
        (planned if car.bay in planned else strays).setdefault(car.bay, []).append(car)
        stage = flow.get(car.stage or "")
        if stage and (car.reason or stage.kind == "wait"):
            in_bays[stage.find_cause(car.reason) or UNDER_WAY] += 1
    return Floor(
        bays={key: tuple(cars) for key, cars in planned.items()},
        strays={key: tuple(strays[key]) for key in sorted(strays)},
        queues=[Queue(key, tuple(queues[key]), in_bays[key]) for key in QUEUES],
    )


def _choose_queue(car: CarOnBoard, flow: Mapping[str, Stage]) -> str:
    if car.stage is None:
        return EXPECTED
    stage = flow.get(car.stage)
    return (stage.find_cause(car.reason) or UNDER_WAY) if stage else ELSEWHERE


def _oldest_first(car: CarOnBoard) -> tuple[datetime, str]:
    return car.stage_entered_at or _LONG_AGO, car.work_order
