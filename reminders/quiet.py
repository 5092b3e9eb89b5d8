"""When a message may leave: on days on which the site is open, between the site's hours for it.

Owns nothing but that. Reads no clock.
"""

from datetime import datetime, timedelta

from reminders.service.plans import SiteFacts

_LOOK_AHEAD_DAYS = 60


def find_leaving_time(site: SiteFacts, now: datetime) -> datetime:
    """Return now if people may be told now, else the next moment; now, where a site never opens."""
    here = now.astimezone(site.zone)
    for ahead in range(_LOOK_AHEAD_DAYS):
        day = here.date() + timedelta(days=ahead)
        if not site.hours.spans_on(day):
            continue
        begins = datetime.combine(day, site.not_before, site.zone)
        if here < begins:
            return begins
        if here < datetime.combine(day, site.not_after, site.zone):
            return here
    return here
