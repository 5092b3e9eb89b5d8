"""What a simulation needs of the workshop file, checked before it begins."""

from config.workshop import Workshop
from simulators.facts import Stage
from simulators.scenario import SCENARIOS


class SimulationError(Exception):
    """A workshop cannot be simulated; the message says why."""


def check_workshop(workshop: Workshop, scenario: str) -> None:
    """Refuse with SimulationError an unknown scenario, stages that are missing, and sites without bays."""
    if scenario not in SCENARIOS:
        raise SimulationError(f"there is no scenario {scenario!r}; there are: {', '.join(SCENARIOS)}")
    missing = [stage for stage in Stage if workshop.stage(stage) is None]
    if missing:
        raise SimulationError(f"the workshop file lacks stages of the simulator: {', '.join(missing)}")
    if not any(site.bays for site in workshop.sites):
        raise SimulationError("no site of the workshop file has a bay")
