"""The words of messages that are about to leave, and whether a site's customers may be told now.

Owns what the workshop file adds to a message: the site's name, its clock, its quiet hours. Words that cannot
be written come back as the sentence that says why. Reads no clock.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from config.wording.events import DIGEST, EVENTS
from config.wording.templates import Templates, Words
from config.workshop import Workshop
from models.queries.delivery.claims import DueMessage
from reminders.quiet import find_leaving_time
from reminders.service.plans import SiteFacts, make_site_facts


class Writer:
    """Writes messages for the sites of a workshop file."""

    def __init__(self, workshop: Workshop, templates: Templates, public_url: str | None = None) -> None:
        self._public_url = public_url
        self._templates = templates
        self._names = {site.key: {"en": site.en, "zh": site.zh} for site in workshop.sites}
        self._sites: dict[str, SiteFacts] = {
            site.key: make_site_facts(site, workshop.reminders) for site in workshop.sites
        }

    def find_asleep(self, now: datetime) -> list[str]:
        """Return the sites whose customers are not told anything now."""
        return [key for key, site in self._sites.items() if find_leaving_time(site, now) > now]

    def wants_link(self, message: DueMessage) -> bool:
        """Say whether a message leads to the car's own page; only where we know our own address."""
        return bool(self._public_url and message.work_order and message.payload.get("with_link"))

    def write(self, message: DueMessage, lang: str, token: str | None = None) -> Words | str:
        """Return a message's words, or why there are none; `token` is that of the link in it."""
        event = EVENTS.get(message.template)
        if event is None:
            return f"there is no template {message.template!r}"
        payload = {**message.payload, "site": self._name(message.site)}
        if token:
            payload["link"] = f"{self._public_url}/progress/{token}"
        if gaps := event.find_gaps(payload):
            return f"its payload lacks {', '.join(gaps)}"
        try:
            return self._templates.write(event.name, message.role, lang, payload, self._zone(message.site))
        except Exception as error:  # noqa: BLE001  # it is the failure of this message, and of none behind it
            return f"its payload cannot be put into words: {type(error).__name__}: {error}"

    def write_digest(self, site: str, messages: Sequence[tuple[DueMessage, Words]], lang: str) -> Words:
        """Return the words of messages that go out as one; there is at least one."""
        payload = {
            "site": self._name(site),
            "count": len(messages),
            "messages": [{"title": words.title, "body": words.body} for _, words in messages],
        }
        return self._templates.write(DIGEST, messages[0][0].role, lang, payload, self._zone(site))

    def _name(self, site: str) -> dict[str, str]:
        return self._names.get(site, {"en": site})

    def _zone(self, site: str) -> ZoneInfo:
        return (self._sites.get(site) or next(iter(self._sites.values()))).zone


def name_sending(message: DueMessage) -> str:
    """Return what a receiver can tell a double by: the same for every attempt, and in no other database."""
    written_at = message.created_at.timestamp()
    return str(uuid5(NAMESPACE_URL, f"bayboard:{message.site}:{message.event_key}:{written_at}"))
