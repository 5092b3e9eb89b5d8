"""A site as it is simulated: its shop, its devices and its time, put together in one place.

Owns what belongs together: the seed of a site, the scenario with the site's own character, and
hours that fit the time. Two ways to live: now, with day shift after day shift at any speed; or
as history, by the calendar.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from config.workshop import Site
from simulators.character import give_character, open_calendar
from simulators.devices.site_devices import SiteDevices
from simulators.facts import Fact
from simulators.opening import HOUR
from simulators.pace import Calendar, Pace, Timing, skip_finished_orders
from simulators.parameters import Parameters
from simulators.scenario import NORMAL, SCENARIOS
from simulators.shop import Shop

# Before a story begins the shop runs alone for this long, so that it is as full as ever.
SETTLING_SECONDS = 30 * HOUR


@dataclass(frozen=True, slots=True)
class SimulatedSite:
    """A site with its shop, its devices and its time; `facts` can be played once."""

    site: Site
    seed: str
    shop: Shop
    devices: SiteDevices
    timing: Timing
    facts: Iterator[Fact]


def simulate_now(
    site: Site,
    seed: int,
    *,
    started_at: datetime,
    speed: float,
    warm_up_hours: float,
    scenario: str = NORMAL,
    average: bool = True,
) -> SimulatedSite:
    """Put a site together that lives from so many simulated hours before an instant."""
    own_seed = f"{seed}/{site.key}"
    pace = Pace(started_at, SETTLING_SECONDS + warm_up_hours * HOUR, speed, site.zone)
    shop = Shop(site.bays, own_seed, choose_parameters(own_seed, scenario, average=average))
    facts = skip_finished_orders(shop.play(), SETTLING_SECONDS)
    return SimulatedSite(site, own_seed, shop, SiteDevices(site, own_seed, pace), pace, facts)


def simulate_history(
    site: Site, seed: int, *, first_day: date, days: int, scenario: str = NORMAL, average: bool = True
) -> SimulatedSite:
    """Put a site together that lives by the calendar, from the midnight of a day.

    The facts go on for ever, beyond the days whose holidays are known. The seed of the cars is
    the same as now, so that today's cars have a history.
    """
    own_seed = f"{seed}/{site.key}"
    calendar = Calendar(first_day, site.zone)
    hours = open_calendar(site, own_seed, first_day, days, average=average)
    shop = Shop(site.bays, own_seed, choose_parameters(own_seed, scenario, average=average), hours)
    return SimulatedSite(site, own_seed, shop, SiteDevices(site, own_seed, calendar), calendar, shop.play())


def choose_parameters(own_seed: str, scenario: str, *, average: bool) -> Parameters:
    """Return a scenario's parameters, with a character unless the site is the average one."""
    parameters = SCENARIOS[scenario]
    return parameters if average else give_character(own_seed, parameters)
