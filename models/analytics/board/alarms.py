"""What a foreman is to be called for, at one moment: promises, parts, stages, bays, devices.

Owns when there is an alarm; the thresholds are the workshop file's. A stage's time runs in opening
hours, that of promises and parts by the calendar; bays and devices raise none while the site is
closed. Refuses to say it: words, shapes and sound are the wall's.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from config.alarms import AlarmRules
from config.workshop import Site, Workshop
from models.analytics.board.sparing import Complain, let_fail, spare_others
from models.analytics.estimate.ready import ReadyEstimate
from models.analytics.stage_time import StageTime
from models.domain.board.wall import CarOnBoard, SiteSnapshot


class AlarmKind(StrEnum):
    """What is wrong, the gravest first."""

    PROMISE = "promise"
    PARTS = "parts"
    STAGE = "stage"
    BAY = "bay"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is wrong: with which car, bay or device, and since when.

    `since` is what its time counts from: of a promise the promised time, ahead or past, of a stage
    the end of its target, in opening hours that stop at `stops_at`. `risk` is a promise's.
    """

    kind: AlarmKind
    key: str
    since: datetime
    car: CarOnBoard | None = None
    risk: float | None = None
    stops_at: datetime | None = None


def find_alarms(
    snapshot: SiteSnapshot,
    site: Site,
    workshop: Workshop,
    estimates: Mapping[str, ReadyEstimate],
    times: Mapping[str, StageTime],
    opened_at: datetime | None,
    complain: Complain = let_fail,
) -> tuple[Alarm, ...]:
    """Return every alarm, the gravest kinds first, in each the oldest; `opened_at` is None while closed."""
    rules = workshop.alarms
    now = snapshot.read_at
    found: list[Alarm] = []
    for car in snapshot.cars:
        with spare_others(car.work_order, "alarms", complain):
            found += _judge_car(car, workshop, estimates.get(car.work_order), times.get(car.work_order), now)
    if opened_at:
        found += _find_idle_bays(snapshot, site, workshop, opened_at)
        found += _find_silent_devices(snapshot, site, rules, opened_at)
    kinds = list(AlarmKind)
    return tuple(sorted(found, key=lambda alarm: (kinds.index(alarm.kind), alarm.since, alarm.key)))


def _judge_car(
    car: CarOnBoard,
    workshop: Workshop,
    estimate: ReadyEstimate | None,
    time: StageTime | None,
    now: datetime,
) -> Iterator[Alarm]:
    rules = workshop.alarms
    if car.promised_at and estimate and estimate.risk is not None and estimate.risk >= rules.promise_risk:
        yield Alarm(AlarmKind.PROMISE, car.work_order, car.promised_at, car, estimate.risk)
    stage = workshop.stage(car.stage or "")
    if stage is None or car.stage_entered_at is None or time is None:
        return
    waited = now - car.stage_entered_at
    if stage.find_cause(car.reason) == "parts" and waited >= timedelta(hours=rules.parts_hours):
        yield Alarm(AlarmKind.PARTS, car.work_order, car.stage_entered_at, car)
    elif stage.target_minutes:
        target = timedelta(minutes=stage.target_minutes)
        if time.reckon(now) >= target * rules.stage_over_share:
            yield Alarm(AlarmKind.STAGE, car.work_order, time.since + target, car, stops_at=time.stops_at)


def _find_idle_bays(
    snapshot: SiteSnapshot, site: Site, workshop: Workshop, opened_at: datetime
) -> list[Alarm]:
    """Return the bays that stand empty while a car that could be in them waits, no more than such cars."""
    idle_at_most = timedelta(minutes=workshop.alarms.bay_idle_minutes)
    long_ago = snapshot.read_at - idle_at_most
    taken = {car.bay for car in snapshot.cars}
    waiting = sorted(
        (car for car in snapshot.cars if waits_for_bay(car, workshop)),
        key=lambda car: car.stage_entered_at or opened_at,
    )
    alarms: list[Alarm] = []
    for bay in site.bays:
        left = [stay.left_at for stay in snapshot.stays if stay.bay == bay.key and stay.left_at]
        empty_since = max([opened_at, *left])
        if bay.key in taken or empty_since > long_ago:
            continue
        car = next((car for car in waiting if bay.takes(car.job_type)), None)
        waited_since = car.stage_entered_at if car else None
        if car and waited_since and waited_since <= long_ago:
            waiting.remove(car)
            alarms.append(Alarm(AlarmKind.BAY, bay.key, max(empty_since, waited_since), car))
    return alarms


def waits_for_bay(car: CarOnBoard, workshop: Workshop) -> bool:
    """Say whether a car could go on if there were a bay for it."""
    stage = workshop.stage(car.stage or "")
    return car.bay is None and stage is not None and stage.find_cause(car.reason) == "bay"


def _find_silent_devices(
    snapshot: SiteSnapshot, site: Site, rules: AlarmRules, opened_at: datetime
) -> Iterable[Alarm]:
    """Yield the devices that went during opening hours, or said nothing for long; the night does not count.

    One that went while the site was closed was switched off for the night, and has the morning to come back.
    """
    silent = timedelta(minutes=rules.device_silent_minutes)
    hours = site.hours
    for device in snapshot.devices:
        quiet_since = max(device.heard_at, opened_at)
        went = device.online is False and hours.is_open(device.heard_at)
        if went or snapshot.read_at - quiet_since >= silent:
            yield Alarm(AlarmKind.DEVICE, device.device, device.heard_at)
