"""Quarantined messages again: read as if they had just come, and linked to what they were stored as.

Owns one transaction for a batch of them: the very writing that ingest does, and the settling of
their rows in quarantine, together or not at all. What is refused again stays, with its new
reason. Several processes may replay at once; a message that one of them holds, the others skip.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from psycopg import Connection, sql

from ingest.adapters.mapping import Adapters
from ingest.message import ReceivedMessage
from ingest.steps.batch import Batch, sort_messages
from ingest.steps.clocks import read_clocks
from ingest.steps.decode import Rules
from ingest.steps.rows import COLUMNS
from ingest.store.failures import Failure, classify_failure, explain_unexpected
from ingest.store.write import write_batch

# So many are replayed in one transaction.
BATCH_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class StoredAs:
    """The event that a message was stored as; a status has no event_id."""

    table: str
    site: str
    device: str
    event_id: str | None
    at: datetime


@dataclass(slots=True)
class Replayed:
    """What became of messages, by their numbers in quarantine."""

    stored: dict[int, StoredAs] = field(default_factory=dict)
    stored_before: dict[int, StoredAs] = field(default_factory=dict)
    skipped: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.stored) + len(self.stored_before) + len(self.skipped) + len(self.refused)

    def add(self, other: "Replayed") -> None:
        """Take in what became of other messages."""
        self.stored |= other.stored
        self.stored_before |= other.stored_before
        self.skipped += other.skipped
        self.refused |= other.refused


def find_requested(connection: Connection) -> list[int]:
    """Return the numbers of a batch of messages that wait to be replayed and that nobody holds."""
    found = connection.execute(
        "select id from quarantined_message where status = 'replay_requested'"
        " order by received_at limit %s for update skip locked",
        (BATCH_MESSAGES,),
    )
    return [quarantined_id for (quarantined_id,) in found]


def replay(
    connection: Connection, ids: Sequence[int], *, rules: Rules, adapters: Adapters, now: datetime
) -> Replayed:
    """Replay a batch of messages, leaving out those that are replayed already or held by others.

    The connection is one that `ingest.store.write.prepare_connection` has prepared. Raises
    psycopg.Error when the database is away or refuses; then nothing has changed.
    """
    try:
        return _replay_together(connection, ids, rules, adapters, now)
    except Exception as error:  # whatever a message raises, it is refused again and the others go on
        if classify_failure(error) is not Failure.PERMANENT:
            raise
        if len(ids) == 1:
            return _refuse_again(connection, {ids[0]: explain_unexpected(error)})
    middle = len(ids) // 2
    replayed = replay(connection, ids[:middle], rules=rules, adapters=adapters, now=now)
    replayed.add(replay(connection, ids[middle:], rules=rules, adapters=adapters, now=now))
    return replayed


def _replay_together(
    connection: Connection, ids: Sequence[int], rules: Rules, adapters: Adapters, now: datetime
) -> Replayed:
    with connection.transaction():
        messages = _hold(connection, ids, now)
        translate = adapters.prepare(connection, messages.values())
        clocks = read_clocks(connection, messages.values())
        batches = {
            quarantined_id: sort_messages([message], rules, translate, clocks)
            for quarantined_id, message in messages.items()
        }
        write_batch(connection, _merge(batches.values()), rules)
        links = {found: link for found, batch in batches.items() if (link := _name_event(batch))}
        stored = _find_stored_now(connection, links, now)
        replayed = Replayed(
            stored={found: link for found, link in links.items() if found in stored},
            stored_before={found: link for found, link in links.items() if found not in stored},
            skipped=[found for found, batch in batches.items() if batch.skipped],
            refused={found: batch.refusals[0].reason for found, batch in batches.items() if batch.refusals},
        )
        _settle(connection, links, replayed.skipped, now)
        _refuse_again(connection, replayed.refused)
    return replayed


def _hold(connection: Connection, ids: Sequence[int], now: datetime) -> dict[int, ReceivedMessage]:
    """Lock messages until the end of the transaction, and read them as received now."""
    found = connection.execute(
        "select id, topic, payload, received_at from quarantined_message"
        " where id = any(%s) and status <> 'replayed' order by id for update skip locked",
        (list(ids),),
        binary=True,
    )
    return {
        quarantined_id: ReceivedMessage(topic, payload, now, packet_id=0, connection=0, came_at=came_at)
        for quarantined_id, topic, payload, came_at in found
    }


def _merge(batches: Iterable[Batch]) -> Batch:
    """Put what is to be stored of many batches into one; refused messages are in quarantine already."""
    merged = Batch()
    for batch in batches:
        for table, rows in batch.rows.items():
            merged.rows.setdefault(table, []).extend(rows)
        merged.heard |= batch.heard
    return merged


def _name_event(batch: Batch) -> StoredAs | None:
    """Name the event that a message became; of many readings, the first."""
    for table, columns in COLUMNS.items():
        if rows := batch.rows.get(table):
            event = dict(zip(columns, rows[0], strict=True))
            return StoredAs(table, event["site"], event["device"], event.get("event_id"), event["at"])
    return None


def _find_stored_now(connection: Connection, links: Mapping[int, StoredAs], now: datetime) -> set[int]:
    """Return the messages whose event has our receive time; of several with one event, only the first."""
    stored: dict[StoredAs, int] = {}
    for table in {link.table for link in links.values()}:
        asked = {found: link for found, link in links.items() if link.table == table}
        answer = connection.execute(
            sql.SQL(
                "select asked.id from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[],"
                " %s::timestamptz[]) as asked (id, site, device, event_id, at)"
                " join {} as event using (site, device, at)"
                " where event.received_at = %s {} order by asked.id desc"
            ).format(
                sql.Identifier(table),
                sql.SQL("and event.event_id = asked.event_id" if "event_id" in COLUMNS[table] else ""),
            ),
            (
                list(asked),
                [link.site for link in asked.values()],
                [link.device for link in asked.values()],
                [link.event_id for link in asked.values()],
                [link.at for link in asked.values()],
                now,
            ),
        )
        stored |= {links[found]: found for (found,) in answer}
    return set(stored.values())


def _settle(
    connection: Connection, links: Mapping[int, StoredAs], skipped: Sequence[int], now: datetime
) -> None:
    connection.execute(
        "update quarantined_message as message set status = 'replayed', settled_at = %s,"
        " stored_device = link.device, stored_event_id = link.event_id, stored_at = link.at"
        " from unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[])"
        " as link (id, device, event_id, at) where message.id = link.id",
        (
            now,
            list(links),
            [link.device for link in links.values()],
            [link.event_id for link in links.values()],
            [link.at for link in links.values()],
        ),
    )
    connection.execute(
        "update quarantined_message set status = 'discarded', settled_at = %s where id = any(%s)",
        (now, list(skipped)),
    )


def _refuse_again(connection: Connection, reasons: Mapping[int, str]) -> Replayed:
    connection.execute(
        "update quarantined_message as message set status = 'new', settled_at = null, reason = refused.reason"
        " from unnest(%s::bigint[], %s::text[]) as refused (id, reason) where message.id = refused.id",
        (list(reasons), list(reasons.values())),
    )
    return Replayed(refused=dict(reasons))
