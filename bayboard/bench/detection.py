"""Whether a hidden slow bay and technician are found, and how often somebody is accused wrongly.

Owns the trial: for each seed two months are played twice, once with a bay and a technician that are
slow, once with none, and `models.analytics.significance` is asked of both.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from bayboard.bench.estimates import FIRST_DAY
from config.workshop import Site
from models.analytics.significance import Comparison, Factor, compare
from simulators.opening import DAY
from simulators.past import gather_jobs
from simulators.site import simulate_history

HIDDEN, NORMAL = "hidden-slow", "normal"


@dataclass(frozen=True, slots=True)
class Trial:
    """What comparing all bays, or all technicians, of a seed says; `slow` is who really is, if anybody."""

    seed: int
    factor: Factor
    slow: str | None
    compared: tuple[Comparison, ...]

    @property
    def is_found(self) -> bool:
        """Say whether the slow one is marked."""
        return any(one.marked and one.key == self.slow for one in self.compared)

    @property
    def is_slowest(self) -> bool:
        """Say whether the slow one has the highest ratio of all, marked or not."""
        return bool(self.compared) and self.compared[0].key == self.slow

    @property
    def accuses_others(self) -> bool:
        """Say whether somebody else is marked."""
        return any(one.marked and one.key != self.slow for one in self.compared)


def try_seed(site: Site, seed: int, days: int, scenario: str) -> list[Trial]:
    """Play a seed's days and compare bays and technicians."""
    simulated = simulate_history(site, seed, first_day=FIRST_DAY, days=days, scenario=scenario)
    jobs = gather_jobs(takewhile(lambda fact: fact.at_seconds < days * DAY, simulated.facts))
    slow = {Factor.BAY: simulated.shop.slow_bay, Factor.TECHNICIAN: simulated.shop.slow_technician}
    return [Trial(seed, factor, slow[factor], tuple(compare(jobs, factor))) for factor in Factor]


def measure_detection(site: Site, seeds: Iterable[int], days: int, say: Callable[[str], None]) -> list[str]:
    """Try all seeds with and without slow ones; return the table, in Markdown."""
    hidden: list[Trial] = []
    normal: list[Trial] = []
    for seed in seeds:
        hidden += try_seed(site, seed, days, HIDDEN)
        normal += try_seed(site, seed, days, NORMAL)
        say(f"seed {seed}: " + ", ".join(_describe(trial) for trial in (*hidden[-2:], *normal[-2:])))
    head = (
        "| compared | seeds | found | slowest of all | others accused beside it | accused with none hidden |"
    )
    return [head, "|---|---|---|---|---|---|", *(_row(factor, hidden, normal) for factor in Factor)]


def _describe(trial: Trial) -> str:
    marked = [f"{one.key} ×{one.ratio:.2f}" for one in trial.compared if one.marked]
    return f"{trial.factor} {trial.slow or 'none'}: {' '.join(marked) or '-'}"


def _row(factor: Factor, hidden: Sequence[Trial], normal: Sequence[Trial]) -> str:
    slow = [trial for trial in hidden if trial.factor is factor]
    none = [trial for trial in normal if trial.factor is factor]
    counts = [
        sum(trial.is_found for trial in slow),
        sum(trial.is_slowest for trial in slow),
        sum(trial.accuses_others for trial in slow),
        sum(trial.accuses_others for trial in none),
    ]
    return f"| {factor} | {len(slow)} | " + " | ".join(map(str, counts)) + " |"
