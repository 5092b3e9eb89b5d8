"""The channels of the workshop file, ready to send by: addresses with their secrets, checked with Apprise.

Owns which channel a message takes, and whom a personal one reaches. Refuses at start an address that
Apprise does not understand and a secret the environment lacks, in a sentence that names the channel
and never what is secret.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from apprise import Apprise, NotifyBase

from config.channels import ROBOT_PER_MINUTE, ROBOTS, Channel, fill_target, find_targets
from config.success import Success
from config.workshop import Workshop
from models.contract.phones import PhoneError, is_country, read_phone
from reminders.delivery.answers import Reading
from reminders.delivery.lines import register_lines

# Stand-ins with which an address for single people is tried at start.
_SAMPLES = {"phone": "+8613800138000", "email": "customer@example.com", "recipient": "A1"}
_SHAPES = {
    # One person: Apprise takes a comma, a semicolon, a bracket or a blank for the beginning of the next.
    "email": re.compile(r"[^@\s,;<>\[\]]+@[^@\s,;<>\[\]]+\.[^@\s,;<>\[\]]+"),
    "recipient": re.compile(r"[^\s,;<>\[\]\x00-\x1f\x7f]{1,64}"),
}
# Whoever is behind these, nobody but the workshop file knows what they mean; the latter ones, which Apprise
# knows but does not read, answer by a code, too.
_WEBHOOKS = {"json", "jsons", "xml", "xmls", "form", "forms"}
_WEBHOOKS |= {"schan", "pushdeer", "pushdeers", "bark", "barks"}
# Gateways that say no in a 200, which Apprise does not read.
_KNOWN_SUCCESS = {
    "vonage": Success(path="messages.0.status", equals=["0"]),
    "nexmo": Success(path="messages.0.status", equals=["0"]),
    "clicksend": Success(path="data.messages.0.status", equals=["SUCCESS"]),
    "msg91": Success(path="type", equals=["success"]),
}
# These have no answer of HTTP that `success` could be about.
_NOT_HTTP = {"mailto", "mailtos", "lines"}
# Shorter parts of an address are words such as `robot`, not keys.
_SECRET_LENGTH = 8


class ChannelError(Exception):
    """Channels cannot be used; the message has a line for each, without secrets."""


class TargetError(Exception):
    """A message cannot reach a person by a channel: what its address needs is not known, or wrong."""


@dataclass(frozen=True, slots=True)
class OpenChannel:
    """A channel with its secrets; `room_bytes` is what one message of it may hold."""

    facts: Channel
    url: str
    targets: Sequence[str]
    per_minute: int | None
    room_bytes: int

    @property
    def name(self) -> str:
        """Return the channel's name."""
        return self.facts.name

    @property
    def reading(self) -> Reading | Success:
        """Return how it is known from an answer whether a message was taken."""
        scheme = _name_scheme(self.url)
        if rule := self.facts.success or _KNOWN_SUCCESS.get(scheme):
            return rule
        if scheme in ROBOTS:
            return Reading.ROBOT
        return Reading.WEBHOOK if scheme in _WEBHOOKS else Reading.SERVICE

    @property
    def collects(self) -> bool:
        """Say whether messages may be put together: not where each is for somebody else."""
        return self.per_minute is not None and not self.targets

    def address(self, message: Mapping[str, Any], recipient: str | None) -> NotifyBase:
        """Return what sends a message to its person or group; raises TargetError."""
        service = _make_service(fill_target(self.url, self._find_values(message, recipient)))
        if service is None:
            raise TargetError(f"{_name_scheme(self.url)} refuses the address of this message")
        # Our own limits and retries hold, also where other processes send.
        service.request_rate_per_sec = 0
        service.retry = 0
        service.socket_connect_timeout = service.socket_read_timeout = self.facts.timeout_seconds
        return service

    def hide_secrets(self, text: str) -> str:
        """Return a text without the address, should another's words repeat it, as written or as meant."""
        written = re.split(r"[:/?&=@]+", self.url)
        for part in sorted({*written, *map(unquote, written)}, key=len, reverse=True):
            if len(part) >= _SECRET_LENGTH:
                text = text.replace(part, "…")
        return text

    def reaches(self, target: str, value: str) -> bool:
        """Say whether what is known of a person is of use to the channel."""
        try:
            self._read_target(target, value)
        except TargetError:
            return False
        return True

    def _find_values(self, message: Mapping[str, Any], recipient: str | None) -> dict[str, str]:
        """Return what the address is written for."""
        known = {**message, "recipient": recipient}
        return {target: self._read_target(target, str(known.get(target) or "")) for target in self.targets}

    def _read_target(self, target: str, written: str) -> str:
        """Return a target as the channel wants it; raises TargetError."""
        value = written.strip()
        if not value:
            raise TargetError(f"no {target} is known, and channel {self.name} needs one")
        if target == "phone":
            return self._read_phone(value)
        if not _SHAPES[target].fullmatch(value):
            raise TargetError(f"the {target} that is known is none that channel {self.name} could reach")
        return value

    def _read_phone(self, written: str) -> str:
        """Return a phone number as the channel wants it."""
        try:
            phone = read_phone(written, self.facts.phone_country)
        except PhoneError as error:
            raise TargetError(f"{error}; channel {self.name} needs one that reaches a person") from error
        forms = {"national": phone.national, "international": phone.international}
        return forms.get(self.facts.phone, phone.as_written)


def open_channels(workshop: Workshop, environment: Mapping[str, str]) -> list[OpenChannel]:
    """Make every channel of the workshop file ready; raises ChannelError naming all that cannot be used."""
    register_lines()
    opened = [_open_channel(channel, environment) for channel in workshop.channels]
    problems = [each for each in opened if isinstance(each, str)]
    if problems:
        raise ChannelError("\n".join(problems))
    return [each for each in opened if isinstance(each, OpenChannel)]


def choose_channels(
    channels: Sequence[OpenChannel], site: str, audience: str, event: str
) -> Iterator[OpenChannel]:
    """Yield the channels that are for a message, those to be taken first first."""
    return (channel for channel in channels if channel.facts.fits(site, audience, event))


def _open_channel(channel: Channel, environment: Mapping[str, str]) -> OpenChannel | str:
    """Return the channel, or the sentence that says why it cannot be."""
    missing = [name for name in channel.find_secrets() if not environment.get(name)]
    if missing:
        return f"channel {channel.name}: its url names {', '.join(missing)}, which the environment lacks"
    url = channel.fill_secrets(environment)
    scheme = _name_scheme(url)
    if not scheme:
        return f"channel {channel.name}: its url must begin with a service of Apprise, such as wecombot://"
    service = _make_service(fill_target(url, _SAMPLES))
    if service is None:
        return f"channel {channel.name}: its url is not one that Apprise understands as {scheme}://"
    if channel.success and scheme in _NOT_HTTP:
        return f"channel {channel.name}: success is about answers of HTTP, and {scheme}:// has none"
    if not is_country(channel.phone_country):
        return f"channel {channel.name}: phone_country {channel.phone_country!r} is no country such as CN"
    per_minute = channel.per_minute or (ROBOT_PER_MINUTE if scheme in ROBOTS else None)
    return OpenChannel(channel, url, find_targets(url), per_minute, int(service.body_maxlen))


def _make_service(url: str) -> NotifyBase | None:
    service = Apprise.instantiate(url)
    return service if isinstance(service, NotifyBase) else None


def _name_scheme(url: str) -> str:
    scheme, colon, _ = url.partition("://")
    return scheme.lower() if colon else ""
