"""What an answer means: delivered, again later, too much at once, or never.

Owns that judgement, with a reason in words that hold no secret: it quotes what the other side answered.
What is not success in the other side's own words is a failure, whatever its HTTP status. Pure.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus

from config.success import Success, find_value, say_value
from reminders.delivery.outcomes import DELIVERED, Answer, Outcome
from reminders.delivery.robots import judge_robot
from reminders.delivery.send import Heard, HttpAnswer
from reminders.delivery.usual_answers import Said, find_word, says_no

_LIMIT_SECONDS = 60.0
# A server that asks for more is asked again anyway.
_LONGEST_WAIT_SECONDS = 6 * 3600.0
_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}
_TROUBLES = {
    "ConnectTimeout": "did not answer in time",
    "ReadTimeout": "did not answer in time",
    "SSLError": "has no certificate to be trusted",
    "ProxyError": "cannot be reached through the proxy",
    "TooManyRedirects": "redirects in a circle",
}
_SMTP_REPLY = re.compile(r"\(?\b([245]\d\d)[,:]? b?['\"]?([^'\")]*)")
_PAGE = re.compile(rb"\s*(<!doctype html|<html|<head|<body)", re.IGNORECASE)
_WORDS_LENGTH = 300
_QUOTE_LENGTH = 160


class Reading(StrEnum):
    """How an answer of HTTP 2xx is read where the workshop file does not say what success is."""

    # A group chat's robot has its own numbers; without one it is no success.
    ROBOT = "robot"
    # Anybody's webhook or gateway: by the words that are usual.
    WEBHOOK = "webhook"
    # A service that Apprise knows: by words that mean the same everywhere.
    SERVICE = "service"


def judge(heard: Heard, *, reading: Reading | Success, now: datetime, hide: Callable[[str], str]) -> Answer:
    """Return the outcome of an attempt; of several requests the worst counts."""
    verdicts = [(answer, _judge_http(answer, reading, now, hide)) for answer in heard.answers]
    # One that asks for a log-in first, and then accepts, has accepted.
    accepts = heard.accepted and (reading is Reading.SERVICE or any(map(_is_good, heard.answers)))
    counted = [
        verdict
        for answer, verdict in verdicts
        if not accepts or reading is Reading.ROBOT or _is_good(answer) or answer.moved_to
    ]
    bad = [verdict for verdict in counted if verdict.outcome is not Outcome.DELIVERED]
    if bad:
        verdict = bad[-1]
    elif not heard.accepted:
        verdict = _judge_lines(heard)
    elif heard.answers or reading is Reading.SERVICE:
        return DELIVERED
    else:
        verdict = Answer(
            Outcome.REFUSED, "was sent, but no answer was heard: nobody knows whether it arrived"
        )
    reason = "".join(filter(str.isprintable, hide(verdict.reason or "")))
    return Answer(verdict.outcome, reason[:_WORDS_LENGTH], verdict.wait_seconds)


def _judge_http(
    answer: HttpAnswer, reading: Reading | Success, now: datetime, hide: Callable[[str], str]
) -> Answer:
    if answer.status is None:
        return Answer(Outcome.FAILED, _TROUBLES.get(answer.trouble or "", "cannot be connected to"))
    # Hidden before it is cut, or a part of a secret could be left.
    quote = _shorten(hide(_read_words(answer)))
    if answer.moved_to:
        move = f"it moved to {answer.moved_to}, where messages do not follow"
        return Answer(
            Outcome.REFUSED, f"HTTP {answer.status}: {move}; write that address in the channel's url"
        )
    if _is_good(answer):
        return _judge_good(answer, reading, quote)
    wait = _read_retry_after(answer, now)
    reason = f"HTTP {answer.status} {quote}".strip()
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Answer(Outcome.LIMITED, reason, _LIMIT_SECONDS if wait is None else wait)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in _AGAIN:
        return Answer(Outcome.FAILED, reason, wait)
    return Answer(Outcome.REFUSED, reason)


def _judge_good(answer: HttpAnswer, reading: Reading | Success, quote: str) -> Answer:
    """Judge an answer of HTTP 2xx by what it says."""
    said, quote = _read_json(answer.body), quote or "nothing"
    if isinstance(reading, Success):
        return _judge_by_rule(answer, reading, said, quote)
    if reading is Reading.ROBOT:
        return judge_robot(said, quote)
    if reading is Reading.WEBHOOK and _PAGE.match(answer.body):
        page = f"it answered with a web page, as a proxy or a log-in does: {quote}"
        return Answer(Outcome.FAILED, f"HTTP {answer.status}, but {page}")
    word = find_word(said, with_codes=reading is Reading.WEBHOOK)
    if reading is Reading.WEBHOOK and not isinstance(said, dict | list) and says_no(_read_words(answer)):
        word = Said.NO
    if word is Said.NO:
        return Answer(Outcome.FAILED, f"HTTP {answer.status}, but it says no: {quote}")
    if word is Said.UNSURE:
        # Sent again, it could arrive twelve times.
        unsure = "it may say no; if this is success, say so in `success` of the channel"
        return Answer(Outcome.REFUSED, f"HTTP {answer.status}, but {unsure}: {quote}")
    return DELIVERED


def _judge_by_rule(answer: HttpAnswer, success: Success, said: object, quote: str) -> Answer:
    """Judge by what the workshop file says success is."""
    if success.status and answer.status not in success.status:
        return Answer(Outcome.FAILED, f"HTTP {answer.status} is not the success of this channel: {quote}")
    if not success.reads_text:
        return DELIVERED
    value: object = answer.body.decode("utf-8", errors="replace").strip()
    found = True
    if success.path is not None:
        found, value = find_value(said, success.path)
    if found and success.fits(say_value(value)):
        return DELIVERED
    where = f" at {success.path}" if success.path else ""
    return Answer(Outcome.FAILED, f"HTTP {answer.status}, but not {success.say()}{where}: {quote}")


def _is_good(answer: HttpAnswer) -> bool:
    return answer.status is not None and HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


def _read_json(body: bytes) -> object:
    """Return what a body says; None where it is no JSON, or nested deeper than anybody's answer."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _judge_lines(heard: Heard) -> Answer:
    """Read what is not HTTP from Apprise's lines: a mail server's reply begins with its number."""
    for line in reversed(heard.lines):
        if ("Socket Exception" in line or "refused" in line) and (reply := _SMTP_REPLY.search(line)):
            outcome = Outcome.REFUSED if reply[1].startswith("5") else Outcome.FAILED
            return Answer(outcome, f"SMTP {reply[1]} {reply[2]}".strip())
    if any("timed out" in line for line in heard.lines):
        return Answer(Outcome.FAILED, "did not answer in time")
    if any("Socket Exception" in line for line in heard.lines):
        return Answer(Outcome.FAILED, "cannot be connected to")
    answered = _read_words(heard.answers[-1]) if heard.answers else ""
    why = answered or (heard.warnings[-1] if heard.warnings else "no reason was given")
    return Answer(Outcome.FAILED, f"was not accepted: {why}")


def _read_retry_after(answer: HttpAnswer, now: datetime) -> float | None:
    """Return the seconds after which a server wants to be asked again, given as such or as a time."""
    text = {name.lower(): value for name, value in answer.headers.items()}.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        seconds = float(text)
    else:
        try:
            at = parsedate_to_datetime(text)
            seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
        except (ValueError, OverflowError, TypeError):
            return None
    return min(max(seconds, 0.0), _LONGEST_WAIT_SECONDS)


def _read_words(answer: HttpAnswer) -> str:
    """Return what a body says in one line, where it is text."""
    return " ".join(answer.body.decode("utf-8", errors="ignore").split())


def _shorten(text: str) -> str:
    return text if len(text) <= _QUOTE_LENGTH else f"{text[:_QUOTE_LENGTH]}…"
