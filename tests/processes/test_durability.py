"""The ledger, small: every part is killed several times, and nothing lost or doubled."""

import random
from datetime import UTC, datetime

from bayboard.bench.ingest.durability import PARTS, measure_durability
from bayboard.bench.ingest.stream import NumberedStream
from bayboard.parts.ingest import make_rules
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from ingest.message import ReceivedMessage
from ingest.steps.batch import sort_messages
from tests.rig.patience import rounds


def test_nothing_is_lost_or_doubled_however_often_a_part_is_killed() -> None:
    kills, messages = rounds(2, proof=20), rounds(1000, proof=10_000)
    ledger = measure_durability(
        kills=kills * len(PARTS), messages=messages, keep_seconds=12, seed=7, say=print
    )
    assert ledger.kills == dict.fromkeys(PARTS, kills)
    assert ledger.balanced, str(ledger)
    assert ledger.sent == ledger.stored + ledger.quarantined == messages


def test_the_stream_knows_what_it_sent() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    stream = NumberedStream(random.Random(1))
    published = [p for _ in range(2000) for p in stream.next_publications(now)] + list(stream.rest())
    assert stream.expected.messages == len(set(published)) == 2000
    assert len(published) > 2000
    rules = make_rules(load_workshop(DEFAULT_WORKSHOP_FILE))
    batch = sort_messages(
        [ReceivedMessage(topic, payload, now, 1, 1) for topic, payload in set(published)], rules
    )
    assert len(batch.refusals) == len(stream.expected.refused)
