"""A simulated workshop on a real broker, in real time.

Owns the waiting: what happens and what is sent at all sites in the order of time, each when its
instant has come. What lies before the start is published at once. Reads the clock it is given
and ends when it is told to; a broker that is away is no reason to.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from heapq import merge
from pathlib import Path

import structlog

from config.workshop import Workshop
from simulators.check import check_workshop
from simulators.devices.fleet import Fleet
from simulators.devices.site_devices import Device
from simulators.devices.spoil import Rates
from simulators.facts import Fact, OrderOpened, Stage, StageEntered
from simulators.life import Life, Lived, Sent
from simulators.scenario import NORMAL
from simulators.site import simulate_now
from simulators.truth.lines import write_to
from simulators.truth.telling import SiteTruth

_log = structlog.get_logger()

_REPORT_EVERY = timedelta(minutes=1)
_LONGEST_WAIT_SECONDS = 1.0
_NO_FAULTS: Rates = {}


def run_simulation(
    *,
    mqtt_url: str,
    workshop: Workshop,
    seed: int,
    speed: float,
    started_at: datetime,
    stop: threading.Event,
    clock: Callable[[], datetime],
    warm_up_hours: float = 5.0,
    hours: float | None = None,
    truth: Path | None = None,
    ca_file: Path | None = None,
    scenario: str = NORMAL,
    faults: Rates = _NO_FAULTS,
) -> None:
    """Publish a simulated workshop until `stop` is set or so many simulated hours are over.

    The last `warm_up_hours` of simulated time before `started_at` are published at once. The
    same arguments give the same messages, so a run that is resumed with them repeats itself as
    duplicates and then goes on. At the end, what a fault still delays is sent. Raises
    SimulationError for a workshop without the default stages or without bays, and for an
    unknown scenario.
    """
    check_workshop(workshop, scenario)
    lives = [
        Life(
            simulate_now(
                site,
                seed,
                started_at=started_at,
                speed=speed,
                warm_up_hours=warm_up_hours,
                scenario=scenario,
                average=number == 0,
            ),
            faults,
        )
        for number, site in enumerate(site for site in workshop.sites if site.bays)
    ]
    by_site = {life.site.site.key: life for life in lives}

    def read_device_clock(device: Device) -> datetime:
        now = clock()
        return now + by_site[device.site].faults.skew(device.name, now)

    devices = [device for life in lives for device in life.site.devices.all]
    fleet = Fleet(mqtt_url, devices, read_device_clock, ca_file)
    with ExitStack() as stack:
        write = write_to(stack.enter_context(truth.open("wb")) if truth else None)
        told = {key: SiteTruth(life.site, write) for key, life in by_site.items()}
        for site_truth in told.values():
            site_truth.begin(seed=seed, scenario=scenario, faults=faults)
        stack.callback(fleet.leave)
        fleet.start()
        _log.info("simulation started", sites=len(lives), speed=speed, seed=seed, scenario=scenario)
        until = started_at + timedelta(hours=hours / speed) if hours is not None else None
        _Play(lives, fleet, told, clock).run(stop, until)
        for site_truth in told.values():
            site_truth.end(clock())


class _Play:
    """The playing of all sites' lives."""

    def __init__(
        self,
        lives: list[Life],
        fleet: Fleet,
        told: Mapping[str, SiteTruth],
        clock: Callable[[], datetime],
    ) -> None:
        self._lives = lives
        self._fleet = fleet
        self._told = told
        self._clock = clock
        self._in_shop = 0
        self._report_at = clock()

    def run(self, stop: threading.Event, until: datetime | None) -> None:
        """Play until told to stop or until an instant, and send what is on its way."""
        ended = False
        for key, moment in merge(*map(_label, self._lives), key=lambda labelled: labelled[1].due_at):
            if not ended and not self._wait(moment.due_at, stop, until):
                ended = True
                for life in self._lives:
                    life.end()
            if isinstance(moment, Sent):
                self._send(key, moment)
            elif not ended:
                self._in_shop += _count(moment.fact)
                self._told[key].tell(moment.fact, moment.said, moment.due_at)

    def _wait(self, due_at: datetime, stop: threading.Event, until: datetime | None) -> bool:
        """Wait for a moment; says whether it comes before the end."""
        if until is not None and due_at > until:
            return False
        while (now := self._clock()) < due_at and not stop.is_set():
            self._fleet.look_at_broker()
            if now >= self._report_at:
                fleet = self._fleet
                _log.info(
                    "simulating", orders=self._in_shop, messages=fleet.submitted, kept=fleet.outstanding
                )
                self._report_at = now + _REPORT_EVERY
            stop.wait(min((due_at - now).total_seconds(), _LONGEST_WAIT_SECONDS))
        return not stop.is_set()

    def _send(self, key: str, moment: Sent) -> None:
        if moment.sending.faults:
            self._told[key].tell_fault(moment.sending)
        if not moment.sending.lost:
            self._fleet.submit(moment.sending)


def _label(life: Life) -> Iterator[tuple[str, Lived | Sent]]:
    for moment in life.live():
        yield life.site.site.key, moment


def _count(fact: Fact) -> int:
    match fact:
        case OrderOpened():
            return 1
        case StageEntered(stage=Stage.DELIVERED):
            return -1
    return 0
