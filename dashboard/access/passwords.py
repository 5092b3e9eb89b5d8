"""Passwords and tokens: how they are drawn, hashed and checked.

Owns argon2 and its parameters, which are the library's own; a hash of older ones is made anew
when its password is at hand. Refuses to tell, by its answer or by the time it takes, whether
there is an account of some name.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_LENGTH = 10
# argon2 takes longer for longer ones, and nobody types more.
MOST_LENGTH = 256
_LENGTH_DRAWN = 16
_LENGTH_OF_TOKEN = 26
# Without characters that look like one another.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_HASHER = PasswordHasher()


# zxcvbn's scale ends at 4; below 3, a stolen hash is guessed.
_LEAST_SCORE = 3
# zxcvbn takes longer for longer ones; what is behind this many characters only makes them better.
_JUDGED_LENGTH = 72


class PasswordError(Exception):
    """The password is no good; the message says why."""


class EasyPasswordError(PasswordError):
    """The password is long enough and easy to guess."""


@dataclass(frozen=True, slots=True)
class Check:
    """Whether a password is right, and its hash of today's parameters where that has changed."""

    right: bool
    newer_hash: str | None = None


def draw_password() -> str:
    """Return a new password that can be typed: 80 bits of chance."""
    drawn = _draw(_LENGTH_DRAWN)
    return "-".join(drawn[start : start + 4] for start in range(0, _LENGTH_DRAWN, 4))


def draw_token() -> str:
    """Return a new token of a screen: 130 bits of chance."""
    return _draw(_LENGTH_OF_TOKEN)


def judge_password(password: str, known: Iterable[str] = ()) -> None:
    """Raise PasswordError for a password that is too short, too long, or easy to guess.

    `known` are words that a guesser tries first: the account's name, the names of the workshop.
    """
    # Its lists of words are large, and most processes judge no password.
    from zxcvbn import zxcvbn  # noqa: PLC0415

    _check_length(password)
    words = {word for name in known for word in [name, *re.split(r"[\W_]+", name)] if word}
    if zxcvbn(password[:_JUDGED_LENGTH], user_inputs=["bayboard", *sorted(words)])["score"] < _LEAST_SCORE:
        raise EasyPasswordError(
            "this password is easy to guess: it holds common words, names, or a pattern; take three or four"
            " words that do not belong together"
        )


def hash_password(password: str) -> str:
    """Return what is kept of a password; raises PasswordError for one that is too short or too long."""
    _check_length(password)
    return _HASHER.hash(password)


def check_password(password: str, kept: str | None) -> Check:
    """Check a password against what is kept; without anything kept it is wrong, and takes as long."""
    nobody = _hash_of_nobody()
    try:
        _HASHER.verify(kept or nobody, password[: MOST_LENGTH + 1])
    except (VerificationError, InvalidHashError):
        return Check(right=False)
    if kept is None:
        return Check(right=False)
    return Check(right=True, newer_hash=_HASHER.hash(password) if _HASHER.check_needs_rehash(kept) else None)


def _check_length(password: str) -> None:
    if len(password) < LEAST_LENGTH:
        raise PasswordError(f"a password has at least {LEAST_LENGTH} characters")
    if len(password) > MOST_LENGTH:
        raise PasswordError(f"a password has at most {MOST_LENGTH} characters")


def _draw(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash(secrets.token_urlsafe())
