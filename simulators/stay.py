"""A car on the floor: what it holds on to, who works on it, and the record of both.

Owns the steps every visit is made of: driving into a bay and out of it, calling a technician,
working with the clock on. A car never waits for a bay with a technician in hand, and gives
its bay back only once it stands elsewhere, so that no bay holds two cars.
"""

from collections.abc import Generator, Sequence
from typing import Literal

from simpy import Event

from config.workshop import Bay
from simulators.chance import Spread
from simulators.facts import LabourClocked, Reason, Stage, StageEntered
from simulators.floor import Floor, Steps
from simulators.jobs import Skill
from simulators.order import Order
from simulators.staff import Technician


class Stay:
    """Where one car is now, and in whose hands."""

    def __init__(self, floor: Floor, order: Order) -> None:
        self._floor = floor
        self._order = order
        self._bay: Bay | None = None
        self._stage = Stage.RECEIVED
        self._known: Technician | None = None

    def enter(
        self,
        stage: Stage,
        technician: Technician | None = None,
        operation: str | None = None,
        reason: Reason | None = None,
    ) -> None:
        """Record that the car enters a stage where it stands."""
        self._stage = stage
        self._floor.facts.append(
            StageEntered(
                self._floor.now,
                self._order.number,
                stage,
                self._bay.key if self._bay else None,
                technician.key if technician else None,
                operation,
                reason,
            )
        )

    def leave_bay(self, stage: Stage, reason: Reason | None = None) -> None:
        """Drive out into a stage that needs no bay."""
        bay, self._bay = self._bay, None
        self.enter(stage, reason=reason)
        if bay:
            self._floor.bays.release(bay)

    def move_into_bay(self, kinds: tuple[str, ...]) -> Steps:
        """Wait for a suitable bay and drive in; a car that stands in one already stays there."""
        floor = self._floor
        if self._bay and floor.rank_bay(self._bay, kinds) is not None:
            return
        claim = floor.bays.claim(lambda bay: floor.rank_bay(bay, kinds), self._order.due_seconds)
        if not claim.triggered:
            self.enter(self._stage, reason=Reason.BAY)
        yield claim
        yield self.take(floor.parameters.move)
        if self._bay:
            floor.bays.release(self._bay)
        self._bay = claim.member

    def call(self, skill: Skill, stage: Stage | None = None) -> Generator[Event, object, Technician]:
        """Wait for a technician of that skill, best the one who knows the car."""
        known = self._known

        def rank(technician: Technician) -> int | None:
            fit = technician.rank(skill)
            return -1 if technician is known and fit is not None else fit

        claim = self._floor.technicians.claim(rank, self._order.due_seconds)
        if not claim.triggered:
            self.enter(stage or self._stage, reason=Reason.TECHNICIAN)
        yield claim
        # A master finds the fault and hands the repair over.
        self._known = None if skill is Skill.DIAGNOSTIC else claim.member
        return claim.member

    def find_partner(self, seconds: float) -> list[Technician]:
        """Find a second pair of hands for a service, if somebody is free until it is done."""
        floor = self._floor

        def rank(technician: Technician) -> int | None:
            pause, _ = floor.hours.find_pause(floor.now, technician.rota)
            return technician.rank(Skill.SERVICE) if pause - floor.now > seconds else None

        partner = floor.technicians.take_now(rank) if self._order.is_short else None
        return [partner] if partner else []

    def work(self, crew: Sequence[Technician], job: str, seconds: float) -> Steps:
        """Work on a job with the clock on, interrupted by the first technician's pauses."""
        env, hours = self._floor.env, self._floor.hours
        overtime = self._floor.parameters.overtime_minutes * 60
        seconds *= self._floor.weigh_bay(self._bay)
        while seconds > 0:
            pause, end = hours.find_pause(env.now, crew[0].rota)
            if env.now >= pause:
                yield env.timeout(end - env.now)
                continue
            until_pause = pause - env.now
            spell = seconds if seconds <= until_pause + overtime else until_pause
            self._clock(crew, job, "on")
            yield env.timeout(spell)
            self._clock(crew, job, "off")
            seconds -= spell

    def release(self, crew: Sequence[Technician]) -> None:
        """Let technicians go on to another car."""
        for technician in crew:
            self._floor.technicians.release(technician)

    def take(self, spread: Spread) -> Event:
        """Let something take its time."""
        return self._floor.env.timeout(spread.draw(self._order.rng))

    def _clock(self, crew: Sequence[Technician], job: str, action: Literal["on", "off"]) -> None:
        floor, bay = self._floor, self._bay.key if self._bay else None
        for technician in crew:
            floor.facts.append(LabourClocked(floor.now, self._order.number, job, technician.key, bay, action))
