"""Which days of a calendar a site is closed, from the public holidays of its country.

Owns the way from dates to numbered days. A dealer is closed on the holidays themselves but not
on working days that the government exchanges for weekends: then people have time for their cars.
"""

from datetime import date, timedelta

from holidays import country_holidays

# Only zones of one country, so that no site keeps another's holidays; elsewhere nothing is closed.
_COUNTRY_OF_ZONE = {
    "Asia/Shanghai": "CN",
    "Asia/Urumqi": "CN",
    "Asia/Hong_Kong": "HK",
    "Asia/Taipei": "TW",
    "Asia/Singapore": "SG",
    "Europe/Berlin": "DE",
}
_EXCHANGED = "Day off"
_BUSY_DAYS_BEFORE = 4


def list_closed_days(timezone: str, first_day: date, days: int) -> frozenset[int]:
    """Return the numbers of the holidays among so many days, the first of which is day 0."""
    country = _COUNTRY_OF_ZONE.get(timezone)
    if country is None:
        return frozenset()
    years = range(first_day.year, (first_day + timedelta(days=days)).year + 1)
    named = country_holidays(country, years=years, language="en_US")
    numbered = ((day - first_day).days for day, name in named.items() if _EXCHANGED not in name)
    return frozenset(number for number in numbered if 0 <= number <= days)


def list_busy_days(closed_days: frozenset[int]) -> frozenset[int]:
    """Return the numbers of the days before each holiday, on which more cars come than usual."""
    before = {day - ahead for day in closed_days for ahead in range(1, _BUSY_DAYS_BEFORE + 1)}
    return frozenset(before - closed_days)
