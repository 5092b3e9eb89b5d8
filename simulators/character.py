"""What makes one site unlike the next: how busy it is, who comes, when it opens, whom it employs.

Owns how far a site may be from the average shop, which is the first of a workshop file and has
no character of its own. Everything is drawn from the site's seed.
"""

from dataclasses import replace
from datetime import date

from config.workshop import Site
from simulators.chance import open_stream
from simulators.holiday import list_busy_days, list_closed_days
from simulators.opening import HOUR, OpeningHours
from simulators.parameters import Parameters

_HOURS = ((8.0, 18.0), (8.0, 18.0), (8.5, 17.5), (8.5, 18.5), (9.0, 18.0))
_SUNDAY = 6
_SHUT_ON_SUNDAYS_SHARE = 0.2


def give_character(seed: str, usual: Parameters) -> Parameters:
    """Move a site's parameters away from the usual, by as much as dealers of one brand differ."""
    rng = open_stream(f"{seed}/character")

    def stray(value: float, sigma: float) -> float:
        return value * rng.lognormvariate(0.0, sigma)

    return replace(
        usual,
        orders_per_bay_hour=stray(usual.orders_per_bay_hour, 0.08),
        mix={job_type: stray(share, 0.15) for job_type, share in usual.mix.items()},
        appointment_share=min(0.9, stray(usual.appointment_share, 0.15)),
        waiting_share_maintenance=min(0.9, stray(usual.waiting_share_maintenance, 0.15)),
        work_share=stray(usual.work_share, 0.05),
        part_missing_share=min(0.6, stray(usual.part_missing_share, 0.2)),
        quality_failure_share=stray(usual.quality_failure_share, 0.3),
        comeback_share=stray(usual.comeback_share, 0.3),
        wash_share=min(1.0, stray(usual.wash_share, 0.08)),
    )


def open_calendar(site: Site, seed: str, first_day: date, days: int, *, average: bool) -> OpeningHours:
    """Return a site's opening hours over so many days, the first of which begins at second 0."""
    rng = open_stream(f"{seed}/hours")
    opens, closes = _HOURS[0] if average else rng.choice(_HOURS)
    closed = list_closed_days(site.timezone, first_day, days)
    usual = OpeningHours(
        opens * HOUR,
        closes * HOUR,
        first_weekday=first_day.weekday(),
        closed_days=closed,
        busy_days=list_busy_days(closed),
    )
    if average or rng.random() >= _SHUT_ON_SUNDAYS_SHARE:
        return usual
    return replace(
        usual,
        appointment_weekdays=(*usual.appointment_weekdays[:_SUNDAY], 0.0),
        walk_in_weekdays=(*usual.walk_in_weekdays[:_SUNDAY], 0.0),
    )
