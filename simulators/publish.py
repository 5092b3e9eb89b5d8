"""A simulated workshop on a real broker, in real time.

Owns the waiting: facts of all sites in the order of time, each published when its instant has
come. What lies before the start is published at once. Reads the clock it is given and ends
when it is told to; a broker that is away is no reason to.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from heapq import merge
from pathlib import Path

import structlog

from config.workshop import Workshop
from simulators.facts import Fact, OrderOpened, Stage, StageEntered
from simulators.fleet import Fleet
from simulators.site import SimulatedSite, simulate_now
from simulators.truth import StageTruth, TruthFile

_log = structlog.get_logger()

_REPORT_EVERY = timedelta(minutes=1)
_LONGEST_WAIT_SECONDS = 1.0


class SimulationError(Exception):
    """A workshop cannot be simulated; the message says why."""


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
    truth: Path | None = None,
    ca_file: Path | None = None,
) -> None:
    """Publish a simulated workshop until `stop` is set.

    The last `warm_up_hours` of simulated time before `started_at` are published at once. The
    same seed and `started_at` give the same messages, so a run that is resumed with both
    repeats itself as duplicates and then goes on. Raises SimulationError for a workshop
    without the default stages or without bays.
    """
    _check(workshop)
    open_sites = [site for site in workshop.sites if site.bays]
    sites = [
        simulate_now(
            site,
            seed,
            started_at=started_at,
            speed=speed,
            warm_up_hours=warm_up_hours,
            average=number == 0,
        )
        for number, site in enumerate(open_sites)
    ]
    fleet = Fleet(mqtt_url, [device for site in sites for device in site.devices.all], clock, ca_file)
    with ExitStack() as stack:
        told = stack.enter_context(TruthFile(stack.enter_context(truth.open("wb")) if truth else None))
        stack.callback(fleet.leave)
        fleet.start()
        _log.info("simulation started", sites=len(sites), speed=speed, seed=seed)
        _play(sites, fleet, told, stop, clock)


def _check(workshop: Workshop) -> None:
    missing = [stage for stage in Stage if workshop.stage(stage) is None]
    if missing:
        raise SimulationError(f"the workshop file lacks stages of the simulator: {', '.join(missing)}")
    if not any(site.bays for site in workshop.sites):
        raise SimulationError("no site of the workshop file has a bay")


def _play(
    sites: list[SimulatedSite],
    fleet: Fleet,
    told: TruthFile,
    stop: threading.Event,
    clock: Callable[[], datetime],
) -> None:
    streams = [_label(site) for site in sites]
    in_shop = 0
    report_at = clock()
    for _, site, fact in merge(*streams, key=lambda labelled: labelled[0]):
        due = site.timing.tell_time(fact.at_seconds)
        while (now := clock()) < due and not stop.is_set():
            fleet.look_at_broker()
            if now >= report_at:
                _log.info("simulating", orders=in_shop, messages=fleet.submitted, kept=fleet.outstanding)
                report_at = now + _REPORT_EVERY
            stop.wait(min((due - now).total_seconds(), _LONGEST_WAIT_SECONDS))
        if stop.is_set():
            return
        in_shop += _count(fact)
        for outgoing in site.devices.say(fact):
            fleet.submit(outgoing)
        if isinstance(fact, StageEntered):
            told.enter(_tell(site, fact, due))


def _label(site: SimulatedSite) -> Iterator[tuple[float, SimulatedSite, Fact]]:
    for fact in site.facts:
        yield fact.at_seconds, site, fact


def _count(fact: Fact) -> int:
    match fact:
        case OrderOpened():
            return 1
        case StageEntered(stage=Stage.DELIVERED):
            return -1
    return 0


def _tell(site: SimulatedSite, fact: StageEntered, entered_at: datetime) -> StageTruth:
    return StageTruth(
        site=site.site.key,
        work_order=site.devices.name_order(fact.order),
        stage=fact.stage,
        bay=fact.bay,
        technician=fact.technician,
        entered_at=entered_at,
    )
