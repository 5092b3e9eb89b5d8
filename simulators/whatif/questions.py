"""What would happen with one bay, one technician or one part in stock more: asked of a simulated shop.

Owns the change and the playing of a fitted shop with and without it, customer for customer. A model of
the shop, not the shop: whoever asks sets the unchanged model beside the real figures.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from config.workshop import Bay, Stage
from models.analytics.whatif import Answer, Change, Figures, Thing, combine
from simulators.chance import open_stream
from simulators.opening import HOUR
from simulators.shop import Shop
from simulators.staff import Technician, draw_up_rota, hire_technicians
from simulators.whatif.figures import measure_facts
from simulators.whatif.fitting import FittedShop, WhatIfError

_WARM_UP_DAYS = 3
_LUNCH_SECONDS = 4 * HOUR


def ask_what_if(
    fitted: FittedShop,
    change: Change,
    stages: Sequence[Stage],
    real: Figures,
    seeds: Sequence[int],
    days: int,
) -> Answer:
    """Play every seed's days with and without the change; raises WhatIfError where it cannot be made."""
    before = [play_shop(fitted, None, stages, seed, days) for seed in seeds]
    after = [play_shop(fitted, change, stages, seed, days) for seed in seeds]
    return combine(real, before, after, days)


def play_shop(
    fitted: FittedShop, change: Change | None, stages: Sequence[Stage], seed: int, days: int
) -> Figures:
    """Play some days of a seed, with a change or as the shop is; a fortnight takes about a third of a second.

    Both shops of a seed meet the same customers with the same wishes and begin with the same people, so that
    their difference is the change's.
    """
    crew = hire_technicians(
        fitted.bays,
        open_stream(f"what-if/{seed}/staff"),
        fitted.parameters.technician_sigma,
        fitted.hours.workday_seconds,
    )
    if change:
        fitted, crew = apply_change(fitted, crew, change)
    shop = Shop(fitted.bays, f"what-if/{seed}", fitted.parameters, fitted.hours, crew)
    end = (_WARM_UP_DAYS + days) * fitted.hours.day_seconds
    facts = takewhile(lambda fact: fact.at_seconds < end, shop.play())
    figures = measure_facts(list(facts), fitted.hours, stages, _WARM_UP_DAYS, days)
    if figures is None:
        raise WhatIfError("nothing is ever ready in the simulated shop")
    return figures


def list_skills(bays: Sequence[Bay]) -> list[str]:
    """Return the skills of which a shop with these bays has somebody."""
    crew = hire_technicians(bays, open_stream("skills"), 0.0, 10 * HOUR)
    return list(dict.fromkeys(str(one.skills[0]) for one in crew))


def apply_change(
    fitted: FittedShop, crew: Sequence[Technician], change: Change
) -> tuple[FittedShop, list[Technician]]:
    """Return the shop and crew with one more of what is asked for; customers stay as many as they were."""
    parameters = fitted.parameters
    match change.what:
        case Thing.PART:
            shares = {**parameters.part_missing_shares, change.key: 0.0}
            return replace(fitted, parameters=replace(parameters, part_missing_shares=shares)), list(crew)
        case Thing.TECHNICIAN:
            skills = next((one.skills for one in crew if one.skills[0] == change.key), None)
            if skills is None:
                raise WhatIfError(f"nobody at this site has the skill {change.key!r}")
            number = len(crew) + 1
            rota = draw_up_rota(number, _LUNCH_SECONDS, fitted.hours.workday_seconds)
            return fitted, [*crew, Technician(f"T{number:03d}", skills, 1.0, rota)]
        case Thing.BAY:
            if change.key not in {bay.kind for bay in fitted.bays}:
                raise WhatIfError(f"this site has no bay of kind {change.key!r}")
            return _add_bay(fitted, change.key), list(crew)


def _add_bay(fitted: FittedShop, kind: str) -> FittedShop:
    """Add a bay; what goes by the number of bays stays: customers, advisors, wash lanes, tools."""
    parameters = fitted.parameters
    bays = (*fitted.bays, Bay(key="more", kind=kind))
    more = len(bays) / len(fitted.bays)
    same = replace(
        parameters,
        orders_per_bay_hour=parameters.orders_per_bay_hour / more,
        walk_ins_turn_away_at=parameters.walk_ins_turn_away_at / more,
        bays_per_wash_lane=parameters.bays_per_wash_lane * more,
        bays_per_advisor=parameters.bays_per_advisor * more,
        diagnostic_tools_per_bay=parameters.diagnostic_tools_per_bay / more,
    )
    return replace(fitted, bays=bays, parameters=same)
