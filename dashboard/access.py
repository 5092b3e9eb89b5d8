"""Who may see what: users, and the signed tickets that make somebody one.

Owns the form of sign-in links and sessions. Both are tickets that name a role, its sites and
when they end; nothing is stored, so only a new key or time ends them. Accounts with passwords
will give out the same sessions. Refuses to read a clock: whoever asks says what time it is.
"""

from contextvars import ContextVar
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

import msgspec
from itsdangerous import BadSignature, URLSafeSerializer

SESSION_COOKIE = "bayboard_session"
LINK_PATH = "/sign-in/"


class AccessError(Exception):
    """A ticket is not ours."""


class ExpiredError(AccessError):
    """A ticket was ours, and is over."""


class Role(StrEnum):
    """What somebody is at the workshop."""

    MANAGER = "manager"
    FOREMAN = "foreman"


class User(msgspec.Struct, frozen=True):
    """Somebody who signed in; no `sites` means every site."""

    role: Role
    sites: tuple[str, ...] | None = None

    def may_see(self, site: str | None) -> bool:
        """Say whether a site's data are for this user; what belongs to no site is for those who see all."""
        return self.sites is None or site in self.sites


class Ticket(msgspec.Struct, frozen=True):
    """A user until a time."""

    user: User
    expires_at: datetime


class TicketBox:
    """Signs and reads tickets of one purpose; a ticket of another purpose is not valid here."""

    def __init__(self, secret_key: str, purpose: str) -> None:
        self._serializer = URLSafeSerializer(
            secret_key, salt=f"bayboard {purpose}", signer_kwargs={"digest_method": sha256}
        )

    def sign(self, ticket: Ticket) -> str:
        """Return the ticket as text that fits into an address or a cookie."""
        signed = self._serializer.dumps(msgspec.to_builtins(ticket))
        return signed if isinstance(signed, str) else signed.decode()

    def read(self, signed: str, now: datetime) -> Ticket:
        """Return the ticket; raises AccessError for what we did not sign, ExpiredError for what is over."""
        try:
            ticket = msgspec.convert(self._serializer.loads(signed), Ticket)
        except (BadSignature, msgspec.ValidationError) as error:
            raise AccessError("the ticket is not ours") from error
        if ticket.expires_at <= now:
            raise ExpiredError("the ticket is over")
        return ticket


def link_box(secret_key: str) -> TicketBox:
    """Return the box of sign-in links."""
    return TicketBox(secret_key, "link")


def session_box(secret_key: str) -> TicketBox:
    """Return the box of sessions."""
    return TicketBox(secret_key, "session")


class Visit(msgspec.Struct, frozen=True):
    """Who asks, and in which language the answer is to be."""

    user: User
    lang: str


# Set by the guard for as long as a request of somebody signed in is answered.
current_visit: ContextVar[Visit] = ContextVar("current_visit")
