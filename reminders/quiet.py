"""When a message may leave: on days on which the site is open, between the hours of the workshop file.

Owns nothing but that. Reads no clock.
"""

from datetime import datetime, timedelta

from config.plans import ReminderRules
from reminders.plans import SiteFacts

_LOOK_AHEAD_DAYS = 60


def find_leaving_time(site: SiteFacts, rules: ReminderRules, now: datetime) -> datetime:
    """Return now if people may be told now, else the next moment; now, where a site never opens."""
    here = now.astimezone(site.zone)
    for ahead in range(_LOOK_AHEAD_DAYS):
        day = here.date() + timedelta(days=ahead)
        if not site.hours.spans_on(day):
            continue
        begins = datetime.combine(day, rules.not_before, site.zone)
        if here < begins:
            return begins
        if here < datetime.combine(day, rules.not_after, site.zone):
            return here
    return here
