"""The topic grammar: `workshop/v1/{site}/{source}/{device}/{kind}`.

Pure text in, a topic out. Owns which source may say which kind; refuses everything else
with a sentence naming the level that is wrong. Mapped topics of other products do not
come through here.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

PREFIX = "workshop/v1/"
FILTER = "workshop/v1/#"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_LEVELS = 6
# Devices say the same few topics all day; reading one takes as long as decoding a payload.
_REMEMBERED = 20_000


class ContractError(Exception):
    """A message does not keep to the contract; the message names the field that is wrong."""


class Source(StrEnum):
    """Who publishes."""

    SCANNER = "scanner"
    DIAGNOSTIC = "diagnostic"
    TELEMATICS = "telematics"
    DMS = "dms"


class Kind(StrEnum):
    """What a message says."""

    STAGE = "stage"
    LABOUR = "labour"
    REPORT = "report"
    ODOMETER = "odometer"
    WORK_ORDER = "work-order"
    STATUS = "status"


KINDS_OF_SOURCE: dict[Source, frozenset[Kind]] = {
    Source.SCANNER: frozenset({Kind.STAGE, Kind.LABOUR, Kind.STATUS}),
    Source.DIAGNOSTIC: frozenset({Kind.REPORT, Kind.STATUS}),
    Source.TELEMATICS: frozenset({Kind.ODOMETER, Kind.STATUS}),
    Source.DMS: frozenset({Kind.WORK_ORDER, Kind.STATUS}),
}


@dataclass(frozen=True, slots=True)
class Topic:
    """A parsed topic; `str(topic)` is the topic again."""

    site: str
    source: Source
    device: str
    kind: Kind

    def __str__(self) -> str:
        return f"{PREFIX}{self.site}/{self.source}/{self.device}/{self.kind}"


def check_name(what: str, name: str) -> str:
    """Return the name of a site or device; raises ContractError, beginning with what it names."""
    if not _NAME.fullmatch(name):
        raise ContractError(f"{what} {name!r} is not 1 to 64 of A-Z a-z 0-9 . _ -")
    return name


def read_sender(text: str) -> tuple[str | None, str | None]:
    """Return the site and device that a topic names, whatever else is wrong with it."""
    levels = text.split("/")
    if len(levels) != _LEVELS or not text.startswith(PREFIX):
        return None, None
    site, device = (name if _NAME.fullmatch(name) else None for name in (levels[2], levels[4]))
    return site, device


@lru_cache(maxsize=_REMEMBERED)
def parse_topic(text: str) -> Topic:
    """Read a topic; raises ContractError naming the level that is wrong."""
    levels = text.split("/")
    if len(levels) != _LEVELS or not text.startswith(PREFIX):
        raise ContractError(f"topic: {text!r} is not workshop/v1/{{site}}/{{source}}/{{device}}/{{kind}}")
    _, _, site, source, device, kind = levels
    check_name("topic: site", site)
    check_name("topic: device", device)
    if source not in KINDS_OF_SOURCE:
        raise ContractError(f"topic: unknown source {source!r}, not one of {', '.join(Source)}")
    if kind not in KINDS_OF_SOURCE[Source(source)]:
        known = ", ".join(sorted(KINDS_OF_SOURCE[Source(source)]))
        raise ContractError(f"topic: a {source} does not publish {kind!r}, only {known}")
    return Topic(site, Source(source), device, Kind(kind))
