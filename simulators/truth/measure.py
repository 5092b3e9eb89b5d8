"""What a shop's facts add up to: the figures a workshop man would ask for.

Pure reckoning over a window of simulated time, for tuning, for the table in docs/simulator.md
(`python -m simulators.truth.measure` prints it) and for the tests that keep the shop steady.
"""

import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from statistics import fmean, median

from config.workshop import Bay, load_workshop
from simulators.facts import Fact, LabourClocked, OrderOpened, Stage, StageEntered
from simulators.jobs import MIX
from simulators.opening import HOUR
from simulators.parameters import Parameters
from simulators.scenario import NORMAL, SCENARIOS
from simulators.shop import Shop

_WORKDAY_HOURS = 10.0


@dataclass(frozen=True, slots=True)
class Spell:
    """A car was in a stage, in one place; `left` is None while it still is."""

    order: int
    stage: Stage
    bay: str | None
    entered: float
    left: float | None


@dataclass(slots=True)
class Record:
    """Everything a stream of facts said, gathered by what it is about."""

    opened: dict[int, OrderOpened] = field(default_factory=dict)
    spells: list[Spell] = field(default_factory=list)
    ready: dict[int, float] = field(default_factory=dict)
    delivered: dict[int, float] = field(default_factory=dict)
    labour: list[tuple[str, float, float]] = field(default_factory=list)


def gather(facts: Iterable[Fact]) -> Record:
    """Gather facts into orders, spells and spans of labour."""
    record = Record()
    current: dict[int, StageEntered] = {}
    clocked: dict[str, float] = {}
    for fact in facts:
        match fact:
            case OrderOpened():
                record.opened[fact.order] = fact
            case StageEntered():
                if before := current.pop(fact.order, None):
                    record.spells.append(_end(before, fact.at_seconds))
                if fact.stage is Stage.READY:
                    record.ready[fact.order] = fact.at_seconds
                if fact.stage is Stage.DELIVERED:
                    record.delivered[fact.order] = fact.at_seconds
                else:
                    current[fact.order] = fact
            case LabourClocked(action="on"):
                clocked[fact.technician] = fact.at_seconds
            case LabourClocked():
                record.labour.append((fact.technician, clocked.pop(fact.technician), fact.at_seconds))
    record.spells += [_end(fact, None) for fact in current.values()]
    return record


def _end(fact: StageEntered, left: float | None) -> Spell:
    return Spell(fact.order, fact.stage, fact.bay, fact.at_seconds, left)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a window; hours are clock hours, shares are between 0 and 1."""

    orders_per_day: float
    cycle_hours: dict[str, tuple[float, float]]
    """Median and P90 from keys to ready, by job type."""
    occupancy: dict[str, float]
    """Share of the time a car stands in a bay, by kind of bay and for `all`."""
    queues: dict[Stage, float]
    """Cars waiting without a bay, on average, by stage."""
    in_shop: float
    on_time: float
    utilisation: float
    """Hours clocked on jobs, as a share of the technicians' hours in the shop."""


def measure(record: Record, bays: Sequence[Bay], technicians: int, since: float, until: float) -> Figures:
    """Reckon the figures between two simulated seconds."""
    window = until - since
    kind_of_bay = {bay.key: bay.kind for bay in bays}
    in_bays: dict[str, float] = defaultdict(float)
    waiting: dict[Stage, float] = defaultdict(float)
    for spell in record.spells:
        inside = _overlap(spell.entered, spell.left, since, until)
        if spell.bay is None:
            waiting[spell.stage] += inside
        else:
            in_bays[kind_of_bay[spell.bay]] += inside
    done = [order for order, at in record.ready.items() if since <= at < until]
    cycles: dict[str, list[float]] = defaultdict(list)
    for order in done:
        opened = record.opened[order]
        cycles[opened.job_type].append((record.ready[order] - opened.at_seconds) / HOUR)
    kinds = [bay.kind for bay in bays]
    occupancy = {kind: in_bays[kind] / kinds.count(kind) / window for kind in dict.fromkeys(kinds)}
    clocked = sum(_overlap(on, off, since, until) for _, on, off in record.labour)
    return Figures(
        orders_per_day=len(done) / window * HOUR * _WORKDAY_HOURS,
        cycle_hours={job: (median(hours), _find_p90(hours)) for job, hours in cycles.items()},
        occupancy=occupancy | {"all": sum(in_bays.values()) / len(bays) / window},
        queues={stage: seconds / window for stage, seconds in waiting.items()},
        in_shop=(sum(in_bays.values()) + sum(waiting.values())) / window,
        on_time=fmean(record.ready[order] <= record.opened[order].promised_seconds for order in done),
        utilisation=clocked / window / technicians,
    )


def _find_p90(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(0.9 * len(values)) - 1]


def _overlap(start: float, end: float | None, since: float, until: float) -> float:
    return max(0.0, min(until if end is None else end, until) - max(start, since))


def _print_table(
    workshop_file: Path, label: str, shops: Mapping[str, tuple[str, Parameters]], days: int
) -> None:
    """Print a Markdown table, a line for each seed and its parameters, after a day of running in."""
    bays = load_workshop(workshop_file).sites[0].bays
    day = _WORKDAY_HOURS * HOUR
    queued = (Stage.RECEIVED, Stage.AWAITING_APPROVAL, Stage.AWAITING_PARTS, Stage.WASHING, Stage.READY)
    kinds = ("all", *dict.fromkeys(bay.kind for bay in bays))
    header = [label, "orders/day", *MIX, *kinds, *queued, "in shop", "on time", "utilisation"]
    sys.stdout.write(f"| {' | '.join(header)} |\n|{'---|' * len(header)}\n")
    for name, (seed, parameters) in shops.items():
        shop = Shop(bays, seed, parameters)
        record = gather(takewhile(lambda fact: fact.at_seconds < (days + 1) * day, shop.play()))
        figures = measure(record, bays, len(shop.technicians), day, (days + 1) * day)
        cells = [name, f"{figures.orders_per_day:.1f}"]
        cells += ["{:.1f} / {:.1f}".format(*figures.cycle_hours[job]) for job in MIX]
        cells += [f"{figures.occupancy[kind]:.0%}" for kind in kinds]
        cells += [f"{figures.queues[stage]:.1f}" for stage in queued]
        cells += [f"{figures.in_shop:.1f}", f"{figures.on_time:.0%}", f"{figures.utilisation:.0%}"]
        sys.stdout.write(f"| {' | '.join(cells)} |\n")


if __name__ == "__main__":
    example = Path(__file__).parents[2] / "config" / "workshop.toml"
    seeds = {str(seed): (str(seed), SCENARIOS[NORMAL]) for seed in range(1, 11)}
    _print_table(example, "seed", seeds, days=10)
    sys.stdout.write("\n")
    _print_table(example, "scenario", {name: ("1", usual) for name, usual in SCENARIOS.items()}, days=20)
