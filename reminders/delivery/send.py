"""One sending through Apprise, and what the other side answered.

Owns hearing the answer: Apprise itself says only whether it went well, takes a robot's "200, but no" for
success, and keeps Retry-After to itself. So requests' sessions of this process are listened to, as are
Apprise's own log lines for what is not HTTP. What is heard is judged by `channels_answers`. Every
message carries its id in X-Bayboard-Message, so that a receiver can drop a double.
"""

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import requests.sessions
from apprise import NotifyBase, NotifyFormat

from config.wording.templates import Words

ID_HEADER = "X-Bayboard-Message"
# As much of an answer's body as may say whether it is success, and why not.
_BODY_BYTES = 65536


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer to one request; `trouble` is the kind of error where there was none.

    `moved_to` is where it sent us for good, and the request went there without its message.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    trouble: str | None = None
    moved_to: str | None = None


@dataclass(slots=True)
class Heard:
    """Everything that was heard while a message was sent."""

    message_id: str
    accepted: bool = False
    answers: list[HttpAnswer] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


_hearing: ContextVar[Heard | None] = ContextVar("hearing", default=None)


class _ListeningSession(requests.Session):
    """A session that tells what was answered to whoever is sending in this thread."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send as requests does."""
        heard = _hearing.get()
        if heard is None:
            return super().send(request, **kwargs)
        request.headers[ID_HEADER] = heard.message_id
        try:
            response = super().send(request, **kwargs)
        except requests.RequestException as error:
            # Not its words: they name the address, with its key.
            heard.answers.append(HttpAnswer(None, trouble=type(error).__name__))
            raise
        heard.answers.append(_keep_answer(response))
        return response


def _keep_answer(response: requests.Response) -> HttpAnswer:
    """Keep what is judged of an answer, and whether our message got lost on the way to it."""
    for step in response.history:
        # A POST that is redirected with 301 becomes a GET, which brings nothing.
        if step.status_code == HTTPStatus.MOVED_PERMANENTLY and step.request.method != "GET":
            target = urlsplit(urljoin(step.url, step.headers.get("location", "")))
            return HttpAnswer(
                step.status_code, moved_to=f"{target.scheme}://{target.netloc.rpartition('@')[2]}"
            )
    return HttpAnswer(response.status_code, dict(response.headers), response.content[:_BODY_BYTES])


class _Lines(logging.Handler):
    """Keeps what Apprise logs for whoever is sending in this thread."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        if heard := _hearing.get():
            heard.lines.append(record.getMessage())
            if record.levelno >= logging.WARNING:
                heard.warnings.append(record.getMessage())


def listen() -> None:
    """Hear from now on what is answered to this process's messages; done once, at its start."""
    requests.sessions.Session = _ListeningSession  # type: ignore[misc]  # the only place to listen
    logger = logging.getLogger("apprise")
    # Its lines may hold addresses, and so secrets: they end here.
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    if not any(isinstance(handler, _Lines) for handler in logger.handlers):
        logger.addHandler(_Lines())


def send(service: NotifyBase, words: Words, message_id: str) -> Heard:
    """Send a message and return what was heard; never raises for what the other side does."""
    heard = Heard(message_id)
    # What is not HTTP, as mail, has headers of its own.
    if isinstance(headers := getattr(service, "headers", None), dict):
        headers[ID_HEADER] = message_id
    token = _hearing.set(heard)
    try:
        heard.accepted = bool(
            service.notify(body=words.body, title=words.title, body_format=NotifyFormat.TEXT)
        )
    finally:
        _hearing.reset(token)
    return heard
