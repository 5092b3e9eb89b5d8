"""What rules are judged by, and what came of them: cars in the shop of some sites, and firings.

Owns these questions and writes; a firing is written in the transaction that puts its message. Which rules
there are and what they mean is not known here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from models.analytics.estimate.model import SiteModel, decode_model
from models.database.named import read_sql
from models.domain.notice.firing import Fired
from models.domain.notice.visit import OpenVisit, follow_parts
from models.locks import Lock, hold
from models.signals import Signal, ring

_VISITS = read_sql("queries/notice/visits")
_PARTS = read_sql("queries/notice/parts")
_KNOWN = "rule %s"


def read_visits(connection: Connection[Any], sites: Sequence[str]) -> Mapping[str, list[OpenVisit]]:
    """Read the cars that are in the shop, by site."""
    found: dict[str, list[OpenVisit]] = {site: [] for site in sites}
    wanted = {"sites": list(sites)}
    parts = {
        (site, order): follow_parts((at, said) for _, _, at, said in rows)
        for (site, order), rows in groupby(connection.execute(_PARTS, wanted), key=lambda row: row[:2])
    }
    with connection.cursor(row_factory=class_row(OpenVisit)) as cursor:
        for visit in cursor.execute(_VISITS, wanted):
            key = (visit.site, visit.work_order)
            found[visit.site].append(replace(visit, parts=parts[key]) if key in parts else visit)
    return found


def read_standing(connection: Connection[Any], sites: Sequence[str]) -> Mapping[str, list[Fired]]:
    """Read what was told of and not ended yet, by site."""
    found: dict[str, list[Fired]] = {site: [] for site in sites}
    with connection.cursor(row_factory=class_row(Fired)) as cursor:
        for fired in cursor.execute(
            "select rule, site, subject, since, step, fired_at from rule_firing"
            " where site = any(%s) and answered_at is null",
            [list(sites)],
        ):
            found[fired.site].append(fired)
    return found


def lock_firings(connection: Connection[Any], site: str) -> None:
    """Let no other engine write what fires at a site until this transaction is over."""
    hold(connection, Lock.NOTICES, site)


def write_firings(connection: Connection[Any], firings: Sequence[Fired]) -> set[Fired]:
    """Keep what fires; return those that are new, or were over and hold again."""
    cursor = connection.cursor()
    cursor.executemany(
        "insert into rule_firing as known (rule, subject, since, step, site, fired_at)"
        " values (%s, %s, %s, %s, %s, %s) on conflict (rule, subject, since, step) do update"
        " set answered_at = null where known.answered_at is not null returning rule",
        [(each.rule, each.subject, each.since, each.step, each.site, each.fired_at) for each in firings],
        returning=True,
    )
    kept = [each.fetchone() is not None for each in cursor.results()] if firings else []
    return {fired for fired, is_kept in zip(firings, kept, strict=True) if is_kept}


def end_firings(connection: Connection[Any], over: Sequence[Fired], now: datetime) -> int:
    """Keep that conditions are over, and withdraw what waits to be said of them; return how many messages."""
    cursor = connection.cursor()
    cursor.executemany(
        "update rule_firing set answered_at = %s where (rule, subject, since, step) = (%s, %s, %s, %s)",
        [(now, each.rule, each.subject, each.since, each.step) for each in over],
    )
    return connection.execute(
        "update outbox_message set state = 'cancelled', settled_at = %s"
        " where state = 'waiting' and event_key = any(%s)",
        [now, [each.event_key for each in over]],
    ).rowcount


def know_rules(
    connection: Connection[Any], fingerprints: Mapping[str, str], now: datetime
) -> Mapping[str, datetime]:
    """Return since when each rule has been there as it is; one that is new or was edited, from now on."""
    names = {_KNOWN % rule: rule for rule in fingerprints}
    connection.cursor().executemany(
        "insert into reminder_pass as known (name, at, plans) values (%s, %s, %s)"
        " on conflict (name) do update set at = excluded.at, plans = excluded.plans"
        " where known.plans <> excluded.plans",
        [(name, now, fingerprints[rule]) for name, rule in names.items()],
    )
    rows = connection.execute("select name, at from reminder_pass where name = any(%s)", [list(names)])
    return {names[name]: at for name, at in rows}


def revive_messages(connection: Connection[Any], event_keys: Sequence[str], now: datetime) -> int:
    """Let messages wait again that were withdrawn before anybody tried to send them; return how many."""
    revived = connection.execute(
        "update outbox_message set state = 'waiting', settled_at = null, due_at = greatest(due_at, %s)"
        " where state = 'cancelled' and attempts = 0 and event_key = any(%s)",
        [now, list(event_keys)],
    ).rowcount
    if revived:
        connection.execute(*ring(Signal.OUTBOX))
    return revived


def read_news_of_models(
    connection: Connection[Any], known: Mapping[str, datetime]
) -> Mapping[str, tuple[datetime, SiteModel | None]]:
    """Read what sites have learned since what is known; None where another version of us learned it."""
    rows = connection.execute(
        "select site, until, model from site_model left join unnest(%s::text[], %s::timestamptz[])"
        " as known (of_site, known_until) on of_site = site where until is distinct from known_until",
        [list(known), list(known.values())],
    )
    return {site: (until, _decode(model)) for site, until, model in rows}


def _decode(model: bytes) -> SiteModel | None:
    try:
        return decode_model(model)
    except msgspec.DecodeError:
        return None
