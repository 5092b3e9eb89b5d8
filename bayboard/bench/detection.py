"""Whether a hidden slow bay and technician are found, and how often somebody is accused wrongly.

Owns the trial: for each seed two months are played, with a bay and a technician that are slow and with
none, and `models.analytics.significance` is asked of both. Beside how often a technician is found stands
how often anybody could, who knew every speed exactly and accused somebody innocent as rarely.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from statistics import median

from bayboard.bench.estimates import FIRST_DAY
from config.workshop import Site
from models.analytics.significance import Comparison, Factor, compare
from simulators.chance import open_stream
from simulators.character import open_calendar
from simulators.jobs import Skill
from simulators.opening import DAY, HOUR
from simulators.parameters import Parameters
from simulators.scenario import HIDDEN_SLOW, NORMAL, SCENARIOS
from simulators.shop import Shop
from simulators.staff import hire_technicians
from simulators.whatif.past import gather_jobs

# Crews whose speeds are known exactly, and how many of them may have somebody accused who is not slow.
_CREWS, _MOST_ACCUSED = 2000, 0.05
_WORKDAY_SECONDS = 10 * HOUR


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


def try_seed(site: Site, seed: int, days: int, parameters: Parameters) -> list[Trial]:
    """Play a seed's days and compare bays and technicians."""
    own_seed = f"{seed}/{site.key}"
    hours = open_calendar(site, own_seed, FIRST_DAY, days, average=True)
    shop = Shop(site.bays, own_seed, parameters, hours)
    jobs = gather_jobs(takewhile(lambda fact: fact.at_seconds < days * DAY, shop.play()))
    slow = {Factor.BAY: shop.slow_bay, Factor.TECHNICIAN: shop.slow_technician}
    return [Trial(seed, factor, slow[factor], tuple(compare(jobs, factor))) for factor in Factor]


def measure_detection(site: Site, seeds: Iterable[int], days: int, say: Callable[[str], None]) -> list[str]:
    """Try all seeds with and without slow ones; return the table, in Markdown."""
    hidden: list[Trial] = []
    normal: list[Trial] = []
    for seed in seeds:
        hidden += try_seed(site, seed, days, SCENARIOS[HIDDEN_SLOW])
        normal += try_seed(site, seed, days, SCENARIOS[NORMAL])
        say(f"seed {seed}: " + ", ".join(_describe(trial) for trial in (*hidden[-2:], *normal[-2:])))
    head = (
        "| compared | seeds | found | slowest of all | others accused beside it | accused with none hidden |"
    )
    return [head, "|---|---|---|---|---|---|", *(_row(factor, hidden, normal) for factor in Factor)]


def measure_power(
    site: Site, seeds: Sequence[int], days: int, factors: Sequence[float], say: Callable[[str], None]
) -> list[str]:
    """Try technicians who are so many times as slow; return how often each is found, in Markdown."""
    head = "| as slow | seeds | found | slowest of all | others accused | found if speeds were known |"
    rows = [head, "|---|---|---|---|---|---|"]
    for factor in factors:
        parameters = replace(SCENARIOS[HIDDEN_SLOW], slow_technician_factor=factor)
        trials = []
        for seed in seeds:
            trials += [
                one for one in try_seed(site, seed, days, parameters) if one.factor is Factor.TECHNICIAN
            ]
        found = sum(trial.is_found for trial in trials)
        slowest = sum(trial.is_slowest for trial in trials)
        accused = sum(trial.accuses_others for trial in trials)
        known = bound_detection(site, factor, SCENARIOS[NORMAL].technician_sigma)
        rows.append(f"| {factor:.2f} | {len(trials)} | {found} | {slowest} | {accused} | {known:.0%} |")
        say(rows[-1])
    return rows


def bound_detection(site: Site, factor: float, sigma: float) -> float:
    """Return how often one who is so slow could be found by whoever knew every speed exactly.

    The best test of one among colleagues who stray by `sigma` is how far the slowest lies from the others;
    its limit is the one above which one crew of twenty has somebody though nobody is hidden.
    """
    slowest, hidden = [], []
    for seed in range(_CREWS):
        own_seed = f"{seed}/{site.key}"
        crew = hire_technicians(site.bays, open_stream(f"{own_seed}/staff"), sigma, _WORKDAY_SECONDS)
        crew = [one for one in crew if one.skills[0] is not Skill.QUALITY]
        pace = [1 / one.speed for one in crew]
        slowest.append(max(_stand_out(pace, place) for place in range(len(pace))))
        place = next(n for n, one in enumerate(crew) if one.skills[0] is Skill.MECHANICAL)
        pace[place] = factor
        hidden.append(_stand_out(pace, place))
    limit = sorted(slowest)[round((1 - _MOST_ACCUSED) * _CREWS)]
    return sum(each >= limit for each in hidden) / _CREWS


def _stand_out(pace: Sequence[float], place: int) -> float:
    return pace[place] / median([*pace[:place], *pace[place + 1 :]])


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
