"""Quarantined messages: found, counted, and marked for what people want done with them.

Owns the search by filter, shared by the command and the page, and the two changes of status
that need no decoding: discard, and request a replay. Replaying itself is ingest's, which hears
of requests through the channel named here.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row, tuple_row

from config.kit.topic_filter import check_filter, express_filter
from models.database.named import read_sql
from models.domain.quarantine import ELLIPSIS, SPECIFICS, QuarantinedRow, ReasonCount, Status
from models.signals import Signal, ring


@dataclass(frozen=True, slots=True)
class QuarantineFilter:
    """Which messages are meant; None leaves a field open.

    `topic` is an MQTT filter if it has a wildcard, else how a topic begins; `reason` is part of one,
    and an ellipsis in it stands for anything. `sites` are those that whoever asks may see.
    """

    status: Status | None = Status.NEW
    site: str | None = None
    device: str | None = None
    topic: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    sites: tuple[str, ...] | None = None
    ids: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse a wrong topic filter with ValueError."""
        if self.topic is not None:
            check_filter(self.topic)


_FOUND = read_sql("queries/quarantine/messages")


def _ask(values: str, rest: str = "") -> str:
    """Put a question to what a filter finds."""
    return f"{_FOUND} select {values} from found {rest}"  # noqa: S608  # only the questions below


_COLUMNS = ", ".join(column.name for column in fields(QuarantinedRow))
_LIST = _ask(_COLUMNS, "order by received_at desc, id desc limit %(limit)s offset %(offset)s")
_ONE = _ask(f"{_COLUMNS}, substr(payload, 1, %(most)s)", "where id = %(id)s")
# No payload of PostgreSQL's is longer.
_WHOLE = 2**30
_COUNT = _ask("count(*)")
_IDS = _ask("id", "order by id")
_REASONS = _ask(
    "regexp_replace(reason, %(specifics)s, %(ellipsis)s, 'g') as reason, count(*) as messages,"
    " count(distinct (site, device)) as devices, min(received_at) as first_at, max(received_at) as last_at",
    "group by 1 order by messages desc, reason",
)


async def read_quarantine(
    connection: AsyncConnection[Any], which: QuarantineFilter, *, limit: int = 100, offset: int = 0
) -> list[QuarantinedRow]:
    """Read refused messages, the newest first."""
    async with connection.cursor(row_factory=class_row(QuarantinedRow)) as cursor:
        await cursor.execute(_LIST, {**_parameters(which), "limit": limit, "offset": offset})
        return await cursor.fetchall()


async def read_quarantined(
    connection: AsyncConnection[Any], quarantined_id: int, most_bytes: int = _WHOLE
) -> tuple[QuarantinedRow, bytes] | None:
    """Read one refused message with its payload, at most so many bytes; None if there is none."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(
            _ONE, {**_parameters(QuarantineFilter(status=None)), "id": quarantined_id, "most": most_bytes}
        )
        found = await cursor.fetchone()
    return (QuarantinedRow(*found[:-1]), found[-1]) if found else None


async def count_quarantine(connection: AsyncConnection[Any], which: QuarantineFilter) -> int:
    """Count the messages that a filter means."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(_COUNT, _parameters(which))
        counted = await cursor.fetchone()
    return counted[0] if counted else 0


async def find_ids(connection: AsyncConnection[Any], which: QuarantineFilter) -> list[int]:
    """Return the numbers of the messages that a filter means, the oldest first."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(_IDS, _parameters(which))
        return [quarantined_id for (quarantined_id,) in await cursor.fetchall()]


async def count_by_reason(connection: AsyncConnection[Any], which: QuarantineFilter) -> list[ReasonCount]:
    """Count refused messages by reason, the most frequent first."""
    wording = {"specifics": SPECIFICS, "ellipsis": ELLIPSIS}
    async with connection.cursor(row_factory=class_row(ReasonCount)) as cursor:
        await cursor.execute(_REASONS, {**_parameters(which), **wording})
        return await cursor.fetchall()


async def request_replay(connection: AsyncConnection[Any], ids: Iterable[int]) -> int:
    """Ask ingest to replay messages that are not replayed yet; return how many were asked for."""
    async with connection.transaction():
        asked = await connection.execute(
            "update quarantined_message set status = 'replay_requested', settled_at = null"
            " where id = any(%s) and status in ('new', 'discarded')",
            (list(ids),),
        )
        await connection.execute(*ring(Signal.QUARANTINE))
    return asked.rowcount


async def discard(connection: AsyncConnection[Any], ids: Iterable[int]) -> int:
    """Mark messages as of no use; they are kept. Return how many that were."""
    async with connection.transaction():
        marked = await connection.execute(
            "update quarantined_message set status = 'discarded', settled_at = now()"
            " where id = any(%s) and status in ('new', 'replay_requested')",
            (list(ids),),
        )
    return marked.rowcount


def _parameters(which: QuarantineFilter) -> dict[str, object]:
    return {
        **asdict(which),
        "topic": which.topic and f"^{_express_topic(which.topic)}$",
        "reason": which.reason and f"%{_express_reason(which.reason)}%",
        "sites": None if which.sites is None else list(which.sites),
        "ids": None if which.ids is None else list(which.ids),
    }


def _express_reason(reason: str) -> str:
    """Return a part of a reason as SQL's LIKE has it."""
    return re.sub(r"([\\%_])", r"\\\1", reason).replace(ELLIPSIS, "%")


def _express_topic(topic: str) -> str:
    is_filter = any(level in ("+", "#") for level in topic.split("/"))
    return express_filter(topic) if is_filter else f"{re.escape(topic)}.*"
