"""What an answer means: delivered, again later, too much at once, or never.

Owns that judgement, with a reason in words that hold no secret. Pure.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus

from reminders.channels_send import Heard, HttpAnswer

# What robots answer within a 200 when they are asked too often, and for how many seconds to leave them
# alone: WeCom, Feishu, and DingTalk, which then listens to nothing for ten minutes.
_LIMIT_SECONDS = 60.0
_ROBOT_LIMITS = {
    45009: _LIMIT_SECONDS,
    45033: _LIMIT_SECONDS,
    11232: _LIMIT_SECONDS,
    99991400: _LIMIT_SECONDS,
}
_ROBOT_LIMITS |= {130101: 600.0, 410100: 600.0, 90030: 600.0}
# A server that asks for more is asked again anyway.
_LONGEST_WAIT_SECONDS = 6 * 3600.0
_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}
_TROUBLES = {
    "ConnectTimeout": "did not answer in time",
    "ReadTimeout": "did not answer in time",
    "SSLError": "has no certificate to be trusted",
    "ProxyError": "cannot be reached through the proxy",
}
_SMTP_REPLY = re.compile(r"\(?\b([245]\d\d)[,:]? b?['\"]?([^'\")]*)")
_WORDS_LENGTH = 200


class Outcome(StrEnum):
    """What became of an attempt."""

    DELIVERED = "delivered"
    # To be tried again: after a while, or once the channel bears more.
    FAILED = "failed"
    LIMITED = "limited"
    # Never to be tried again.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """An outcome, why, and after how many seconds the other side wants to be asked again."""

    outcome: Outcome
    reason: str | None = None
    wait_seconds: float | None = None


def judge(heard: Heard, *, is_robot: bool, now: datetime, hide: Callable[[str], str]) -> Answer:
    """Say what an attempt came to; of several requests the worst counts."""
    verdicts = [_judge_http(answer, is_robot, now) for answer in heard.answers]
    bad = [verdict for verdict in verdicts if verdict.outcome is not Outcome.DELIVERED]
    if bad and (is_robot or not heard.accepted):
        verdict = bad[-1]
    elif heard.accepted:
        return Answer(Outcome.DELIVERED)
    else:
        verdict = _judge_lines(heard)
    reason = "".join(filter(str.isprintable, hide(verdict.reason or "")))
    return Answer(verdict.outcome, reason[:_WORDS_LENGTH], verdict.wait_seconds)


def _judge_http(answer: HttpAnswer, is_robot: bool, now: datetime) -> Answer:
    if answer.status is None:
        return Answer(Outcome.FAILED, _TROUBLES.get(answer.trouble or "", "cannot be connected to"))
    if answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return _judge_robot(answer) if is_robot else Answer(Outcome.DELIVERED)
    wait = _read_retry_after(answer, now)
    reason = f"HTTP {answer.status} {_read_words(answer)}".strip()
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Answer(Outcome.LIMITED, reason, _LIMIT_SECONDS if wait is None else wait)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in _AGAIN:
        return Answer(Outcome.FAILED, reason, wait)
    return Answer(Outcome.REFUSED, reason)


def _judge_robot(answer: HttpAnswer) -> Answer:
    """Read what a robot says within its answer: `errcode` or `code`, of which zero is well."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return Answer(Outcome.DELIVERED)
    code = said.get("errcode", said.get("code", 0)) if isinstance(said, dict) else 0
    if not code:
        return Answer(Outcome.DELIVERED)
    reason = f"the robot says {code} {said.get('errmsg', said.get('msg', ''))}".strip()
    if code in _ROBOT_LIMITS:
        return Answer(Outcome.LIMITED, reason, _ROBOT_LIMITS[code])
    # Which of all other codes will pass is not known; what never does ends in the dead letter, too.
    return Answer(Outcome.FAILED, reason)


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
    return Answer(
        Outcome.FAILED, f"was not accepted: {heard.warnings[-1] if heard.warnings else 'no word why'}"
    )


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
        except ValueError:
            return None
        seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_WAIT_SECONDS)


def _read_words(answer: HttpAnswer) -> str:
    """Return what a body says in one line, where it is text."""
    return " ".join(answer.body.decode("utf-8", errors="ignore").split())
