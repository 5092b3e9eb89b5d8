"""All work orders of a site repaired at once: what ingest must come to scan by scan, in any order.

Finds neighbours in a bay in memory, in the plainest way there is, where ingest asks the database.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice

from models.domain.intervals import Interval, Scan
from models.domain.repairs import Limits, Neighbours, Stay, list_stays, reckon_repaired, share_bays

Site = Mapping[str, Sequence[Scan]]


def repair_site(site: Site, end_stages: AbstractSet[str], limits: Limits) -> dict[str, list[Interval]]:
    """Repair every work order, knowing all the others."""
    alone = {order: reckon_repaired(scans, end_stages, limits) for order, scans in site.items()}
    near = _find_neighbours([stay for order in alone for stay in list_stays(order, alone[order])])
    return {order: share_bays(order, intervals, near) for order, intervals in alone.items()}


def _find_neighbours(stays: Sequence[Stay]) -> dict[Stay, Neighbours]:
    by_bay: defaultdict[str, list[Stay]] = defaultdict(list)
    for stay in sorted(stays, key=lambda stay: (stay.entered_at, stay.work_order)):
        by_bay[stay.bay].append(stay)
    return {
        stay: Neighbours(line[n - 1] if n else None, *islice([*line[n + 1 :], None, None], 2))
        for line in by_bay.values()
        for n, stay in enumerate(line)
    }
