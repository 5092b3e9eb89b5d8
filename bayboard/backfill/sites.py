"""Which sites have a history, and how long it is to be.

Owns that sites beyond those of the workshop file are copies of its own under other keys, how the
file would name them, and that a history once begun keeps its first day when it is gone on with
tomorrow.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from psycopg import Connection

from bayboard.backfill.story import Plan
from config.workshop import Site, Workshop

# A site of the workshop file with its own tables, up to whatever comes after it.
_SITE = re.compile(r"(?ms)^\[\[site\]\].*?(?=^\[(?!\[?site\.)|\Z)")


def list_sites(workshop: Workshop, count: int) -> list[Site]:
    """Return so many sites with bays: those of the workshop file, then copies of them.

    The second copy of `s1` is `s1-3`, for it is the third of its kind.
    """
    named = [site for site in workshop.sites if site.bays]
    return [
        named[place] if kind == 0 else _copy(named[place], kind + 1)
        for kind, place in (divmod(number, len(named)) for number in range(count))
    ]


def make_plans(
    sites: Sequence[Site], *, seed: int, scenario: str, days: int, until: date | None, now: datetime
) -> list[Plan]:
    """Plan a history for each site; it ends at the midnight before `until`, else today.

    The first site is the average one, as in any simulation.
    """
    return [
        Plan(
            site,
            seed,
            scenario,
            average=number == 0,
            first_day=(until or now.astimezone(site.zone).date()) - timedelta(days),
            days=days,
        )
        for number, site in enumerate(sites)
    ]


def name_sites(text: str, workshop: Workshop, sites: Sequence[Site]) -> str:
    """Return the text of a workshop file with those sites added that it lacks."""
    blocks = {site.key: block for site, block in zip(workshop.sites, _SITE.findall(text), strict=True)}
    added = []
    for site in sites:
        if site.key not in blocks:
            original, _, _ = site.key.rpartition("-")
            block = blocks[original]
            for name in ("key", "en", "zh"):
                block = re.sub(rf"(?m)^{name} *=.*$", f'{name} = "{getattr(site, name)}"', block, count=1)
            added.append(block.rstrip() + "\n")
    return "\n".join([text.rstrip() + "\n", *added])


def keep_first_days(connection: Connection, plans: Sequence[Plan]) -> list[Plan]:
    """Return plans with the first days of an earlier run, if there was one that differs in nothing else."""
    begun: dict[str, date] = {}
    for plan in plans:
        found = connection.execute(
            "select plan from backfill_progress where site = %s", (plan.site.key,)
        ).fetchone()
        if found and found[0] | {"first_day": None} == plan.describe() | {"first_day": None}:
            begun[plan.site.key] = date.fromisoformat(found[0]["first_day"])
    if not begun:
        return list(plans)
    usual = min(begun.values())
    return [replace(plan, first_day=begun.get(plan.site.key, usual)) for plan in plans]


def _copy(site: Site, number: int) -> Site:
    return site.model_copy(
        update={
            "key": f"{site.key}-{number}",
            "en": f"{site.en} {number}",
            "zh": f"{site.zh} {number}",
        }
    )
