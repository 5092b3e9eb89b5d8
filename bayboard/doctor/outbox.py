"""What `bayboard doctor` finds on the way of messages to people: words, channels, engine and outbox.

Owns what about them is wrong and what only worth a look. Sends nothing, so a channel that is well by its
address may still be refused by its service; what was refused stands in the outbox.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from bayboard.doctor.database import Finding, Verdict, count_connected
from bayboard.entry import CommandError
from bayboard.parts.delivery import read_templates
from config.settings import Settings
from config.workshop import Workshop
from reminders.delivery.channels import ChannelError, open_channels

# Retries are further apart than this, but what is due is tried at once.
_LATE = timedelta(minutes=15)
_STANDING = text(
    "select count(*) filter (where state = 'dead'),"
    " count(*) filter (where state = 'waiting' and attempts = 0 and due_at < :late)"
    " from outbox_message where state in ('dead', 'waiting')"
)


def check_channels(
    settings: Settings, workshop: Workshop, environment: Mapping[str, str]
) -> Iterator[Finding]:
    """Say whether the words of messages are readable and the channels usable, as `bayboard remind` would."""
    try:
        read_templates(settings)
    except CommandError as error:
        yield from (Finding("messages", Verdict.WRONG, line) for line in str(error).splitlines())
    try:
        channels = open_channels(workshop, environment)
    except ChannelError as error:
        yield from (Finding("channels", Verdict.WRONG, line) for line in str(error).splitlines())
        return
    if channels:
        yield Finding("channels", Verdict.OK, ", ".join(channel.name for channel in channels))
    else:
        yield Finding("channels", Verdict.LOOK, "none, so nobody is told anything", "see docs/channels.md")


def check_outbox(connection: Connection, now: datetime) -> Finding:
    """Say whether an engine is at work and whether messages wait in vain or could not be delivered."""
    dead, late = connection.execute(_STANDING, {"late": now - _LATE}).one()
    says = [f"messages waiting in vain: {late}"] if late else []
    says += [f"messages that could not be delivered: {dead}"] if dead else []
    if not count_connected(connection, "bayboard-remind"):
        said = ", ".join(["no engine is connected to the database", *says])
        return Finding("reminders", Verdict.LOOK, said, "start `bayboard remind`")
    if says:
        return Finding("reminders", Verdict.LOOK, ", ".join(says), "see `bayboard outbox list`")
    return Finding("reminders", Verdict.OK, "an engine is connected, nothing waits in vain")
