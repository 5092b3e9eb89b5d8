"""What would happen with one bay, one technician or one part in stock more: asked of a simulated shop.

Owns the change and the comparison of a fitted shop with the changed one, customer for customer. A
model of the shop, not the shop: answers come as a range, beside what the unchanged model says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from statistics import fmean, median
from typing import Literal

from config.workshop import Bay
from simulators.chance import open_stream
from simulators.fitting import FittedShop, WhatIfError
from simulators.measure import gather
from simulators.opening import HOUR
from simulators.shop import Shop
from simulators.staff import Technician, draw_up_rota, hire_technicians

_WARM_UP_DAYS = 3
_LUNCH_SECONDS = 4 * HOUR


@dataclass(frozen=True, slots=True)
class Change:
    """What there is one more of: a bay of a kind, a technician of a skill, a part that is never missing."""

    what: Literal["bay", "technician", "part"]
    key: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Some weeks of a shop: mean hours from keys to ready, share of first promises kept, orders a day."""

    cycle_hours: float
    on_time: float
    orders_per_day: float


@dataclass(frozen=True, slots=True)
class Range:
    """The least, the median and the most over all seeds."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Answer:
    """By how much each figure changes, and the unchanged model's own figures to judge it by."""

    cycle_hours: Range
    on_time: Range
    orders_per_day: Range
    unchanged: Outcome


def ask_what_if(fitted: FittedShop, change: Change, seeds: Sequence[int], days: int = 15) -> Answer:
    """Play every seed's weeks with and without the change; raises WhatIfError where it cannot be made.

    Both shops of a seed meet the same customers with the same wishes, so that their difference is the
    change's. A fortnight takes about half a second.
    """
    before, after = [], []
    for seed in seeds:
        crew = _hire(fitted, seed)
        before.append(_play(fitted, seed, crew, days))
        changed, changed_crew = apply_change(fitted, crew, change)
        after.append(_play(changed, seed, changed_crew, days))
    pairs = list(zip(before, after, strict=True))
    return Answer(
        cycle_hours=_range(new.cycle_hours - old.cycle_hours for old, new in pairs),
        on_time=_range(new.on_time - old.on_time for old, new in pairs),
        orders_per_day=_range(new.orders_per_day - old.orders_per_day for old, new in pairs),
        unchanged=Outcome(
            median(one.cycle_hours for one in before),
            median(one.on_time for one in before),
            median(one.orders_per_day for one in before),
        ),
    )


def apply_change(
    fitted: FittedShop, crew: Sequence[Technician], change: Change
) -> tuple[FittedShop, list[Technician]]:
    """Return the shop and crew with one more of what is asked for; customers stay as many as they were."""
    parameters = fitted.parameters
    match change.what:
        case "part":
            shares = {**parameters.part_missing_shares, change.key: 0.0}
            return replace(fitted, parameters=replace(parameters, part_missing_shares=shares)), list(crew)
        case "technician":
            skills = next((one.skills for one in crew if one.skills[0] == change.key), None)
            if skills is None:
                raise WhatIfError(f"nobody at this site has the skill {change.key!r}")
            number = len(crew) + 1
            rota = draw_up_rota(number, _LUNCH_SECONDS, fitted.hours.workday_seconds)
            return fitted, [*crew, Technician(f"T{number:03d}", skills, 1.0, rota)]
        case "bay":
            if change.key not in {bay.kind for bay in fitted.bays}:
                raise WhatIfError(f"this site has no bay of kind {change.key!r}")
            bays = (*fitted.bays, Bay(key="more", kind=change.key))
            more = len(bays) / len(fitted.bays)
            # What goes by the number of bays stays as it was: customers, advisors, wash lanes, tools.
            same = replace(
                parameters,
                orders_per_bay_hour=parameters.orders_per_bay_hour / more,
                walk_ins_turn_away_at=parameters.walk_ins_turn_away_at / more,
                bays_per_wash_lane=parameters.bays_per_wash_lane * more,
                bays_per_advisor=parameters.bays_per_advisor * more,
                diagnostic_tools_per_bay=parameters.diagnostic_tools_per_bay / more,
            )
            return replace(fitted, bays=bays, parameters=same), list(crew)


def _hire(fitted: FittedShop, seed: int) -> list[Technician]:
    return hire_technicians(
        fitted.bays,
        open_stream(f"what-if/{seed}/staff"),
        fitted.parameters.technician_sigma,
        fitted.hours.workday_seconds,
    )


def _play(fitted: FittedShop, seed: int, crew: Sequence[Technician], days: int) -> Outcome:
    day_seconds = fitted.hours.day_seconds
    begin, end = _WARM_UP_DAYS * day_seconds, (_WARM_UP_DAYS + days) * day_seconds
    shop = Shop(fitted.bays, f"what-if/{seed}", fitted.parameters, fitted.hours, crew)
    record = gather(takewhile(lambda fact: fact.at_seconds < end, shop.play()))
    done = [order for order, at in record.ready.items() if begin <= at]
    if not done:
        raise WhatIfError("nothing is ever ready in the simulated shop")
    return Outcome(
        cycle_hours=fmean((record.ready[n] - record.opened[n].at_seconds) / HOUR for n in done),
        on_time=fmean(record.ready[n] <= record.opened[n].promised_seconds for n in done),
        orders_per_day=len(done) / days,
    )


def _range(values: Iterable[float]) -> Range:
    ordered = sorted(values)
    return Range(ordered[0], median(ordered), ordered[-1])
