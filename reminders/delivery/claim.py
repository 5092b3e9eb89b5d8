"""What goes out next by a channel: a message, or, where the channel bears no more, many as a digest.

Owns that choice and the transaction in which it is claimed. Withdraws what its customer does not want any
more, and gives up what was lost too often. Nothing is sent here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from psycopg import Connection

from config.channels import DeliveryRules
from config.wording.templates import Words
from models.queries.board.progress.links import put_progress_link
from models.queries.delivery.claims import (
    Claim,
    DueMessage,
    begin_attempt,
    cancel_messages,
    count_sent,
    find_due,
    give_up,
)
from reminders.delivery.channels import OpenChannel
from reminders.delivery.wording import Writer, name_sending

_MINUTE = timedelta(minutes=1)
# As many messages as one digest may hold, if its words fit.
_DIGEST_MOST = 50
_PRIVATE = ("customer", "phone", "email", "plate", "vin")
_NOBODY = re.compile(r"n/?a|none|null|nil|unknown|-+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sending:
    """What was claimed: its words, or why there are none; `first` stands for all of a digest."""

    claim: Claim
    first: DueMessage
    words: Words | str
    # What an answer may repeat and nobody is to keep: who is written to, and the link.
    private: frozenset[str] = frozenset()


def take_next(
    connection: Connection[Any], channel: OpenChannel, writer: Writer, rules: DeliveryRules, now: datetime
) -> Sending | None:
    """Claim what is to go out next by a channel; None if nothing is due, or the channel bears no more now."""
    with connection.transaction():
        bears = _DIGEST_MOST
        if channel.per_minute is not None:
            bears = channel.per_minute - count_sent(connection, channel.name, now, _MINUTE)
            if bears <= 0:
                return None
        due = _find_wanted(connection, channel, writer, rules, now)
        if not due:
            return None
        first, lang = due[0], _choose_lang(due[0], channel)
        chosen: Sequence[tuple[DueMessage, Words]] = []
        if first.digest_key:
            # The same messages under the same name, so that a receiver can tell the double.
            due = find_due(
                connection, channel.name, now, asleep=[], limit=_DIGEST_MOST, digest_key=first.digest_key
            )
            chosen = _write_all(due, writer, lang)
        elif channel.collects and len(due) > bears:
            alike = [
                each
                for each in due
                if (each.site, each.digest_key, _choose_lang(each, channel)) == (first.site, None, lang)
            ]
            chosen = _choose_fitting(_write_all(alike, writer, lang), channel.room_bytes)
        if len(chosen) > 1 or (first.digest_key and chosen):
            return _claim_digest(connection, channel, chosen, first, lang, writer, rules, now)
        claim = Claim([first.id], name_sending(first), now, now + timedelta(seconds=rules.lease_seconds))
        begin_attempt(connection, claim, channel.name)
        token = _make_link(connection, writer, first, now)
        return Sending(claim, first, writer.write(first, lang, token), _find_private([first], token))


def _make_link(connection: Connection[Any], writer: Writer, message: DueMessage, now: datetime) -> str | None:
    """Make the link of a message that is about to leave; each attempt has its own, and all of them work."""
    if message.work_order is None or not writer.wants_link(message):
        return None
    return put_progress_link(connection, message.site, message.work_order, message.id, now)


def _find_private(messages: Sequence[DueMessage], token: str | None = None) -> frozenset[str]:
    """Return what names the people and cars of messages, and the token of the link."""
    named = [
        str(word)
        for message in messages
        for word in (message.recipient, *(message.payload.get(name) for name in _PRIVATE), token)
        if word
    ]
    # What stands for nothing known, such as N/A, names nobody.
    return frozenset(word for word in named if not _NOBODY.fullmatch(word))


def _claim_digest(
    connection: Connection[Any],
    channel: OpenChannel,
    chosen: Sequence[tuple[DueMessage, Words]],
    first: DueMessage,
    lang: str,
    writer: Writer,
    rules: DeliveryRules,
    now: datetime,
) -> Sending:
    key = first.digest_key or str(uuid4())
    until = now + timedelta(seconds=rules.lease_seconds)
    claim = Claim([message.id for message, _ in chosen], key, now, until)
    begin_attempt(connection, claim, channel.name, key)
    words = writer.write_digest(first.site, chosen, lang)
    return Sending(claim, first, words, _find_private([message for message, _ in chosen]))


def _find_wanted(
    connection: Connection[Any], channel: OpenChannel, writer: Writer, rules: DeliveryRules, now: datetime
) -> list[DueMessage]:
    """Return what is due and still to be sent, after settling what is not."""
    limit = _DIGEST_MOST if channel.collects else 1
    while due := find_due(connection, channel.name, now, asleep=writer.find_asleep(now), limit=limit):
        unwanted = [each.id for each in due if each.unwanted]
        worn = [each.id for each in due if each.attempts >= rules.attempts and not each.unwanted]
        too_late = now - timedelta(days=rules.too_late_days)
        old = [each.id for each in due if not each.attempts and each.due_at < too_late and not each.unwanted]
        if not (unwanted or worn or old):
            return due
        cancel_messages(connection, unwanted, now)
        give_up(connection, worn, f"was lost or failed in {rules.attempts} attempts", now)
        give_up(connection, old, f"could not be told for {rules.too_late_days:g} days", now)
    return []


def _write_all(messages: Sequence[DueMessage], writer: Writer, lang: str) -> list[tuple[DueMessage, Words]]:
    """Return messages with their words; one without is left to go, and fail, alone."""
    written = ((message, writer.write(message, lang)) for message in messages)
    return [(message, words) for message, words in written if isinstance(words, Words)]


def _choose_fitting(
    messages: Sequence[tuple[DueMessage, Words]], room_bytes: int
) -> Sequence[tuple[DueMessage, Words]]:
    """Return as many messages from the first on as a digest has room for."""
    # Its own title, and the marks between messages.
    held, number = 200, 0
    for _, words in messages:
        held += len(words.title.encode()) + len(words.body.encode()) + 8
        if held > room_bytes:
            break
        number += 1
    return messages[:number]


def _choose_lang(message: DueMessage, channel: OpenChannel) -> str:
    return message.lang or channel.facts.lang
