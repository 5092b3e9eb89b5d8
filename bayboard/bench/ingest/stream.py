"""A numbered stream of messages of which everything is known: what must be stored, what refused.

Owns the disturbances a real site makes: messages sent twice, out of order, and not decodable.
Pure; `random` is seeded by the caller.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from models.contract.payloads import Odometer, OdometerReading, StageScan, encode

_STAGES = ("received", "inspecting", "repairing", "quality_check", "washing", "ready", "delivered")
_SCAN_SHARE = 0.3
_DUPLICATE_SHARE = 0.05
_LATE_SHARE = 0.05
_MALFORMED_SHARE = 0.02
_OPEN_ORDERS = 40
_LATE_BY = 50

Publication = tuple[str, bytes]


@dataclass(slots=True)
class Expected:
    """What must be in the database when everything has arrived."""

    scans: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)
    readings: set[str] = field(default_factory=set)
    refused: set[Publication] = field(default_factory=set)

    @property
    def messages(self) -> int:
        """Count the different messages."""
        return sum(map(len, self.scans.values())) + len(self.readings) + len(self.refused)

    def intervals(self) -> dict[str, list[tuple[str, datetime, datetime | None]]]:
        """Reckon the intervals of every work order in the plainest way there is."""
        found = {}
        for order, scans in self.scans.items():
            scans.sort()
            leaving = [at for at, _ in scans[1:]]
            last_at, last_stage = scans[-1]
            leaving_last = last_at if last_stage == _STAGES[-1] else None
            found[order] = [
                (stage, at, left) for (at, stage), left in zip(scans, [*leaving, leaving_last], strict=True)
            ]
        return found


class NumberedStream:
    """Makes messages one after the other, and remembers what they must come to."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._number = 0
        self._orders: list[tuple[str, Iterator[str]]] = []
        self._late: list[tuple[int, Publication]] = []
        self.expected = Expected()

    def next_publications(self, now: datetime) -> Iterator[Publication]:
        """Make the next message, and yield whatever is to be published now: late ones, it, it again."""
        self._number += 1
        while self._late and self._late[0][0] <= self._number:
            yield self._late.pop(0)[1]
        publication = self._make(now)
        if self._chance.random() < _LATE_SHARE:
            self._late.append((self._number + _LATE_BY, publication))
            return
        yield publication
        if self._chance.random() < _DUPLICATE_SHARE:
            yield publication

    def rest(self) -> Iterator[Publication]:
        """Yield what is still being held back."""
        yield from (publication for _, publication in self._late)
        self._late.clear()

    def _make(self, now: datetime) -> Publication:
        what = self._chance.random()
        if what < _MALFORMED_SHARE:
            return self._make_malformed()
        if what < _MALFORMED_SHARE + _SCAN_SHARE:
            return self._make_scan(now)
        name = str(self._number)
        reading = OdometerReading(
            id=name, at=now, vin=f"VIN{self._number % 500}", odometer=Odometer(value=self._number, unit="km")
        )
        self.expected.readings.add(name)
        return f"workshop/v1/s1/telematics/gw-{self._number % 10}/odometer", encode(reading)

    def _make_scan(self, now: datetime) -> Publication:
        if len(self._orders) < _OPEN_ORDERS:
            self._orders.append((f"RO-{self._number}", iter(_STAGES)))
        place = self._chance.randrange(len(self._orders))
        order, stages = self._orders[place]
        stage = next(stages)
        if stage == _STAGES[-1]:
            del self._orders[place]
        self.expected.scans.setdefault(order, []).append((now, stage))
        scan = StageScan(id=str(self._number), at=now, work_order=order, stage=stage)
        return "workshop/v1/s1/scanner/tablet/stage", encode(scan)

    def _make_malformed(self) -> Publication:
        payload = self._chance.choice(
            [
                b"cut off {%d" % self._number,
                b'{"id":"%d","stage":"ready"}' % self._number,
                b'{"id":"%d","at":"11/12/2026 09:31","work_order":"x","stage":"ready"}' % self._number,
                b'{"id":"%d","at":"2026-11-21T09:31:05Z","work_order":"\\u0000","stage":"ready"}'
                % self._number,
            ]
        )
        publication = ("workshop/v1/s1/scanner/tablet/stage", payload)
        self.expected.refused.add(publication)
        return publication
