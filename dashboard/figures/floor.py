"""Where every car of a site stands: in a bay of the plan, in another bay, or in a queue.

Owns the order of everything on the wall. Every car of the snapshot stands in exactly one
place, whatever its scans said, because a car that nobody sees is the worst a board can do.
Pure: no time, no words, no components.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from config.workshop import Site, Stage
from models.domain.board import CarOnBoard, SiteSnapshot

# Two queues that no stage names: cars announced but never scanned, and cars whose stage
# the workshop file does not know (any more). No key of a stage can begin with an @.
EXPECTED = "@expected"
ELSEWHERE = "@elsewhere"

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
Cars = tuple[CarOnBoard, ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """The cars of one stage that stand in no bay, oldest first; `stage` is None for the two extra queues."""

    key: str
    stage: Stage | None
    cars: Cars


@dataclass(frozen=True, slots=True)
class Floor:
    """Every car of a site in its place: bays in the order of the plan, queues in the order of the flow."""

    bays: Mapping[str, Cars]
    strays: Mapping[str, Cars]
    queues: Sequence[Queue]

    @property
    def in_bays(self) -> int:
        """Count the cars that stand in a bay, of the plan or not."""
        return sum(len(cars) for cars in [*self.bays.values(), *self.strays.values()])

    @property
    def free_bays(self) -> int:
        """Count the bays of the plan that are empty."""
        return sum(not cars for cars in self.bays.values())


def arrange_floor(snapshot: SiteSnapshot, site: Site, stages: Sequence[Stage]) -> Floor:
    """Put every car of a snapshot in its place."""
    flow = [stage for stage in stages if stage.kind != "end"]
    keys = {stage.key for stage in flow}
    bays: dict[str, list[CarOnBoard]] = {bay.key: [] for bay in site.bays}
    strays: dict[str, list[CarOnBoard]] = {}
    queues: dict[str, list[CarOnBoard]] = {key: [] for key in (EXPECTED, *keys, ELSEWHERE)}
    for car in sorted(snapshot.cars, key=_oldest_first):
        if car.bay is not None:
            (bays if car.bay in bays else strays).setdefault(car.bay, []).append(car)
        elif car.stage is None:
            queues[EXPECTED].append(car)
        else:
            queues[car.stage if car.stage in keys else ELSEWHERE].append(car)
    return Floor(
        bays={key: tuple(cars) for key, cars in bays.items()},
        strays={key: tuple(strays[key]) for key in sorted(strays)},
        queues=[
            Queue(EXPECTED, None, tuple(queues[EXPECTED])),
            *(Queue(stage.key, stage, tuple(queues[stage.key])) for stage in flow),
            Queue(ELSEWHERE, None, tuple(queues[ELSEWHERE])),
        ],
    )


def find_ready_stage(stages: Sequence[Stage]) -> str:
    """Return the stage in which a finished car waits: the last before the visit ends."""
    flow = [stage.key for stage in stages if stage.kind != "end"]
    return flow[-1] if flow else ""


def _oldest_first(car: CarOnBoard) -> tuple[datetime, str]:
    return car.stage_entered_at or _LONG_AGO, car.work_order
