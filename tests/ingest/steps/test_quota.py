"""What one device may send in an hour: more is refused with a reason, and kept."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bayboard.parts.ingest import make_rules
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from ingest.message import ReceivedMessage
from ingest.steps.batch import Batch, sort_messages
from ingest.steps.quota import QuotaRules, Quotas

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
RULES = replace(
    make_rules(load_workshop(DEFAULT_WORKSHOP_FILE)),
    quota=QuotaRules(messages=10, payload_bytes=10_000, orders=3),
)


def scan(number: int, order: str, device: str = "bay-B05", at: datetime = NOW) -> ReceivedMessage:
    payload = {
        "id": f"{device}-{number}",
        "at": at.isoformat(),
        "work_order": order,
        "stage": "repairing",
        "bay": "B05",
    }
    return receive(json.dumps(payload).encode(), device, at)


def receive(payload: bytes, device: str = "bay-B05", at: datetime = NOW) -> ReceivedMessage:
    return ReceivedMessage(f"workshop/v1/s1/scanner/{device}/stage", payload, at, 0, 0)


def sort(quotas: Quotas, *messages: ReceivedMessage, committed: bool = True) -> Batch:
    tally = quotas.begin()
    batch = sort_messages(messages, RULES, tally=tally)
    if committed:
        quotas.keep(tally, messages[-1].received_at)
    return batch


def stored(batch: Batch) -> int:
    return len(batch.rows.get("stage_scan", ()))


def test_a_scanner_that_invents_orders_is_stopped_and_the_others_go_on() -> None:
    quotas = Quotas(RULES.quota)
    batch = sort(quotas, *(scan(n, f"RO-{n}") for n in range(8)))
    assert stored(batch) == 3
    assert len(batch.refusals) == 5
    for refusal in batch.refusals:
        assert (
            "named more than 3 work orders in an hour; revoke the device, or raise the limit"
            in refusal.reason
        )
    again = sort(quotas, scan(20, "RO-1"), scan(21, "RO-new"), scan(22, "RO-new", "bay-B06"))
    assert stored(again) == 2, "orders that it named before, and those of other scanners, are stored"
    assert len(again.refusals) == 1
    later = NOW + timedelta(hours=1)
    assert stored(sort(quotas, scan(30, "RO-later", at=later))) == 1


def test_a_device_that_floods_is_refused_with_a_reason_and_nothing_is_lost() -> None:
    quotas = Quotas(RULES.quota)
    batch = sort(quotas, *(receive(b"nonsense %d" % n) for n in range(30)))
    reasons = [refusal.reason for refusal in batch.refusals]
    assert sum("more than 10 messages in an hour" in reason for reason in reasons) == 20
    assert len(reasons) == 30
    large = sort(quotas, *(receive(b"x" * 6000, "bay-B07") for _ in range(4)))
    assert len(large.refusals) == 4
    assert all("more than 10000 bytes in an hour" in refusal.reason for refusal in large.refusals[1:])


def test_a_batch_that_is_tried_again_counts_once() -> None:
    quotas = Quotas(RULES.quota)
    messages = [scan(n, "RO-1") for n in range(8)]
    for _ in range(5):
        assert stored(sort(quotas, *messages, committed=False)) == 8
    assert stored(sort(quotas, *messages)) == 8
