"""Kinds of days a shop can have, as data: what differs from the usual parameters.

Owns the list. The two slow ones of `hidden-slow` are chosen by the seed and written down
nowhere but in the truth.
"""

from collections.abc import Mapping
from types import MappingProxyType

from simulators.chance import Spread
from simulators.parameters import Parameters

NORMAL, HIDDEN_SLOW = "normal", "hidden-slow"

SCENARIOS: Mapping[str, Parameters] = MappingProxyType(
    {
        NORMAL: Parameters(),
        # A week in the middle of summer: a third fewer cars.
        "calm": Parameters(orders_per_bay_hour=0.33),
        # Before the Spring Festival: as many cars as come in at all, and fewer appointments to go round.
        "busy": Parameters(orders_per_bay_hour=0.6, appointment_share=0.5),
        # A supplier that cannot deliver: a third of the operations wait, most of them for a day.
        "short-of-parts": Parameters(
            part_missing_share=0.35,
            part_missing_share_warranty=0.55,
            part_from_town=Spread(170.0, 0.5),
            part_from_afar_share=0.45,
        ),
        # As slow as one unlucky job in five, or fourteen: nobody sees it in a day, a month of jobs shows it.
        # A technician of 1.3 could not be told from colleagues by anybody (docs/decisions/0015).
        HIDDEN_SLOW: Parameters(slow_bay_factor=1.3, slow_technician_factor=1.5),
    }
)
