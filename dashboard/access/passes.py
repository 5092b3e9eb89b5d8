"""Which accounts, sessions and screens hold, known in this process and never older than a few seconds.

Owns the reading of their tables: every two seconds, and at once when somebody shows what is not
known yet. What is known counts while the database is away, so that no screen goes dark over it;
what is not known then is an error and not a refusal. Ends what is open once it holds no longer.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

import structlog

from dashboard.access.identity import Role, Screen, ScreenKind, Ticket, User, Visitor
from dashboard.database import Connection, DatabaseAwayError, connect
from models.domain.access.people import AccountRow, ScreenRow
from models.queries.access.accounts import read_accounts
from models.queries.access.screens import hash_token, note_seen, read_screens
from models.queries.access.sessions import hash_session, note_sessions, read_unexpired

log = structlog.get_logger()

REFRESH_SECONDS = 2.0
_SEEN_EVERY = timedelta(seconds=20)
_ANSWER_SECONDS = 5
# One who shows what is not known has the tables read, but not more often than this, and once for all who do.
_UNKNOWN_EVERY_SECONDS = 0.25
# A token that was not known is not looked for again for this long; those made since are read all the same.
_UNKNOWN_SECONDS = 5.0
_MOST_UNKNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody shows: the ticket of a session, tokens of screens; and from which address."""

    ticket: Ticket | None = None
    tokens: tuple[str, ...] = ()
    address: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """Accounts by name, screens by the hash of their token; null is one that holds no longer.

    Sessions by the hash of their id, with whether they hold.
    """

    accounts: Mapping[str, tuple[int, User | None]] = field(default_factory=dict)
    sessions: Mapping[bytes, bool] = field(default_factory=dict)
    screens: Mapping[bytes, Screen | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Open:
    """Something that stays open for as long as the credentials hold for it."""

    credentials: Credentials
    admits: Callable[[Visitor], bool]
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class _UnknownError(Exception):
    """Somebody shows what may be new."""


class Passes:
    """Judges credentials by what the tables say."""

    def __init__(self, database_url: str, clock: Callable[[], datetime]) -> None:
        self._database_url = database_url
        self._clock = clock
        self._known = _Known()
        self._open: set[_Open] = set()
        self._seen: set[tuple[int, str]] = set()
        self._used: dict[bytes, str] = {}
        self._seen_noted_at: datetime | None = None
        self._reading = asyncio.Lock()
        self._readings_begun = 0
        self._reading_done = 0
        self._next_reading = 0.0
        self._unknown: dict[bytes, float] = {}

    async def recognise(self, credentials: Credentials) -> Visitor:
        """Say who shows these credentials; raises DatabaseAwayError when that cannot be known now."""
        try:
            visitor = self._judge(credentials)
        except _UnknownError:
            await self._read_after_now()
            visitor = self._judge(credentials, unknown_holds_not=True)
            self._remember_unknown(credentials)
        self._note_use(credentials, visitor)
        return visitor

    async def read_again(self) -> None:
        """Read the tables after something was ended, so that this process knows it at once."""
        await self._read_after_now()

    @contextmanager
    def keep_open(
        self, credentials: Credentials, admits: Callable[[Visitor], bool]
    ) -> Iterator[asyncio.Event]:
        """Give an event that is set as soon as the credentials are admitted no longer."""
        kept = _Open(credentials, admits)
        self._open.add(kept)
        try:
            yield kept.ended
        finally:
            self._open.discard(kept)

    async def keep_current(self) -> None:
        """Read the tables again and again, for ever."""
        while True:
            try:
                async with connect(self._database_url, "bayboard serve passes") as connection:
                    while True:
                        await self._read(connection)
                        await self._note_seen(connection)
                        await asyncio.sleep(REFRESH_SECONDS)
            except DatabaseAwayError:
                # The feed says so. A session may be over all the same.
                self._end_what_is_over()
            except Exception:  # the top of a service loop: no row may end the dashboard
                log.exception("accounts and screens could not be read, trying again")
            await asyncio.sleep(REFRESH_SECONDS)

    def _judge(self, credentials: Credentials, *, unknown_holds_not: bool = False) -> Visitor:
        user, refused = None, False
        ticket = credentials.ticket
        if ticket and ticket.expires_at > self._clock():
            user = self._find_user(ticket, unknown_holds_not)
        screens = []
        for token in credentials.tokens:
            digest = hash_token(token)
            if not unknown_holds_not and digest not in self._known.screens and not self._was_unknown(digest):
                raise _UnknownError
            screen = self._known.screens.get(digest)
            screens += [screen] if screen else []
            refused = refused or screen is None
        return Visitor(user, tuple(screens), refused, ticket if user else None)

    def _find_user(self, ticket: Ticket, unknown_holds_not: bool) -> User | None:
        if ticket.session is not None:
            holds = self._known.sessions.get(hash_session(ticket.session))
            if holds is None and not unknown_holds_not:
                raise _UnknownError
            if not holds:
                return None
        if ticket.version is None:
            return ticket.user
        version, user = self._known.accounts.get(ticket.user.account or "", (0, None))
        if version < ticket.version and not unknown_holds_not:
            raise _UnknownError
        return user if version == ticket.version else None

    def _was_unknown(self, digest: bytes) -> bool:
        return self._unknown.get(digest, 0.0) > monotonic()

    def _remember_unknown(self, credentials: Credentials) -> None:
        now = monotonic()
        if len(self._unknown) >= _MOST_UNKNOWN:
            self._unknown.clear()
        for digest in map(hash_token, credentials.tokens):
            if digest not in self._known.screens:
                self._unknown[digest] = now + _UNKNOWN_SECONDS

    async def _read_after_now(self) -> None:
        """Read once after this moment; whoever waits meanwhile shares the reading."""
        asked = self._readings_begun
        async with self._reading:
            if self._reading_done <= asked:
                await asyncio.sleep(self._next_reading - monotonic())
                self._next_reading = monotonic() + _UNKNOWN_EVERY_SECONDS
                async with connect(self._database_url, "bayboard serve passes") as connection:
                    await self._read(connection)

    async def _read(self, connection: Connection) -> None:
        self._readings_begun += 1
        number = self._readings_begun
        async with asyncio.timeout(_ANSWER_SECONDS):
            accounts = await read_accounts(connection)
            sessions = await read_unexpired(connection, self._clock())
            screens = await read_screens(connection)
        self._known = _Known(
            {account.name: (account.session_version, _make_user(account)) for account in accounts},
            sessions,
            {screen.token_hash: _make_screen(screen) for screen in screens},
        )
        self._reading_done = number
        self._end_what_is_over()

    def _end_what_is_over(self) -> None:
        for kept in self._open:
            if not kept.admits(self._judge(kept.credentials, unknown_holds_not=True)):
                kept.ended.set()

    def _note_use(self, credentials: Credentials, visitor: Visitor) -> None:
        self._seen.update((screen.id, credentials.address) for screen in visitor.screens)
        if visitor.ticket and visitor.ticket.session and credentials.address:
            self._used[hash_session(visitor.ticket.session)] = credentials.address

    async def _note_seen(self, connection: Connection) -> None:
        """Note which screens and sessions were seen, not more often than anybody wants to know."""
        now = self._clock()
        if self._seen_noted_at and now - self._seen_noted_at < _SEEN_EVERY:
            return
        for kept in self._open:
            self._note_use(kept.credentials, self._judge(kept.credentials, unknown_holds_not=True))
        if self._seen or self._used:
            seen, self._seen, self._seen_noted_at = self._seen, set(), now
            used, self._used = self._used, {}
            await note_seen(connection, seen, now)
            await note_sessions(connection, used, now)


def _make_user(account: AccountRow) -> User | None:
    # A role that this version does not know opens no door.
    if account.disabled_at or account.role not in set(Role):
        return None
    sites = None if account.sites is None else tuple(account.sites)
    return User(Role(account.role), sites, account.name, account.label)


def _make_screen(screen: ScreenRow) -> Screen | None:
    if screen.revoked_at or screen.kind not in set(ScreenKind):
        return None
    return Screen(screen.id, ScreenKind(screen.kind), screen.site)
