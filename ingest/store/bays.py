"""Who was in which bay by its own scans, and who came before and after: the table bay_stay.

Owns its reading and writing. What neighbours in a bay mean for each other is decided in
`models.domain.repairs`. Every caller holds the lock on the sites it asks about.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from psycopg import Connection

from models.domain.repairs import Neighbours, Stay

OrderKey = tuple[str, str]
SiteStay = tuple[str, Stay]

# A repair looks at the stay before and at the two after.
_BEFORE, _AFTER, _AFTER_THAT = -1, 1, 2


def read_stays(connection: Connection, orders: Collection[OrderKey]) -> set[SiteStay]:
    """Read the stays of work orders."""
    found = connection.execute(
        "select site, bay, entered_at, work_order, left_at from bay_stay"
        " join unnest(%s::text[], %s::text[]) as sought (site, work_order) using (site, work_order)",
        ([site for site, _ in orders], [order for _, order in orders]),
    )
    return {(site, Stay(*stay)) for site, *stay in found}


def replace_stays(
    connection: Connection, old: Collection[SiteStay], new: Collection[SiteStay]
) -> dict[OrderKey, datetime]:
    """Replace stays by others.

    Return the work orders to which that may matter, with the time of a stay of each: those right
    before and right after. To the one before that a stay matters only where it comes between two
    stays of that one, and then it is right after, too.
    """
    connection.execute(
        "delete from bay_stay using unnest(%s::text[], %s::text[], %s::timestamptz[], %s::text[])"
        " as old (site, bay, entered_at, work_order) where bay_stay.site = old.site"
        " and bay_stay.bay = old.bay and bay_stay.entered_at = old.entered_at"
        " and bay_stay.work_order = old.work_order",
        _columns(old),
    )
    near = _read_near(connection, {*old, *new})
    connection.execute(
        "insert into bay_stay (site, bay, entered_at, work_order, left_at)"
        " select * from unnest(%s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::timestamptz[])",
        (*_columns(new), [stay.left_at for _, stay in new]),
    )
    return {
        (site, stay.work_order): stay.entered_at
        for (site, _), around in near.items()
        for place, stay in around.items()
        if place in (_BEFORE, _AFTER)
    }


def find_neighbours(connection: Connection, stays: Collection[SiteStay]) -> dict[str, dict[Stay, Neighbours]]:
    """Find what stands next to each stay, by site."""
    near = _read_near(connection, stays)
    found: defaultdict[str, dict[Stay, Neighbours]] = defaultdict(dict)
    for site, stay in stays:
        around = near[site, stay]
        found[site][stay] = Neighbours(around.get(_BEFORE), around.get(_AFTER), around.get(_AFTER_THAT))
    return found


def _read_near(connection: Connection, stays: Collection[SiteStay]) -> dict[SiteStay, dict[int, Stay]]:
    sought = list(stays)
    near: dict[SiteStay, dict[int, Stay]] = {site_stay: {} for site_stay in sought}
    if sought:
        for number, place, *stay in connection.execute(_NEAR, _columns(sought)):
            near[sought[number - 1]][place] = Stay(*stay)
    return near


def _columns(stays: Iterable[SiteStay]) -> tuple[list[str], list[str], list[datetime], list[str]]:
    listed = list(stays)
    return (
        [site for site, _ in listed],
        [stay.bay for _, stay in listed],
        [stay.entered_at for _, stay in listed],
        [stay.work_order for _, stay in listed],
    )


_NEAR = """
select sought.number, near.place, near.bay, near.entered_at, near.work_order, near.left_at
from unnest(%s::text[], %s::text[], %s::timestamptz[], %s::text[]) with ordinality
    as sought (site, bay, entered_at, work_order, number)
cross join lateral (
    (
        select -1 as place, stay.* from bay_stay as stay
        where stay.site = sought.site and stay.bay = sought.bay
            and (stay.entered_at, stay.work_order) < (sought.entered_at, sought.work_order)
        order by stay.entered_at desc, stay.work_order desc limit 1
    )
    union all
    select row_number() over (order by entered_at, work_order) as place, later.*
    from (
        select stay.* from bay_stay as stay
        where stay.site = sought.site and stay.bay = sought.bay
            and (stay.entered_at, stay.work_order) > (sought.entered_at, sought.work_order)
        order by stay.entered_at, stay.work_order limit 2
    ) as later
) as near
"""
