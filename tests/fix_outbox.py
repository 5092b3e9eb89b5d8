"""An outbox with messages in it, dispatchers over it, and receivers that behave as a test says.

Owns making them and leaving nothing open. The receivers are real servers on 127.0.0.1.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, LiteralString

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from prometheus_client import CollectorRegistry

from bayboard.bench.deliveries.receiver import Receiver, Reply
from config.channels import Channel, DeliveryRules
from config.wording.templates import load_templates
from config.workshop import Workshop
from models.domain.delivery import NewMessage, Role
from models.queries.delivery.outbox import put_messages
from reminders.delivery.channels import open_channels
from reminders.delivery.dispatcher import Dispatcher
from reminders.delivery.metrics import DeliveryMetrics
from reminders.delivery.send import listen
from reminders.delivery.wording import Writer
from tests.fix_database import as_role
from tests.garage import NOW, WORKSHOP

STAGE = {"en": "In repair", "zh": "维修中"}


@dataclass(slots=True)
class Outbox:
    """A database's outbox; `now` is the time every dispatcher of it goes by."""

    url: str
    now: datetime = NOW
    channels: list[Channel] = field(default_factory=list)
    rules: DeliveryRules = field(default_factory=DeliveryRules)
    public_url: str | None = None

    def add_channel(self, url: str, **facts: Any) -> None:
        facts = {"name": f"c{len(self.channels)}", "audience": "foreman", "lang": "en", **facts}
        self.channels.append(Channel.model_validate({"url": url, **facts}))

    def put(self, *keys: str, **facts: Any) -> None:
        """Put messages to the foreman into it, each of a work order named by its key."""
        told_besides = facts.pop("payload", {})
        with psycopg.connect(self.url) as connection:
            for key in keys:
                payload = {"work_order": key, "stage": STAGE, **told_besides}
                told = {"site": "s1", "role": Role.FOREMAN, "template": "stage_entered", **facts}
                message = NewMessage(event_key=key, payload=payload, **{"due_at": self.now, **told})
                put_messages(connection, [message], self.now)

    def make_dispatcher(
        self, environment: Mapping[str, str] | None = None, make_writer: type[Writer] = Writer
    ) -> Dispatcher:
        workshop: Workshop = WORKSHOP.model_copy(update={"channels": self.channels})
        listen()
        return Dispatcher(
            database_url=as_role(self.url, "remind"),
            channels=open_channels(workshop, environment or {}),
            writer=make_writer(workshop, load_templates(), self.public_url),
            rules=self.rules,
            metrics=DeliveryMetrics(CollectorRegistry()),
            clock=lambda: self.now,
        )

    def send(self, later: timedelta = timedelta(), environment: Mapping[str, str] | None = None) -> None:
        """Send everything that is due so much later than before."""
        self.now += later
        self.make_dispatcher(environment).drain()

    def read(self, query: LiteralString) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()

    def write(self, statement: LiteralString) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(statement)

    @property
    def states(self) -> dict[str, str]:
        return dict(self.read("select event_key, state from outbox_message order by id"))

    @property
    def attempts(self) -> list[tuple[str, str | None]]:
        """What became of every attempt, in their order."""
        return self.read(
            "select outcome, detail from delivery_attempt order by attempted_at, message_id, attempt"
        )


@pytest.fixture
def outbox(database_url: str) -> Outbox:
    return Outbox(database_url)


MakeReceiver = Callable[..., Receiver]


@pytest.fixture
def make_receiver() -> Iterator[MakeReceiver]:
    """Make a receiver that answers with these replies in turn, and then well."""
    with ExitStack() as open_receivers:

        def make(*replies: Reply) -> Receiver:
            receiver = Receiver(lambda number: replies[number] if number < len(replies) else Reply())
            open_receivers.callback(receiver.close)
            return receiver

        yield make


class Mailbox:
    """What an SMTP server does with mail: `replies` are its first answers to a recipient."""

    def __init__(self, *replies: str) -> None:
        self.mails: list[EmailMessage] = []
        self._replies = list(replies)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd asks for this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient or refuse it."""
        reply = self._replies.pop(0) if self._replies else "250 OK"
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(  # noqa: N802  # aiosmtpd asks for this name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail."""
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    @contextmanager
    def open(self, port: int) -> Iterator[None]:
        """Serve this mailbox on a port."""
        server = Controller(self, hostname="127.0.0.1", port=port)
        server.start()
        try:
            yield
        finally:
            server.stop()
