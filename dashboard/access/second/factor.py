"""One-time codes of an app on a phone (TOTP), and how their secret is sealed.

The secret is sealed with a key made from the server's, so a copy of the database opens nothing. Of
several keys the first seals, and all open. Refuses to read a clock or a database.
"""

from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Any

import msgspec
import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config.secret_keys import split_keys
from dashboard.access.passwords import draw_password

STEP_SECONDS = 30
# A phone's clock may be wrong by this number of steps.
_STEPS_APART = 1
_RECOVERY_CODES = 10


class SealError(Exception):
    """What was sealed was not sealed here, is of another account, or is too old."""


class Vault:
    """Seals secrets of accounts."""

    def __init__(self, secret_key: str) -> None:
        self._fernet = MultiFernet([Fernet(_derive(key)) for key in split_keys(secret_key)])

    def seal(self, account: str, secret: str, now: datetime) -> str:
        """Return the secret as text that only this server can read."""
        sealed: bytes = self._fernet.encrypt_at_time(msgspec.json.encode([account, secret]), _second(now))
        return sealed.decode()

    def open(self, account: str, sealed: str, now: datetime, ttl_seconds: int | None = None) -> str:
        """Return the secret; raises SealError, also for one sealed longer ago than `ttl_seconds`."""
        try:
            if ttl_seconds is None:
                content = self._fernet.decrypt(sealed.encode())
            else:
                content = self._fernet.decrypt_at_time(sealed.encode(), ttl_seconds, _second(now))
            of, secret = msgspec.json.decode(content, type=tuple[str, str])
        except (InvalidToken, msgspec.MsgspecError, UnicodeError) as error:
            raise SealError("it was not sealed here, or is too old") from error
        if of != account:
            raise SealError("it is another account's")
        return secret


def draw_secret() -> str:
    """Return a new secret: 160 bits of chance."""
    return pyotp.random_base32()


def find_step(secret: str, code: str, now: datetime) -> int | None:
    """Return the step a code is of, if it is a code of now or of a phone whose clock is a little wrong."""
    code = "".join(code.split())
    if len(code) != 6 or not (code.isascii() and code.isdigit()):  # noqa: PLR2004  # digits of a code
        return None
    totp, current = pyotp.TOTP(secret), _second(now) // STEP_SECONDS
    for step in range(current - _STEPS_APART, current + _STEPS_APART + 1):
        if totp.verify(code, for_time=step * STEP_SECONDS):
            return step
    return None


def draw_codes() -> list[str]:
    """Return new recovery codes, each of 80 bits of chance."""
    return [draw_password() for _ in range(_RECOVERY_CODES)]


def tidy_recovery_code(code: str) -> str:
    """Return a recovery code as it was drawn; case, spaces and hyphens do not count."""
    plain = "".join(sign for sign in code.lower() if sign.isalnum())
    return "-".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def draw_qr(secret: str, account: str) -> str:
    """Return the QR code that an app reads, as SVG to put into a page."""
    address: str = pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="Bayboard")
    options: dict[str, Any] = {
        "scale": 5,
        "border": 2,
        "light": "#fff",
        "svgclass": "code",
        "lineclass": None,
    }
    svg: str = segno.make(address, error="m").svg_inline(**options)
    return svg


def _derive(key: str) -> bytes:
    made = HKDF(SHA256(), 32, salt=None, info=b"bayboard second factor").derive(key.encode())
    return urlsafe_b64encode(made)


def _second(now: datetime) -> int:
    return int(now.timestamp())
