"""A car workshop that runs by itself: arrivals and the stream of facts.

Pure and seeded: the same seed, bays, hours and parameters give the same facts to the
millisecond, for ever. Owns who comes when. Reads no clock, no file and no socket; what time
it is outside, and who is told, is decided by pace and devices.
"""

from collections.abc import Iterator, Sequence
from random import Random

from config.workshop import Bay
from simulators.chance import open_stream
from simulators.facts import Fact, OdometerRead
from simulators.floor import Floor, Steps
from simulators.opening import HOUR, AlwaysOpen, Hours
from simulators.order import Order
from simulators.parameters import Parameters
from simulators.staff import Technician
from simulators.vehicles import Car, make_car
from simulators.visit import Visit

_SLOT_SECONDS = HOUR / 4
_BODY_KINDS = frozenset({"body"})
_APPOINTMENTS_PER_SLOT = 3
# Appointments are asked to come ten minutes into their quarter, and most do within six.
_APPOINTED_SECONDS, _PUNCTUALITY_SECONDS = 600.0, 360.0
# A telematics unit that was out of reach sends what it has kept, all at once.
_BUFFERED_READINGS = 6
_BUFFERED_SHARE = 0.2
# After so many days it is another complaint.
_COMEBACK_DAYS = 29.0


class Shop:
    """One site; `play` yields its facts in the order of time and never ends."""

    def __init__(
        self,
        bays: Sequence[Bay],
        seed: str,
        parameters: Parameters | None = None,
        hours: Hours | None = None,
        crew: Sequence[Technician] | None = None,
    ) -> None:
        self._seed = seed
        self._parameters = parameters or Parameters()
        self._floor = Floor(bays, seed, self._parameters, hours or AlwaysOpen(), crew)
        self._arrivals = open_stream(f"{seed}/arrivals")
        self._road = open_stream(f"{seed}/road")
        self._orders = 0
        self._cars_here: set[int] = set()

    @property
    def technicians(self) -> list[Technician]:
        """Return everybody who works on cars."""
        return self._floor.crew

    @property
    def slow_bay(self) -> str | None:
        """Return the bay in which everything takes longer, if there is one."""
        return self._floor.slow_bay

    @property
    def slow_technician(self) -> str | None:
        """Return the technician who needs longer than all others, if there is one."""
        return self._floor.slow_technician

    def play(self) -> Iterator[Fact]:
        """Run the shop from second 0, a fact at a time."""
        floor = self._floor
        if not floor.bay_count:
            return
        floor.env.process(self._open_doors())
        floor.env.process(self._watch_road())
        while True:
            floor.env.step()
            yield from floor.facts
            floor.facts.clear()

    def _open_doors(self) -> Steps:
        """Let cars come: so many appointments a quarter of an hour, and walk-ins at random."""
        floor, rng, parameters = self._floor, self._arrivals, self._parameters
        per_slot = parameters.orders_per_bay_hour * floor.bay_count * _SLOT_SECONDS / HOUR
        while True:
            yield from floor.wait_for_opening()
            booked = per_slot * parameters.appointment_share
            booked *= floor.hours.weigh_demand(floor.env.now, walks_in=False)
            slots = max(_APPOINTMENTS_PER_SLOT, round(2 * booked))
            for _ in range(slots):
                if rng.random() < booked / slots:
                    after = max(0.0, rng.gauss(_APPOINTED_SECONDS, _PUNCTUALITY_SECONDS))
                    floor.env.process(self._arrive(after, walks_in=False))
            walking = per_slot * (1 - parameters.appointment_share)
            walking *= floor.hours.weigh_demand(floor.env.now, walks_in=True)
            offset = rng.expovariate(1.0)
            while offset < walking:
                floor.env.process(self._arrive(offset / walking * _SLOT_SECONDS, walks_in=True))
                offset += rng.expovariate(1.0)
            yield floor.env.timeout(_SLOT_SECONDS)

    def _arrive(self, after_seconds: float, *, walks_in: bool) -> Steps:
        floor, parameters = self._floor, self._parameters
        yield floor.env.timeout(after_seconds)
        yield from floor.wait_for_opening()
        if walks_in and floor.bays.queue_length >= parameters.walk_ins_turn_away_at * floor.bay_count:
            return
        yield from self._visit()

    def _come_back(self, first: Order) -> Steps:
        """Let a car come once more with what was to be mended, within 30 days."""
        floor, rng = self._floor, first.rng
        days = rng.triangular(1.0, _COMEBACK_DAYS, self._parameters.comeback_likely_days)
        yield floor.env.timeout(days * floor.hours.day_seconds)
        yield from floor.wait_for_opening()
        if first.car.number not in self._cars_here:
            yield from self._visit(first)

    def _visit(self, again: Order | None = None) -> Steps:
        """Let a car come and leave; after a repair that does not hold it comes again."""
        floor, parameters = self._floor, self._parameters
        self._orders += 1
        rng = open_stream(f"{self._seed}/order/{self._orders}")
        car = again.car if again else self._choose_car(rng)
        has_body_bay = bool(floor.kinds & _BODY_KINDS)
        order = Order(self._orders, car, rng, parameters, has_body_bay=has_body_bay, again=again)
        self._cars_here.add(car.number)
        visit = Visit(floor, order)
        yield from visit.run()
        self._cars_here.remove(car.number)
        if visit.is_mended and order.may_come_back and rng.random() < parameters.comeback_share:
            floor.env.process(self._come_back(order))

    def _choose_car(self, rng: Random) -> Car:
        while True:
            number = rng.randrange(self._parameters.car_park)
            if number not in self._cars_here:
                return make_car(self._seed, number)

    def _watch_road(self) -> Steps:
        """Let connected cars on the road report: a few at a time, or one with what it has buffered."""
        floor, rng, parameters = self._floor, self._road, self._parameters
        poll_seconds = parameters.telematics_poll_minutes * 60
        while True:
            yield floor.env.timeout(poll_seconds)
            numbers = rng.sample(range(parameters.car_park), parameters.telematics_cars_per_poll)
            cars = [make_car(self._seed, number) for number in numbers if number not in self._cars_here]
            connected = [car for car in cars if car.connected]
            now = floor.now
            if connected and rng.random() < _BUFFERED_SHARE:
                ages = [poll_seconds * n / _BUFFERED_READINGS for n in reversed(range(_BUFFERED_READINGS))]
                floor.facts.append(OdometerRead(now, tuple((now - age, connected[0]) for age in ages)))
            elif connected:
                floor.facts.append(OdometerRead(now, tuple((now, car) for car in connected)))
