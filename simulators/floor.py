"""The shop floor: what cars share while they are here, and the record of what happens.

Owns the bays, the technicians, the advisors, the wash lanes, and the list of facts not yet
handed out. Owns no flow: what a car does next is its visit's business.
"""

from collections.abc import Generator, Sequence
from dataclasses import replace

from simpy import Environment, Event, Resource

from config.workshop import Bay
from simulators.chance import open_stream
from simulators.facts import Fact
from simulators.jobs import Skill
from simulators.opening import Hours
from simulators.parameters import Parameters
from simulators.pool import Pool
from simulators.staff import ADVISORS, Technician, hire_technicians

# A SimPy process: it yields what it waits for.
Steps = Generator[Event, object, None]


class Floor:
    """Everything that cars wait for."""

    def __init__(
        self,
        bays: Sequence[Bay],
        seed: str,
        parameters: Parameters,
        hours: Hours,
        crew: Sequence[Technician] | None = None,
    ) -> None:
        self.env = env = Environment()
        self.hours = hours
        self.parameters = parameters
        self.facts: list[Fact] = []
        self.bay_count = len(bays)
        self.kinds = frozenset(bay.kind for bay in bays)
        self.crew = (
            hire_technicians(
                bays, open_stream(f"{seed}/staff"), parameters.technician_sigma, hours.workday_seconds
            )
            if crew is None
            else list(crew)
        )
        self.slow_bay, self.slow_technician = self._hide_slow_ones(bays, seed)
        self.bays = Pool(env, bays, lambda _: self.is_open())
        self.technicians = Pool(env, self.crew, lambda technician: not self.is_pausing(technician))
        self.wash_lanes = Resource(env, self._share_out(parameters.bays_per_wash_lane))
        self.advisors = ADVISORS[: self._share_out(parameters.bays_per_advisor)]
        self.reception = Resource(env, len(self.advisors))
        self.tools = max(1, round(len(bays) * parameters.diagnostic_tools_per_bay))
        for technician in self.crew:
            env.process(self._return_from_pauses(technician))

    @property
    def now(self) -> float:
        """Return the simulated second, to the millisecond."""
        return round(float(self.env.now), 3)

    def is_open(self) -> bool:
        """Say whether anything new is begun now."""
        return self.hours.seconds_until_open(self.env.now) == 0

    def is_pausing(self, technician: Technician) -> bool:
        """Say whether a technician is at lunch, on a break or at home."""
        start, _ = self.hours.find_pause(self.env.now, technician.rota)
        return self.env.now >= start

    def rank_bay(self, bay: Bay, kinds: tuple[str, ...]) -> int | None:
        """Say how well a bay suits; where the site has none of these kinds, every bay does."""
        if bay.kind in kinds:
            return kinds.index(bay.kind)
        return None if self.kinds.intersection(kinds) else 0

    def wait_for_opening(self) -> Steps:
        """Wait until the shop is open, if it is not."""
        seconds = self.hours.seconds_until_open(self.env.now)
        if seconds > 0:
            yield self.env.timeout(seconds)

    def weigh_bay(self, bay: Bay | None) -> float:
        """Say how much longer work takes in a bay than elsewhere."""
        return self.parameters.slow_bay_factor if bay and bay.key == self.slow_bay else 1.0

    def _hide_slow_ones(self, bays: Sequence[Bay], seed: str) -> tuple[str | None, str | None]:
        """Slow down a bay of the most common kind and a mechanic, where the parameters ask for it."""
        rng = open_stream(f"{seed}/hidden")
        bay = technician = None
        if bays and self.parameters.slow_bay_factor != 1:
            kinds = [bay.kind for bay in bays]
            common = max(kinds, key=kinds.count)
            bay = rng.choice([bay.key for bay in bays if bay.kind == common])
        if self.parameters.slow_technician_factor != 1:
            mechanics = [n for n, one in enumerate(self.crew) if one.skills[0] is Skill.MECHANICAL]
            if mechanics:
                slow = rng.choice(mechanics)
                self.crew[slow] = replace(self.crew[slow], speed=1 / self.parameters.slow_technician_factor)
                technician = self.crew[slow].key
        return bay, technician

    def _share_out(self, bays_per_one: float) -> int:
        return max(1, round(self.bay_count / bays_per_one))

    def _return_from_pauses(self, technician: Technician) -> Steps:
        while True:
            _, end = self.hours.find_pause(self.env.now, technician.rota)
            yield self.env.timeout(end - self.env.now)
            self.technicians.serve()
            self.bays.serve()  # a night is a pause too, and in the morning cars move in
