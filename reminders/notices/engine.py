"""The engine of rules: what changes is judged at once, what lasts is judged on a timer, each is told once.

Owns the adapter between the pure judgement and the database. It reads committed state only; a firing and its
message are one transaction, in which the site is locked and judged again, so that any
number of engines, killed at any moment, tell each thing once.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from config.kit.backoff import back_off
from models.analytics.estimate.model import SiteModel
from models.database.connection import connect_service
from models.domain.delivery import NewMessage, Role
from models.domain.notice.firing import Fired
from models.domain.notice.visit import OpenVisit
from models.queries.delivery.outbox import put_messages
from models.queries.notice.facts import (
    end_firings,
    know_rules,
    lock_firings,
    read_news_of_models,
    read_standing,
    read_visits,
    revive_messages,
    write_firings,
)
from models.queries.service.ripe import read_consent
from models.signals import Signal, listen_to, read_change
from reminders.notices.facts import RuleFacts
from reminders.notices.judging import Firing, Verdict, judge_rules
from reminders.notices.messages import find_role, may_be_told, write_message
from reminders.service.metrics import Metrics

_log = structlog.get_logger()

_NAME = "bayboard-rules"

# What lasts too long is noticed this late at most, and changes are gathered for so long.
_ROUND_SECONDS, _GATHER_SECONDS = 30.0, 1.0
_FIRST_BACKOFF_SECONDS, _MAX_BACKOFF_SECONDS = 0.4, 15.0


class RuleEngine:
    """One engine: a database connection, and what its sites have learned."""

    def __init__(
        self,
        *,
        database_url: str,
        facts: RuleFacts,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._database_url = database_url
        self._facts = facts
        self._metrics = metrics
        self._clock = clock
        self._stopping = threading.Event()
        self._trouble: str | None = None
        self._failures = 0
        self._hindered: dict[str, str] = {}
        self._known_since: Mapping[str, datetime] = {}
        self._models: dict[str, tuple[datetime, SiteModel | None]] = {}

    def stop(self) -> None:
        """Make `run` return after the transaction it is in; callable from any thread."""
        self._stopping.set()

    def find_troubles(self) -> list[str]:
        """Say what keeps rules from being judged, a sentence each."""
        hindered = (f"rules cannot be judged at {site}: {why}" for site, why in self._hindered.items())
        return [*([self._trouble] if self._trouble else []), *hindered]

    def run(self) -> None:
        """Judge until stopped; a database that is away is waited for, for ever."""
        while self._facts.rules and not self._stopping.is_set():
            try:
                with connect_service(self._database_url, _NAME) as connection:
                    self._follow(connection)
            except Exception as error:  # noqa: BLE001  # the top of a service loop: it goes on, and says why
                self._failures += 1
                self._trouble = f"rules cannot be judged: {str(error).strip()}"
                _log.warning("rules were not judged, will be", why=str(error), kind=type(error).__name__)
                self._stopping.wait(back_off(self._failures, _FIRST_BACKOFF_SECONDS, _MAX_BACKOFF_SECONDS))

    def pass_once(self, now: datetime) -> int:
        """Judge every site as of a moment, once; return how many messages that came to."""
        with connect_service(self._database_url, _NAME) as connection:
            return self.judge_sites(connection, list(self._facts.sites), now)

    def judge_sites(self, connection: Connection[Any], sites: Collection[str], now: datetime) -> int:
        """Judge some sites as of a moment; return how many messages that came to."""
        wanted = [site for site in sites if site in self._facts.sites]
        if not wanted or not self._facts.rules:
            return 0
        started = time.perf_counter()
        self._learn(connection)
        known_since = self._known_since = self._known_since or know_rules(
            connection, self._facts.fingerprints, now
        )
        visits, standing = read_visits(connection, wanted), read_standing(connection, wanted)
        told = 0
        for site in wanted:
            try:
                verdict = self._judge(site, visits[site], standing[site], known_since, now)
                if verdict.firings or verdict.over:
                    told += self._act(connection, site, known_since, now)
                self._hindered.pop(site, None)
            except psycopg.Error:
                raise
            except Exception as error:  # noqa: BLE001  # what ails one site must not silence the others
                if self._hindered.get(site) != (why := f"{type(error).__name__}: {error}"):
                    self._hindered[site] = why
                    _log.exception("rules cannot be judged at a site, will be tried again", site=site)
        self._metrics.rules_seconds.observe(time.perf_counter() - started)
        return told

    def _follow(self, connection: Connection[Any]) -> None:
        connection.execute(listen_to(Signal.BOARD))
        next_round = 0.0
        while not self._stopping.is_set():
            if time.monotonic() >= next_round:
                next_round = time.monotonic() + _ROUND_SECONDS
                self.judge_sites(connection, list(self._facts.sites), self._clock())
                self._trouble, self._failures = None, 0
            heard = connection.notifies(timeout=_GATHER_SECONDS)
            self.judge_sites(connection, self._list_changed(heard), self._clock())

    def _list_changed(self, heard: Iterable[psycopg.Notify]) -> set[str]:
        """Return the sites that announcements say changed: all, where one is not understood."""
        changes = [read_change(notice.payload) for notice in heard]
        if None in changes:
            return set(self._facts.sites)
        return {change.site for change in changes if change and not change.is_alive_only}

    def _judge(
        self,
        site: str,
        visits: Sequence[OpenVisit],
        standing: Sequence[Fired],
        known_since: Mapping[str, datetime],
        now: datetime,
    ) -> Verdict:
        _, model = self._models.get(site, (now, None))
        floor = self._facts.lay_floor(visits, self._facts.expect(site, visits, model, now), now)
        clock = self._facts.find_clock(site, now)
        return judge_rules(self._facts.rules, floor, standing, known_since, clock)

    def _act(
        self, connection: Connection[Any], site: str, known_since: Mapping[str, datetime], now: datetime
    ) -> int:
        """Judge a site again where nobody else may write, and write what that comes to."""
        with connection.transaction():
            lock_firings(connection, site)
            visits, standing = read_visits(connection, [site])[site], read_standing(connection, [site])[site]
            verdict = self._judge(site, visits, standing, known_since, now)
            if verdict.over:
                withdrawn = end_firings(connection, verdict.over, now)
                self._metrics.rule_messages.labels("withdrawn").inc(withdrawn)
            kept = write_firings(connection, [firing.become(now) for firing in verdict.firings])
            firings = [firing for firing in verdict.firings if firing.become(now) in kept]
            messages = self._write(connection, site, firings, now)
            told = put_messages(connection, messages, now)
            if told < len(messages):
                told += revive_messages(connection, [message.event_key for message in messages], now)
        self._metrics.rule_messages.labels("put").inc(told)
        return told

    def _write(
        self, connection: Connection[Any], site: str, firings: Sequence[Firing], now: datetime
    ) -> list[NewMessage]:
        customers = sorted({ref for each in firings if (ref := each.holding.visit.customer_ref)})
        consent = read_consent(connection, site, customers) if customers else {}
        clock = self._facts.find_clock(site, now)
        return [
            write_message(
                firing,
                self._facts.sites[site],
                self._facts.stages,
                clock,
                now,
                with_link=find_role(firing) is Role.CUSTOMER,
            )
            for firing in firings
            if may_be_told(firing, consent)
        ]

    def _learn(self, connection: Connection[Any]) -> None:
        """Keep up with what sites have learned of how long things take."""
        if any(self._facts.asks_for_risk(site) for site in self._facts.sites):
            known = {site: until for site, (until, _) in self._models.items()}
            self._models |= read_news_of_models(connection, known)
