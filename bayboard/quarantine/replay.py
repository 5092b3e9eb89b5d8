"""Replays for `bayboard quarantine replay`: batch after batch, and what to say of them.

Apart from the commands because it brings ingest's writing with it, which takes its time to import.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import psycopg

from bayboard.entry import CommandError
from bayboard.parts.ingest import make_adapters, make_rules
from config.workshop import Workshop
from ingest.store.failures import first_line
from ingest.store.write import prepare_connection
from ingest.tend.replay import Replayed, replay
from models.domain.quarantine import generalise_reason

_NAMED_REASONS = 3


def replay_all(
    database_url: str,
    workshop: Workshop,
    batches: Iterable[Sequence[int]],
    clock: Callable[[], datetime],
) -> Replayed:
    """Replay batch after batch, each in a transaction of its own."""
    rules, adapters = make_rules(workshop), make_adapters(workshop)
    replayed = Replayed()
    try:
        with psycopg.connect(database_url, autocommit=True) as connection:
            prepare_connection(connection)
            for batch in batches:
                replayed.add(replay(connection, batch, rules=rules, adapters=adapters, now=clock()))
    except psycopg.Error as error:
        raise CommandError(
            f"the database stopped taking messages when {len(replayed)} were replayed: {first_line(error)}"
        ) from error
    return replayed


def describe_outcome(replayed: Replayed, number: int) -> str:
    """Say what became of one message."""
    if reason := replayed.refused.get(number):
        return f"refused again: {reason}"
    if number in replayed.skipped:
        return "skipped: no reading, or without a mileage, which the workshop file says to skip"
    for how, links in (("stored as", replayed.stored), ("was stored before as", replayed.stored_before)):
        if event := links.get(number):
            named = "/".join(name for name in (event.site, event.device, event.event_id) if name)
            return f"{how} {event.table} {named} at {event.at.isoformat()}"
    return "left alone: not there, replayed already, or being replayed by another"


def summarise(replayed: Replayed, asked: int) -> str:
    """Say how many messages became what, and why some were refused again."""
    counts = {
        "stored": len(replayed.stored),
        "stored before": len(replayed.stored_before),
        "skipped": len(replayed.skipped),
        "refused again": len(replayed.refused),
        "left alone": asked - len(replayed),
    }
    lines = [", ".join(f"{count:,} {what}" for what, count in counts.items() if count or what == "stored")]
    reasons = Counter(map(generalise_reason, replayed.refused.values()))
    lines += [f"  {count:,} x {reason}" for reason, count in reasons.most_common(_NAMED_REASONS)]
    return "\n".join(lines)
