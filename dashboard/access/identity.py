"""Who may see what: users, screens, and the signed tickets that make somebody a user.

A session is a ticket that names a role, its sites, when it ends and the row it is kept in, so that it
can be listed and ended. The ticket of an account also names the account's version. Refuses to read a
clock or a database.
"""

from contextvars import ContextVar
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

import msgspec
from itsdangerous import BadSignature, URLSafeSerializer

from config.secret_keys import split_keys
from config.texts import LANGS

SESSION_COOKIE = "bayboard_session"
LINK_PATH = "/sign-in/"
# A screen's own address, short enough to be typed with a remote control.
SCREEN_PATH = "/s/"


class AccessError(Exception):
    """A ticket is not ours."""


class ExpiredError(AccessError):
    """A ticket was ours, and is over."""


class Role(StrEnum):
    """What somebody is at the workshop."""

    MANAGER = "manager"
    FOREMAN = "foreman"


class ScreenKind(StrEnum):
    """What a screen shows."""

    WALL = "wall"
    LOUNGE = "lounge"


class User(msgspec.Struct, frozen=True):
    """Somebody who signed in; no `sites` means every site, no `account` that it was with a link."""

    role: Role
    sites: tuple[str, ...] | None = None
    account: str | None = None
    label: str | None = None

    def may_see(self, site: str | None) -> bool:
        """Say whether a site's data are for this user; what belongs to no site is for those who see all."""
        return self.sites is None or site in self.sites


class Screen(msgspec.Struct, frozen=True):
    """A screen whose token holds: it shows one kind of board of one site."""

    id: int
    kind: ScreenKind
    site: str

    @property
    def address(self) -> str:
        """Return the address of its board."""
        return f"/{self.kind}/{self.site}"


class Visitor(msgspec.Struct, frozen=True):
    """Whoever asks: nobody, a user, some screens; `refused` showed a token that does not hold."""

    user: User | None = None
    screens: tuple[Screen, ...] = ()
    refused: bool = False
    ticket: "Ticket | None" = None

    def shows(self, kind: ScreenKind | None, site: str | None) -> bool:
        """Say whether this is a screen of that board."""
        return any(screen.kind is kind and screen.site == site for screen in self.screens)


class Ticket(msgspec.Struct, frozen=True):
    """A user until a time; with a version, only for as long as the account's sessions have the same.

    With a session, only until that is ended; `link` is the access link that began it.
    """

    user: User
    expires_at: datetime
    version: int | None = None
    session: str | None = None
    link: int | None = None


class TicketBox:
    """Signs and reads tickets of one purpose; a ticket of another purpose is not valid here.

    Of several keys the first signs, and all are accepted.
    """

    def __init__(self, secret_key: str, purpose: str) -> None:
        oldest_first = list(reversed(split_keys(secret_key)))
        self._serializer = URLSafeSerializer(
            oldest_first, salt=f"bayboard {purpose}", signer_kwargs={"digest_method": sha256}
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

    def find(self, signed: str, now: datetime) -> Ticket | None:
        """Return the ticket, or None where it is not ours or over."""
        try:
            return self.read(signed, now)
        except AccessError:
            return None


def session_box(secret_key: str) -> TicketBox:
    """Return the box of sessions."""
    return TicketBox(secret_key, "session")


def halfway_box(secret_key: str) -> TicketBox:
    """Return the box of those who gave a password, and have a second factor still to show."""
    return TicketBox(secret_key, "halfway")


def known_box(secret_key: str) -> TicketBox:
    """Return the box of browsers in which an account signed in before."""
    return TicketBox(secret_key, "known browser")


class Visit(msgspec.Struct, frozen=True):
    """Who asks, in which language the answer is to be, from where, and in which session."""

    user: User
    lang: str
    address: str = ""
    session: str | None = None
    link: int | None = None

    @property
    def who(self) -> str:
        """Return who asks as the audit trail names them."""
        return self.user.account or f"access link {self.link or ''}".strip()


# Set by the guard for as long as a request of somebody signed in is answered.
current_visit: ContextVar[Visit] = ContextVar("current_visit")
# Set by the guard for as long as any request is answered, whoever asks.
current_visitor: ContextVar[Visitor] = ContextVar("current_visitor")
# The language of whoever asks: asked for, remembered, or the browser's own.
current_lang: ContextVar[str] = ContextVar("current_lang", default=LANGS[0])
