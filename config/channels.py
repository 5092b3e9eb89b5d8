"""How messages reach people: `[[channel]]` and `[delivery]` of the workshop file.

Owns their shape: a name, an address as Apprise writes it, and for whom, where and of what the channel
is. A secret stands in the environment and is named `${LIKE_THIS}` in the address. Refuses names used twice,
sites and events that are not there, and wishes that contradict each other. Whether Apprise understands an
address is asked where messages are sent.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from config.kit.words import ONE_OR_MORE, Audience, Names
from config.success import Success
from config.texts import LANGS
from config.wording.events import DIGEST, EVENTS

# What of a message an address may be written for: it then reaches a person, not a group.
TARGETS = ("phone", "email", "recipient")
# Robots of group chats are cut off when they say more within a minute.
ROBOTS = ("wecombot", "dingtalk", "feishu", "lark")
ROBOT_PER_MINUTE = 20
_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_TARGET = re.compile(r"\{(" + "|".join(TARGETS) + r")\}")


def _known_lang(lang: str) -> str:
    if lang not in LANGS:
        raise ValueError(f"{lang!r} is not one of {', '.join(LANGS)}")
    return lang


def _known_event(name: str) -> str:
    if name not in EVENTS or name == DIGEST:
        raise ValueError(f"there is no event {name!r}, only {', '.join(sorted(set(EVENTS) - {DIGEST}))}")
    return name


Audiences = Annotated[list[Audience], *ONE_OR_MORE]
Events = Annotated[list[Annotated[str, AfterValidator(_known_event)]], *ONE_OR_MORE]


class Channel(BaseModel):
    """A way to reach people. Of those that fit a message, the first of the file is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    url: Annotated[str, Field(min_length=1, repr=False)]
    audiences: Annotated[Audiences, Field(alias="audience")]
    # What is not named is any.
    sites: Annotated[Names | None, Field(alias="site")] = None
    events: Annotated[Events | None, Field(alias="event")] = None
    # In which language, where the message does not say.
    lang: Annotated[str, AfterValidator(_known_lang)] = "zh"
    # What it bears within a minute; above it messages are collected into digests. Robots: 20.
    per_minute: Annotated[int | None, Field(ge=1)] = None
    # How many messages are under way at once from one process.
    at_once: Annotated[int, Field(ge=1, le=20)] = 2
    # How long the other side may be silent.
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0
    # What success is in the other side's own words; without it, what is usual counts.
    success: Success | None = None
    # How {phone} is written: as it came, +8613800000000, or 13800000000; and where one without code is from.
    phone: Literal["as_written", "international", "national"] = "as_written"
    phone_country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "CN"

    def fits(self, site: str, audience: str, event: str) -> bool:
        """Say whether the channel is for such a message."""
        return (
            audience in self.audiences
            and (self.sites is None or site in self.sites)
            and (self.events is None or event in self.events)
        )

    def find_secrets(self) -> list[str]:
        """Name the variables of the environment that its address needs."""
        return sorted(set(_SECRET.findall(self.url)))

    def fill_secrets(self, environment: Mapping[str, str]) -> str:
        """Return the address with its secrets; one that is the whole address is taken as it is."""
        whole = _SECRET.fullmatch(self.url)
        if whole:
            return environment[whole[1]]
        return _SECRET.sub(lambda found: quote(environment[found[1]], safe=""), self.url)


class DeliveryRules(BaseModel):
    """How long and how often a message is tried before it is given up."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # With the waits below: for about six hours.
    attempts: Annotated[int, Field(ge=1, le=100)] = 12
    # After a first failure; each further one doubles it, up to the most, and chance spreads it.
    retry_seconds: Annotated[float, Field(gt=0)] = 30.0
    retry_seconds_most: Annotated[float, Field(gt=0)] = 3600.0
    # What could not be told for so long since it was due, for want of a channel or a dispatcher, is old news.
    too_late_days: Annotated[float, Field(gt=0)] = 7.0
    # For so long a message belongs to the process that sends it; after that, to any.
    lease_seconds: Annotated[float, Field(ge=5)] = 120.0


def find_targets(url: str) -> list[str]:
    """Return what of a message an address is written for."""
    return sorted(set(_TARGET.findall(url)))


def fill_target(url: str, values: Mapping[str, str]) -> str:
    """Return an address with what it is written for."""
    return _TARGET.sub(lambda found: quote(values[found[1]], safe="@+"), url)


def find_channel_errors(
    channels: Sequence[Channel], delivery: DeliveryRules, sites: Collection[str]
) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Yield the place of everything that is wrong with channels, and a sentence that says what."""
    for number, channel in enumerate(channels):
        if channel.name in (other.name for other in channels[:number]):
            yield ("channel", number, "name"), f"{channel.name} is named more than once"
        for site in channel.sites or ():
            if site not in sites:
                yield ("channel", number, "site"), f"there is no site {site!r} in this file"
        # A sender may wait to connect, to write and to read, each so long.
        if 4 * channel.timeout_seconds > delivery.lease_seconds:
            problem = f"four times {channel.timeout_seconds:g} s is more than delivery.lease_seconds"
            where = ("channel", number, "timeout_seconds")
            yield where, f"{problem} {delivery.lease_seconds:g}: another process would send it as well"
