"""A work order as the shop sees it: what was sold so far, what parts it needs, what was promised.

Owns the advisor's arithmetic. Every draw of an order comes from its own random stream, so
that two scenarios with the same seed meet the same customers with the same wishes.
"""

import math
from random import Random
from typing import Literal
from zlib import crc32

from simulators.facts import Line, Part
from simulators.jobs import Operation, Request, Skill, ask_again, draw_request
from simulators.opening import Hours
from simulators.parameters import Parameters
from simulators.vehicles import Car

_MINUTE, _HOUR = 60.0, 3600.0


class Order:
    """One order; lists grow while it is open."""

    def __init__(
        self,
        number: int,
        car: Car,
        rng: Random,
        parameters: Parameters,
        *,
        has_body_bay: bool,
        again: "Order | None" = None,
    ) -> None:
        self.number = number
        self.car = car
        self.rng = rng
        self.again = again
        drawn = draw_request(rng, car.model.powertrain, parameters.mix, has_body_bay=has_body_bay)
        self.request: Request = ask_again(again.request, again.main) if again else drawn
        self.work = list(self.request.planned)
        self.parts: tuple[Part, ...] = ()
        self.due_seconds = 0.0
        waiting_share = (
            parameters.waiting_share_maintenance
            if self.request.job_type == "maintenance"
            else parameters.waiting_share_other
        )
        waits = rng.random() < waiting_share
        self.waits = waits and self.request.job_type != "body" and not car.owner.fleet
        self._parameters = parameters

    @property
    def is_short(self) -> bool:
        """Say whether this is a quick service."""
        return self.request.job_type == "maintenance"

    @property
    def main(self) -> Operation:
        """Return the longest operation of the work: what the customer came for."""
        return max(self.work, key=lambda operation: operation.hours)

    @property
    def may_come_back(self) -> bool:
        """Say whether something was mended that may not stay so."""
        return bool(self.work) and self.request.job_type in {"repair", "warranty"}

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return what is sold: the check first, then the work."""
        sold = [self.request.check, *self.work]
        return tuple(Line(f"J{n}", line.name, line.hours) for n, line in enumerate(sold, start=1))

    def name_job(self, operation: Operation) -> str:
        """Return the job of the order an operation is."""
        return f"J{self.work.index(operation) + 2}"

    def split_work(self) -> tuple[tuple[Operation, ...], tuple[Operation, ...]]:
        """Return what is done in the bay of the check, and what is painted."""
        paint = tuple(operation for operation in self.work if operation.skill is Skill.PAINT)
        return tuple(operation for operation in self.work if operation not in paint), paint

    def promise(self, hours: Hours, now: float, cars_waiting: int) -> None:
        """Promise a time from what is known on arrival."""
        parameters = self._parameters
        sold_hours = sum(line.hours for line in self.lines)
        if self.request.codes:
            sold_hours += parameters.promise_unknown_hours
        minutes = parameters.promise_base_minutes + parameters.promise_queue_minutes * cars_waiting
        seconds = minutes * _MINUTE + self._estimate(sold_hours)
        self.due_seconds = self._round(hours.add_open_seconds(now, seconds))

    def promise_again(self, hours: Hours, work_from: float) -> bool:
        """Move the promise when what is left cannot be done in time; says whether it moved."""
        left = (
            self._estimate(sum(operation.hours for operation in self.work))
            + self._parameters.promise_base_minutes / 2 * _MINUTE
        )
        earliest = self._round(hours.add_open_seconds(work_from, left))
        moved = earliest > self.due_seconds
        self.due_seconds = max(earliest, self.due_seconds)
        return moved

    def order_parts(self, now: float) -> float | None:
        """Look into the stock; returns when the last missing part will be here, None when all are."""
        parameters = self._parameters
        share = (
            parameters.part_missing_share_warranty
            if self.request.job_type == "warranty"
            else parameters.part_missing_share
        )
        afar = self.rng.random() < parameters.part_from_afar_share
        delay = (parameters.part_from_afar if afar else parameters.part_from_town).draw(self.rng)
        self.parts = tuple(
            Part(_number_part(operation.part), operation.part, "ordered", round(now + delay, 3))
            if operation.skill is not Skill.SERVICE
            and self.rng.random() < parameters.part_missing_shares.get(operation.part, share)
            else Part(_number_part(operation.part), operation.part, "arrived")
            for operation in self.work
            if operation.part
        )
        return max((part.eta_seconds for part in self.parts if part.eta_seconds), default=None)

    def mark_parts(self, status: Literal["arrived", "fitted"]) -> None:
        """Record that all parts are here, or in the car."""
        self.parts = tuple(Part(part.number, part.description, status) for part in self.parts)

    def draw_work_seconds(self, operation: Operation, speed: float) -> float:
        """Return how long a technician of that speed takes for an operation."""
        strayed = math.exp(self.rng.gauss(0.0, self._parameters.work_sigma))
        return max(_MINUTE, operation.hours * _HOUR * self._parameters.work_share * strayed / speed)

    def _estimate(self, sold_hours: float) -> float:
        return sold_hours * self._parameters.promise_per_hour * _HOUR

    def _round(self, seconds: float) -> float:
        step = self._parameters.promise_round_minutes * _MINUTE
        return math.ceil(seconds / step) * step


def _number_part(description: str) -> str:
    return f"P{crc32(description.encode()) % 10**6:06d}"
