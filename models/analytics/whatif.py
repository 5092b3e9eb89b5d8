"""What would change with one thing more: the figures of a shop, and the answer made of many runs of it.

Owns which figures a simulated shop and the real one are compared by, reckoned for both by the same
function in opening hours; and how runs become ranges. Knows no simulator: that plays elsewhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import fmean, quantiles

from config.workshop import Stage, find_ready_stage

HOUR = 3600.0
CYCLE, ON_TIME, THROUGHPUT, WAIT = "cycle_hours", "on_time", "orders_per_day", "wait/"

# By CYCLE, ON_TIME, THROUGHPUT, and WAIT with a cause: hours until ready, share, orders a day, hours waited.
Figures = Mapping[str, float]


class Thing(StrEnum):
    """What there may be one more of: a bay of a kind, a technician of a skill, stock of a part."""

    BAY = "bay"
    TECHNICIAN = "technician"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Change:
    """One more of something: of a bay's kind, a technician's skill, a part that is never missing."""

    what: Thing
    key: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What would change at a site, judged by its days from `since` to before `until`."""

    site: str
    since: date
    until: date
    change: Change


class State(StrEnum):
    """How far a question is: not begun, being played, answered, or why there is no answer."""

    WAITING = "waiting"
    PLAYING = "playing"
    DONE = "done"
    STOPPED = "stopped"
    TOO_LITTLE = "too_little"
    TOO_SLOW = "too_slow"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Say whether nothing more will come."""
        return self not in {State.WAITING, State.PLAYING}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a question is: pairs of shops that were played, of those planned; the answer at the end."""

    state: State
    played: int
    planned: int
    answer: "Answer | None" = None


@dataclass(frozen=True, slots=True)
class ShopOrder:
    """A work order in open seconds of its shop; `promised` is the first promise, if there was one."""

    opened: float
    promised: float | None


@dataclass(frozen=True, slots=True)
class ShopSpell:
    """An order was in a stage, in open seconds; `left` is infinite while it lasts."""

    order: str
    stage: str
    reason: str | None
    entered: float
    left: float


@dataclass(frozen=True, slots=True)
class Range:
    """Between P10 and P90 of all runs, and their median."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the site's own figures were, the unchanged model's, and by how much each changes.

    `runs` is how many pairs of simulated shops it rests on, each of `days` days.
    """

    real: Figures
    model: Mapping[str, Range]
    changes: Mapping[str, Range]
    runs: int
    days: int

    def find_misfit(self, figure: str) -> float | None:
        """Return by which share the model's median is off the site's own figure; shares in points."""
        real, model = self.real.get(figure), self.model.get(figure)
        if real is None or model is None:
            return None
        if figure == ON_TIME:
            return abs(model.middle - real)
        return abs(model.middle - real) / real if real else None

    @property
    def misfit(self) -> float:
        """Return the worst misfit of cycle time, on time and throughput: how far the model is off."""
        return max((self.find_misfit(figure) or 0.0 for figure in (CYCLE, ON_TIME, THROUGHPUT)), default=0.0)


def measure_shop(
    orders: Mapping[str, ShopOrder],
    spells: Iterable[ShopSpell],
    stages: Sequence[Stage],
    begin: float,
    end: float,
    days: float,
) -> Figures | None:
    """Return the figures of the orders that became ready between two open seconds; None of none.

    A wait is a spell before that which names a reason or is in a stage of waiting; its cause is the reason,
    else what the stage waits for, else the stage. Orders that `orders` does not know are left out.
    """
    known = {stage.key: stage for stage in stages}
    ready_stage = find_ready_stage(stages)
    of_order: defaultdict[str, list[ShopSpell]] = defaultdict(list)
    for spell in spells:
        if spell.order in orders:
            of_order[spell.order].append(spell)
    done: dict[str, float] = {}
    for order, own in of_order.items():
        ready = max((spell.entered for spell in own if spell.stage == ready_stage), default=None)
        if ready is not None and begin <= ready < end:
            done[order] = ready
    if not done:
        return None
    waits: defaultdict[str, float] = defaultdict(float)
    for order, ready in done.items():
        for spell in of_order[order]:
            if spell.entered < ready and (cause := _find_cause(spell, known.get(spell.stage))):
                waits[cause] += min(spell.left, ready) - spell.entered
    promised = {order: at for order in done if (at := orders[order].promised) is not None}
    figures = {
        CYCLE: fmean((ready - orders[order].opened) / HOUR for order, ready in done.items()),
        THROUGHPUT: len(done) / days,
        **{f"{WAIT}{cause}": seconds / HOUR / len(done) for cause, seconds in waits.items()},
    }
    if promised:
        figures[ON_TIME] = fmean(done[order] <= at for order, at in promised.items())
    return figures


def _find_cause(spell: ShopSpell, stage: Stage | None) -> str | None:
    if stage is None or (stage.kind != "wait" and not spell.reason):
        return spell.reason
    return stage.name_cause(spell.reason)


def combine(real: Figures, before: Sequence[Figures], after: Sequence[Figures], days: int) -> Answer:
    """Make an answer of as many shops as were played twice, each without and with the change."""
    names = sorted({name for figures in (*before, *after) for name in figures})
    pairs = list(zip(before, after, strict=True))
    return Answer(
        real=real,
        model={name: find_range(each.get(name, 0.0) for each in before) for name in names},
        changes={
            name: find_range(new.get(name, 0.0) - old.get(name, 0.0) for old, new in pairs) for name in names
        },
        runs=len(pairs),
        days=days,
    )


def find_range(values: Iterable[float]) -> Range:
    """Return P10, median and P90, interpolated; of one value that value."""
    each = list(values)
    if len(each) == 1:
        return Range(each[0], each[0], each[0])
    cuts = quantiles(each, n=10, method="inclusive")
    return Range(cuts[0], cuts[4], cuts[8])
