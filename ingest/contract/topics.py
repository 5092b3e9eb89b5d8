"""The topic grammar: `workshop/v1/{site}/{source}/{device}/{kind}`.

Pure text in, a topic out. Owns which source may say which kind; refuses everything else
with a sentence naming the level that is wrong. Mapped topics of other products do not
come through here.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

PREFIX = "workshop/v1/"
FILTER = "workshop/v1/#"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_LEVELS = 6


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


def parse_topic(text: str) -> Topic:
    """Read a topic; raises ContractError naming the level that is wrong."""
    levels = text.split("/")
    if len(levels) != _LEVELS or not text.startswith(PREFIX):
        raise ContractError(f"topic: {text!r} is not workshop/v1/{{site}}/{{source}}/{{device}}/{{kind}}")
    _, _, site, source, device, kind = levels
    for level, name in (("site", site), ("device", device)):
        if not _NAME.fullmatch(name):
            raise ContractError(f"topic: {level} {name!r} is not 1 to 64 of A-Z a-z 0-9 . _ -")
    if source not in KINDS_OF_SOURCE:
        raise ContractError(f"topic: unknown source {source!r}, not one of {', '.join(Source)}")
    if kind not in KINDS_OF_SOURCE[Source(source)]:
        known = ", ".join(sorted(KINDS_OF_SOURCE[Source(source)]))
        raise ContractError(f"topic: a {source} does not publish {kind!r}, only {known}")
    return Topic(site, Source(source), device, Kind(kind))
