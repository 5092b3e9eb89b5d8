"""The workshop's own facts: sites, bays, stages and targets, from one validated TOML file.

Owns the shape of `workshop.toml` and the list of everything wrong with it, each with its
line. Refuses unknown keys, so that a misspelt one is never silently ignored. It knows
nothing of databases or messages.
"""

import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, time
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from config.adapters import Adapter, find_adapter_errors
from config.alarms import AlarmRules
from config.channels import Channel, DeliveryRules, find_channel_errors
from config.kit.toml_lines import Location, locate_line
from config.lounge import LoungeRules
from config.notices import Rule, find_rule_errors
from config.opening import Country, Opening, OpeningHours
from config.plans import ReminderRules, ServicePlan, find_overlaps
from config.store import StoreRules

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class WorkshopError(Exception):
    """The workshop file cannot be used; the message lists every error with its line."""


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not a time zone such as Asia/Shanghai")
    return name


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


# What a car can wait for, in the order in which the wall shows its queues.
Cause = Literal["bay", "technician", "approval", "parts", "sublet", "quality_check", "pickup"]
CAUSES: tuple[Cause, ...] = get_args(Cause)


class Stage(_Facts):
    """A step of the flow: waiting, touching the car, or the end of the visit."""

    key: Key
    en: str
    zh: str
    kind: Literal["wait", "touch", "end"]
    target_minutes: Annotated[float, Field(gt=0)] | None = None
    waits_for: Cause | None = None

    def name(self, lang: str) -> str:
        """Return the stage's name as a customer reads it."""
        return self.zh if lang == "zh" else self.en

    def name_cause(self, reason: str | None) -> str:
        """Return why a car stands here, as figures count it: the reason of its scan, or the stage's own."""
        return reason or self.waits_for or self.key

    def find_cause(self, reason: str | None) -> Cause | None:
        """Return what a car in this stage waits for: its scan's reason, else what the stage itself means."""
        return next((cause for cause in CAUSES if cause == reason), self.waits_for)


class Bay(_Facts):
    """A place where a car can stand and be worked on; without `jobs`, for every type of job."""

    key: Key
    kind: Key = "general"
    zone: str = ""
    jobs: list[Key] = []

    def takes(self, job_type: str | None) -> bool:
        """Say whether a job of this type is done here; one that nobody has named is done anywhere."""
        return not self.jobs or job_type is None or job_type in self.jobs


class Zone(_Facts):
    """A part of a site that a screen of its own can show, with its names."""

    key: Key
    en: str
    zh: str

    def name(self, lang: str) -> str:
        """Return the zone's name in a language."""
        return self.zh if lang == "zh" else self.en


class Site(_Facts):
    """One workshop: its names, its zone and its bays in the order the wall shows them."""

    key: Key
    en: str
    zh: str
    timezone: Annotated[str, AfterValidator(_known_zone)]
    bays: list[Bay] = []
    zones: list[Zone] = []
    openings: Annotated[list[Opening], Field(alias="opening")] = []
    # The country whose public holidays the site keeps; and single days on which it is closed.
    holidays: Country | None = None
    closed_on: list[date] = []
    # Customers are told between these; by default between those of [reminders].
    not_before: time | None = None
    not_after: time | None = None

    def find_telling_hours(self, rules: ReminderRules) -> tuple[time, time]:
        """Return between when its customers may be told: by its own hours, else by those of all sites."""
        return self.not_before or rules.not_before, self.not_after or rules.not_after

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone all of the site's days and hours are reckoned in."""
        return ZoneInfo(self.timezone)

    @property
    def hours(self) -> OpeningHours:
        """Return when the site is open."""
        return OpeningHours(self.openings, self.zone, self.holidays, self.closed_on)

    def name(self, lang: str) -> str:
        """Return the site's name in a language."""
        return self.zh if lang == "zh" else self.en

    def bays_of(self, zone: str) -> list[Bay]:
        """Return the bays of a zone, in the order of the plan; the empty zone is the whole site."""
        return [bay for bay in self.bays if zone in ("", bay.zone)]

    def name_zone(self, zone: str, lang: str) -> str:
        """Return a zone's name, which is its key unless the file names it."""
        named = next((each for each in self.zones if each.key == zone), None)
        return named.name(lang) if named else zone


class IngestRules(_Facts):
    """How far off a clock and how old a message may be, when refusals alarm, and other products' topics."""

    future_tolerance_seconds: Annotated[float, Field(ge=0)] = 300.0
    max_clock_offset_seconds: Annotated[float, Field(ge=0)] = 86400.0
    oldest_event_days: Annotated[int, Field(ge=1, le=36500)] = 400
    oldest_reading_days: Annotated[int, Field(ge=1, le=36500)] = 3650
    device_messages_an_hour: Annotated[int, Field(ge=1)] = 200_000
    device_megabytes_an_hour: Annotated[int, Field(ge=1)] = 1024
    device_orders_an_hour: Annotated[int, Field(ge=1)] = 500
    quarantine_alarm_share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    quarantine_alarm_seconds: Annotated[float, Field(ge=1)] = 60.0
    quarantine_alarm_messages: Annotated[int, Field(ge=1)] = 20
    adapters: Annotated[list[Adapter], Field(alias="adapter")] = []


class RepairRules(_Facts):
    """How short a stay in a bay must be to be a mistake; with zero no stay is."""

    wrong_bay_seconds: Annotated[float, Field(ge=0)] = 120.0
    two_places_seconds: Annotated[float, Field(ge=0)] = 300.0


class Workshop(_Facts):
    """Everything `workshop.toml` says."""

    # Whether every site may know what another one knows of a car: its plate, model and mileage.
    one_company: bool = False
    ingest: IngestRules = IngestRules()
    repairs: RepairRules = RepairRules()
    alarms: AlarmRules = AlarmRules()
    store: StoreRules = StoreRules()
    lounge: LoungeRules = LoungeRules()
    stages: Annotated[list[Stage], Field(alias="stage", min_length=1)]
    sites: Annotated[list[Site], Field(alias="site", min_length=1)]
    plans: Annotated[list[ServicePlan], Field(alias="plan")] = []
    reminders: ReminderRules = ReminderRules()
    channels: Annotated[list[Channel], Field(alias="channel")] = []
    delivery: DeliveryRules = DeliveryRules()
    rules: Annotated[list[Rule], Field(alias="rule")] = []

    @model_validator(mode="after")
    def _keys_are_unique(self) -> "Workshop":
        # Messages name a bay or a stage in any case.
        _refuse_repeats("stage", [stage.key.lower().replace("-", "_") for stage in self.stages])
        _refuse_repeats("site", [site.key for site in self.sites])
        _refuse_repeats("plan", [plan.key for plan in self.plans])
        for site in self.sites:
            _refuse_repeats(f"bay of site {site.key}", [bay.key.upper() for bay in site.bays])
        return self

    @model_validator(mode="after")
    def _flow_ends_in_a_pickup(self) -> "Workshop":
        kinds = [stage.kind for stage in self.stages]
        if kinds[-2:] != ["wait", "end"] or kinds.count("end") > 1:
            raise ValueError(
                "the stages must end with one of kind wait, in which finished cars are, and the only one"
                f" of kind end; they end with {' and '.join(kinds[-2:]) or 'nothing'}"
            )
        return self

    def site(self, key: str) -> Site | None:
        """Find a site by its key."""
        return next((site for site in self.sites if site.key == key), None)

    def stage(self, key: str) -> Stage | None:
        """Find a stage by its key."""
        return next((stage for stage in self.stages if stage.key == key), None)


def find_ready_stage(stages: Sequence[Stage]) -> str:
    """Return the key of the stage in which a finished car waits, of a flow as the workshop file has it."""
    return stages[-2].key


def load_workshop(path: Path) -> Workshop:
    """Read and check a workshop file.

    Raises WorkshopError with one line per error: `file:line: what is wrong`.
    """
    try:
        text = path.read_text(encoding="utf-8")
        workshop = Workshop.model_validate(tomllib.loads(text))
    except OSError as error:
        raise WorkshopError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorkshopError(f"{path}: is not TOML: {error}") from error
    except ValidationError as error:
        lines = [
            f"{path}:{locate_line(text, problem['loc'])}: {_say(problem['loc'], problem['msg'])}"
            for problem in error.errors()
        ]
        raise WorkshopError("\n".join(lines)) from error
    if lines := [
        f"{path}:{locate_line(text, place)}: {_say(place, problem)}"
        for place, problem in chain(
            _find_wrong_adapters(workshop),
            _find_silent_sites(workshop),
            find_overlaps(workshop.plans),
            _find_wrong_rules(workshop),
            _find_wrong_channels(workshop),
        )
    ]:
        raise WorkshopError("\n".join(lines))
    return workshop


def _find_wrong_adapters(workshop: Workshop) -> Iterator[tuple[Location, str]]:
    return find_adapter_errors(workshop.ingest.adapters, [site.key for site in workshop.sites])


def _find_silent_sites(workshop: Workshop) -> Iterator[tuple[Location, str]]:
    """Yield sites whose customers could never be told anything, by their own hours or those of all."""
    for number, site in enumerate(workshop.sites):
        begins, ends = site.find_telling_hours(workshop.reminders)
        if ends <= begins:
            key = "not_after" if site.not_after else "not_before"
            problem = f"from {begins:%H:%M} to {ends:%H:%M} nobody could be told"
            yield ("site", number, key), problem


def _find_wrong_rules(workshop: Workshop) -> Iterator[tuple[Location, str]]:
    stages = [stage.key for stage in workshop.stages if stage.kind != "end"]
    sites = [site.key for site in workshop.sites]
    return find_rule_errors(workshop.rules, stages=stages, sites=sites)


def _find_wrong_channels(workshop: Workshop) -> Iterator[tuple[Location, str]]:
    sites = [site.key for site in workshop.sites]
    return find_channel_errors(workshop.channels, workshop.delivery, sites)


def _say(location: tuple[int | str, ...], message: str) -> str:
    where = ".".join(str(part) for part in location)
    problem = message.removeprefix("Value error, ")
    return f"{where}: {problem}" if where else problem


def _refuse_repeats(what: str, keys: list[str]) -> None:
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        raise ValueError(f"{what} named more than once: {', '.join(repeated)}")
