"""One site's life in the order of time: what happens, and what is sent of it, each when it is due.

Owns the messages that are on their way because a fault delays them. Told to end, it lets
nothing more happen and sends what is still on its way. Reads no clock and publishes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush

from simulators.devices.faults import Place
from simulators.devices.sending import Sending, send
from simulators.devices.site_devices import Outgoing
from simulators.devices.spoil import Faults, Rates
from simulators.facts import Fact
from simulators.site import SimulatedSite


@dataclass(frozen=True, slots=True)
class Lived:
    """A fact, what the devices say of it, and what of that is lost."""

    due_at: datetime
    fact: Fact
    said: list[Outgoing]


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that leaves its device, or is lost, at that moment."""

    due_at: datetime
    sending: Sending


class Life:
    """The life of a site under faults; to be lived once."""

    def __init__(self, site: SimulatedSite, rates: Rates) -> None:
        self.site = site
        scanners = site.devices.scanners
        self.faults = Faults(rates, Place(site.seed, site.timing.started_at, site.timing.speed, scanners))
        self._ended = False
        self._on_the_way: list[tuple[datetime, int, Sending]] = []
        self._count = 0

    def live(self) -> Iterator[Lived | Sent]:
        """Yield what happens and what is sent, in the order of time."""
        for fact in self.site.facts:
            at = self.site.timing.tell_time(fact.at_seconds)
            yield from self._arrive(at)
            said = list(self.site.devices.say(fact, at))
            yield Lived(at, fact, said)
            if self._ended:
                break
            for outgoing in said:
                for sending in self.faults.spoil(send(outgoing, at)):
                    self._count += 1
                    heappush(self._on_the_way, (sending.sent_at, self._count, sending))
        yield from self._arrive(None)

    def end(self) -> None:
        """Let what was yielded last not happen, and nothing after it."""
        self._ended = True

    def _arrive(self, until: datetime | None) -> Iterator[Sent]:
        while self._on_the_way and (until is None or self._on_the_way[0][0] <= until):
            due_at, _, sending = heappop(self._on_the_way)
            yield Sent(due_at, sending)
