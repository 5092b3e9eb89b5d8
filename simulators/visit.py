"""A car's way through the shop, from the reception to the road.

Owns the flow: which stage follows which, and what is told of the order on the way. How a car
gets a bay, and technicians work on it, is its stay's business.
"""

from collections.abc import Sequence
from typing import Literal

from simulators.devices.diagnosis import draw_measurements
from simulators.facts import (
    OdometerRead,
    OrderCancelled,
    OrderOpened,
    OrderUpdated,
    Reason,
    ReportMade,
    Stage,
)
from simulators.floor import Floor, Steps
from simulators.jobs import Operation, Skill
from simulators.order import Order
from simulators.stay import Stay

_PAINT_BAYS = ("paint",)


class Visit:
    """One order on one floor; `run` is its SimPy process."""

    def __init__(self, floor: Floor, order: Order) -> None:
        self._floor = floor
        self._order = order
        self._parameters = floor.parameters
        self._rng = order.rng
        self._stay = Stay(floor, order)
        self.is_mended = False

    def run(self) -> Steps:
        """Live through the whole visit."""
        yield from self._be_received()
        if self._rng.random() < self._parameters.cancelled_share:
            yield from self._change_mind()
            return
        yield from self._stay.move_into_bay(self._order.request.bay_kinds)
        yield from self._inspect()
        yield from self._agree_on_work()
        yield from self._wait_for_parts()
        work, paint = self._order.split_work()
        if work:
            yield from self._repair(work, self._order.request.bay_kinds)
        if paint:
            yield from self._repair(paint, _PAINT_BAYS)
        if work or paint:
            yield from self._pass_quality_check(paint or work)
            self.is_mended = True
        yield from self._leave()

    def _be_received(self) -> Steps:
        floor, order = self._floor, self._order
        order.promise(floor.hours, floor.now, floor.bays.queue_length)
        floor.facts.append(
            OrderOpened(
                floor.now,
                order.number,
                order.request.job_type,
                order.car,
                order.waits,
                self._rng.choice(floor.advisors),
                order.due_seconds,
                order.lines,
                order.again.number if order.again else None,
            )
        )
        self._stay.enter(Stage.RECEIVED)
        if order.car.connected:
            floor.facts.append(OdometerRead(floor.now, ((floor.now, order.car),)))
        with floor.reception.request() as advisor:
            yield advisor
            yield self._stay.take(self._parameters.reception)

    def _change_mind(self) -> Steps:
        """Drive away again before anything was done."""
        floor = self._floor
        yield self._stay.take(self._parameters.change_of_mind)
        yield from floor.wait_for_opening()
        floor.facts.append(OrderCancelled(floor.now, self._order.number))
        self._stay.enter(Stage.DELIVERED)

    def _inspect(self) -> Steps:
        order, check = self._order, self._order.request.check
        technician = yield from self._stay.call(check.skill)
        self._stay.enter(Stage.INSPECTING, technician, check.name)
        spread = self._parameters.short_check if order.is_short else self._parameters.long_check
        yield from self._stay.work([technician], "J1", spread.draw(self._rng) / technician.speed)
        self._floor.facts.append(
            ReportMade(
                self._floor.now,
                order.number,
                order.car,
                self._rng.randrange(self._floor.tools),
                order.request.codes,
                draw_measurements(self._rng, order.car.model.powertrain),
            )
        )
        self._stay.release([technician])

    def _agree_on_work(self) -> Steps:
        """Ask for what was found; a customer who hesitates costs the car its bay."""
        order, parameters = self._order, self._parameters
        if not order.request.found:
            return
        fleet = order.car.owner.fleet  # its contract says what may be done without a talk
        if not (order.waits or fleet) and self._rng.random() < parameters.approval_hesitation_share:
            self._stay.leave_bay(Stage.AWAITING_APPROVAL, Reason.APPROVAL)
            yield self._stay.take(parameters.approval_hesitation)
            yield from self._floor.wait_for_opening()
        else:
            self._stay.enter(Stage.AWAITING_APPROVAL, reason=Reason.APPROVAL)
            yield self._stay.take(parameters.approval_quick)
        covered = fleet or order.request.job_type == "warranty"
        if covered or self._rng.random() >= parameters.declined_share:
            order.work.extend(order.request.found)

    def _wait_for_parts(self) -> Steps:
        """Take parts from stock, or wait for them outside of the bay."""
        order, floor = self._order, self._floor
        if not order.work:
            return
        arrives = order.order_parts(floor.now)
        moved = order.promise_again(floor.hours, arrives or floor.now)
        promise = order.due_seconds if moved else None
        floor.facts.append(OrderUpdated(floor.now, order.number, promise, order.lines, order.parts))
        if arrives:
            self._stay.leave_bay(Stage.AWAITING_PARTS, Reason.PARTS)
            yield floor.env.timeout(arrives - floor.now)
            yield from floor.wait_for_opening()
            self._announce_parts("arrived")

    def _repair(self, work: Sequence[Operation], kinds: tuple[str, ...]) -> Steps:
        stay, order = self._stay, self._order
        yield from stay.move_into_bay(kinds)
        main = max(work, key=lambda operation: operation.hours)
        lead = yield from stay.call(main.skill)
        seconds = [order.draw_work_seconds(operation, lead.speed) for operation in work]
        crew = [lead, *stay.find_partner(sum(seconds))]
        factor = self._parameters.pair_factor if len(crew) > 1 else 1.0
        stay.enter(Stage.REPAIRING, lead, main.name)
        for operation, alone in zip(work, seconds, strict=True):
            yield from stay.work(crew, order.name_job(operation), alone * factor)
        stay.release(crew)

    def _pass_quality_check(self, work: Sequence[Operation]) -> Steps:
        """Check until it is good; what is not good goes back to repair in the same bay."""
        stay, order, parameters = self._stay, self._order, self._parameters
        main = max(work, key=lambda operation: operation.hours)
        spread = parameters.short_quality_check if order.is_short else parameters.long_quality_check
        if order.parts:
            self._announce_parts("fitted")
        while True:
            inspector = yield from stay.call(Skill.QUALITY, Stage.QUALITY_CHECK)
            stay.enter(Stage.QUALITY_CHECK, inspector)
            yield stay.take(spread)
            stay.release([inspector])
            if self._rng.random() >= parameters.quality_failure_share:
                return
            technician = yield from stay.call(main.skill, Stage.REPAIRING)
            stay.enter(Stage.REPAIRING, technician, main.name)
            again = order.draw_work_seconds(main, technician.speed) * parameters.rework_share
            yield from stay.work([technician], order.name_job(main), again)
            stay.release([technician])

    def _leave(self) -> Steps:
        floor, stay, parameters = self._floor, self._stay, self._parameters
        if self._rng.random() < parameters.wash_share:
            stay.leave_bay(Stage.WASHING)
            with floor.wash_lanes.request() as lane:
                yield lane
                yield from floor.wait_for_opening()
                yield stay.take(parameters.wash)
            stay.enter(Stage.READY)
        else:
            stay.leave_bay(Stage.READY)
        yield stay.take(parameters.pickup_waiting if self._order.waits else parameters.pickup_away)
        yield from floor.wait_for_opening()
        stay.enter(Stage.DELIVERED)

    def _announce_parts(self, status: Literal["arrived", "fitted"]) -> None:
        self._order.mark_parts(status)
        self._floor.facts.append(OrderUpdated(self._floor.now, self._order.number, parts=self._order.parts))
