"""Messages leave once, in time, and end in the dead letter where they can never be delivered."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from bayboard.bench.deliveries.receiver import Reply
from config.channels import DeliveryRules
from models.domain.delivery import Role
from reminders.delivery.dispatcher import Dispatcher
from reminders.delivery.wording import Writer
from tests.fixtures.outbox import Mailbox, MakeReceiver, Outbox
from tests.rig.garage import NOW, Garage
from tests.rig.patience import PATIENCE_SECONDS

MINUTE = timedelta(minutes=1)
FAILS, REFUSES = Reply(503, body=b"down", taken=False), Reply(400, body=b"no such group", taken=False)
OIL = "Oil and filter service"
CUSTOMER = {"role": Role.CUSTOMER, "recipient": "C1", "template": "ready_for_pickup"}


def make_due(outbox: Outbox) -> Garage:
    """Make a garage with a car whose oil is due in some days."""
    garage = Garage(outbox.url)
    garage.add_vehicle()
    garage.add_driving(30_000, 100.0)
    garage.add_order(NOW - timedelta(days=91), NOW - timedelta(days=90), OIL, "Coolant change")
    return garage


def run_at_once(*dispatchers: Dispatcher) -> None:
    threads = [threading.Thread(target=dispatcher.drain) for dispatcher in dispatchers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_message_is_sent_once_in_the_words_of_its_template(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}/hook")
    outbox.put("RO-1", payload={"bay": "B07"})
    outbox.send()
    outbox.send(MINUTE)
    [request] = receiver.requests
    assert request.content["title"] == "Bayboard Motors, Pudong: RO-1 is in “In repair”"
    assert request.content["message"] == "bay: B07"
    assert outbox.states == {"RO-1": "sent"}
    assert outbox.read("select send_id, seconds > 0 from delivery_attempt") == [(request.message_id, True)]


def test_a_failing_receiver_is_tried_again_under_the_same_id_and_ever_later(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver(FAILS, FAILS)
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}")
    outbox.put("RO-1")
    outbox.send()
    waits = [due_at - outbox.now for (due_at,) in outbox.read("select due_at from outbox_message")]
    assert timedelta(seconds=22) < waits[0] < timedelta(seconds=38)
    outbox.send(timedelta(seconds=15))
    assert len(receiver.requests) == 1
    outbox.send(timedelta(seconds=30))
    waits = [due_at - outbox.now for (due_at,) in outbox.read("select due_at from outbox_message")]
    assert timedelta(seconds=45) <= waits[0] <= timedelta(seconds=75)
    outbox.send(2 * MINUTE)
    assert [outcome for outcome, _ in outbox.attempts] == ["failed", "failed", "delivered"]
    assert outbox.attempts[0][1] == "HTTP 503 down"
    assert len({request.message_id for request in receiver.requests}) == 1
    assert outbox.states == {"RO-1": "sent"}


def test_what_asks_to_be_left_alone_is_left_alone_for_so_long(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver(Reply(429, {"Retry-After": "300"}, taken=False))
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}")
    outbox.put("RO-1", "RO-2")
    outbox.send()
    # The other message did not go after it within the same pass.
    assert len(receiver.requests) == 1
    assert [outcome for outcome, _ in outbox.attempts] == ["limited"]
    [(due_at,)] = outbox.read("select due_at from outbox_message where attempts = 1")
    assert timedelta(seconds=300) <= due_at - outbox.now <= timedelta(seconds=302)
    outbox.send(6 * MINUTE)
    assert set(outbox.states.values()) == {"sent"}


def test_what_is_refused_for_good_is_dead_at_once_and_says_why(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver(REFUSES)
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}")
    outbox.put("RO-1")
    outbox.send()
    outbox.send(60 * MINUTE)
    assert len(receiver.requests) == 1
    assert outbox.states == {"RO-1": "dead"}
    assert outbox.attempts == [("refused", "HTTP 400 no such group")]


def test_what_fails_too_often_is_dead(outbox: Outbox, make_receiver: MakeReceiver) -> None:
    receiver = make_receiver(*[FAILS] * 9)
    outbox.rules = DeliveryRules(attempts=3)
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}")
    outbox.put("RO-1")
    for _ in range(6):
        outbox.send(60 * MINUTE)
    assert len(receiver.requests) == 3
    assert outbox.states == {"RO-1": "dead"}


def test_a_silent_receiver_holds_up_no_other_channel(outbox: Outbox, make_receiver: MakeReceiver) -> None:
    silent, quick = make_receiver(*[Reply(silent_seconds=60.0)] * 4), make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{silent.port}", event="stage_entered", timeout_seconds=5)
    outbox.add_channel(f"json://127.0.0.1:{quick.port}", event="part_arrived")
    outbox.put("RO-1", "RO-2", "RO-3")
    outbox.put("RO-4", "RO-5", template="part_arrived")
    dispatcher = outbox.make_dispatcher()
    dispatcher.start()
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(quick.taken) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        # By now the silent one has been asked, and has not let go of any message yet.
        assert len(quick.taken) == 2
        assert all(state == "waiting" for key, state in outbox.states.items() if key < "RO-4")
    finally:
        silent.close()
        dispatcher.stop()


def test_a_receiver_that_takes_a_message_and_falls_silent_can_tell_the_double(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver(Reply(silent_seconds=30.0))
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}", timeout_seconds=0.3)
    outbox.put("RO-1")
    outbox.send()
    assert outbox.attempts == [("failed", "did not answer in time")]
    outbox.send(MINUTE)
    assert len(receiver.taken) == 2
    assert len({request.message_id for request in receiver.taken}) == 1


def test_two_dispatchers_at_once_send_every_message_once(outbox: Outbox, make_receiver: MakeReceiver) -> None:
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}")
    outbox.put(*(f"RO-{number}" for number in range(40)))
    run_at_once(outbox.make_dispatcher(), outbox.make_dispatcher())
    assert set(outbox.states.values()) == {"sent"}
    assert len(receiver.requests) == len({request.message_id for request in receiver.requests}) == 40


def test_what_a_killed_dispatcher_was_sending_is_tried_again_after_its_lease(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}")
    outbox.put("RO-1")
    outbox.write(
        "update outbox_message set channel = 'c0', attempts = 1, claimed_until = due_at + interval '2 min'"
    )
    outbox.write(
        "insert into delivery_attempt (message_id, attempt, attempted_at, channel, send_id, outcome)"
        " select id, 1, due_at, 'c0', 'x', 'begun' from outbox_message"
    )
    outbox.send(MINUTE)
    assert receiver.requests == []
    outbox.send(MINUTE)
    assert [outcome for outcome, _ in outbox.attempts] == ["lost", "delivered"]


def test_what_is_lost_again_and_again_is_given_up(outbox: Outbox, make_receiver: MakeReceiver) -> None:
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}")
    outbox.put("RO-1")
    outbox.write("update outbox_message set attempts = 12")
    outbox.send()
    assert (receiver.requests, outbox.states) == ([], {"RO-1": "dead"})
    assert outbox.attempts == [("refused", "was lost or failed in 12 attempts")]


def test_a_busy_minute_is_told_in_digests(outbox: Outbox, make_receiver: MakeReceiver) -> None:
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}", per_minute=3)
    outbox.put("RO-1", "RO-2")
    outbox.send()
    outbox.put(*(f"RO-{number}" for number in range(3, 13)))
    outbox.send(timedelta(seconds=10))
    titles = [request.content["title"] for request in receiver.requests]
    assert [title.partition(": ")[2] for title in titles] == [
        "RO-1 is in “In repair”",
        "RO-2 is in “In repair”",
        "10 messages",
    ]
    assert receiver.requests[2].content["message"].count("■") == 10
    assert set(outbox.states.values()) == {"sent"}
    # The minute is full now, for every process.
    outbox.put("RO-13")
    outbox.send(timedelta(seconds=10))
    assert outbox.states["RO-13"] == "waiting"
    outbox.send(MINUTE)
    assert outbox.states["RO-13"] == "sent"


def test_a_digest_holds_no_more_than_its_channel_takes(outbox: Outbox, make_receiver: MakeReceiver) -> None:
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}", per_minute=3)
    outbox.put(*(f"RO-{number}" for number in range(10)), payload={"bay": "B" * 7000})
    outbox.send()
    assert [request.content["message"].count("■") for request in receiver.requests] == [4, 4, 2]


def test_processes_count_together_what_a_channel_bears(outbox: Outbox, make_receiver: MakeReceiver) -> None:
    receiver = make_receiver()
    # Each goes to somebody else, so that there is nothing to collect.
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}/{{recipient}}", per_minute=4)
    outbox.put(*(f"RO-{number}" for number in range(12)), recipient="T1")
    run_at_once(*(outbox.make_dispatcher() for _ in range(3)))
    assert len(receiver.requests) == 4
    outbox.send(MINUTE)
    assert len(receiver.requests) == 8


def test_news_that_nobody_could_be_told_for_a_week_are_told_nobody(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver()
    outbox.put(*(f"RO-{number}" for number in range(30)))
    outbox.send(timedelta(days=8))
    assert set(outbox.states.values()) == {"waiting"}
    outbox.put("RO-new")
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}")
    outbox.send()
    assert [request.content["title"][-22:] for request in receiver.requests] == [
        "RO-new is in “In repair”"[-22:]
    ]
    assert list(outbox.states.values()).count("dead") == 30


def test_a_digest_that_failed_goes_out_again_as_the_same(outbox: Outbox, make_receiver: MakeReceiver) -> None:
    receiver = make_receiver(FAILS)
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}", per_minute=1)
    outbox.put("RO-1", "RO-2", "RO-3")
    outbox.send()
    outbox.put("RO-4", due_at=outbox.now + 10 * MINUTE)
    outbox.send(2 * MINUTE)
    first, second = receiver.requests
    assert (first.message_id, first.content) == (second.message_id, second.content)
    assert outbox.read("select count(distinct digest_key) from outbox_message where state = 'sent'") == [(1,)]


def test_a_digest_whose_words_are_gone_ends_in_the_dead_letter(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver(FAILS)
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}", per_minute=1)
    outbox.put("RO-1", "RO-2")
    outbox.send()
    outbox.write("update outbox_message set payload = '{}'")
    for _ in range(2):
        outbox.send(2 * MINUTE)
    assert set(outbox.states.values()) == {"dead"}
    assert {detail for outcome, detail in outbox.attempts if outcome == "refused"} == {
        "its payload lacks work_order, stage"
    }


def test_what_another_process_sent_in_the_same_moment_counts_whosever_clock_is_ahead(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}", per_minute=1)
    outbox.put("RO-1", "RO-2")
    outbox.send()
    outbox.put("RO-3", due_at=outbox.now - MINUTE)
    outbox.send(-timedelta(seconds=1))
    assert (len(receiver.requests), outbox.states["RO-3"]) == (1, "waiting")
    outbox.send(2 * MINUTE)
    assert outbox.states["RO-3"] == "sent"


def test_mail_reaches_the_customer_in_their_language_with_an_id(
    outbox: Outbox, free_port: Callable[[], int]
) -> None:
    mailbox, port = Mailbox("450 try later"), free_port()
    with mailbox.open(port):
        outbox.add_channel(
            f"mailto://127.0.0.1:{port}?from=shop@example.com&to={{email}}&mode=insecure", audience="customer"
        )
        facts = {"payload": {"customer": "Li Wei", "plate": "沪A12345", "email": "li@example.com"}}
        outbox.put("ready/1", lang="zh", **CUSTOMER, **facts)
        outbox.send()
        outbox.send(MINUTE)
    [mail] = mailbox.mails
    assert [outcome for outcome, _ in outbox.attempts] == ["failed", "delivered"]
    assert (outbox.attempts[0][1] or "").startswith("SMTP 450 try later")
    assert mail["To"] == "li@example.com"
    assert mail["Subject"] == "湾板汽车 浦东店：您的爱车可以取车了"
    assert "沪A12345" in mail.get_content()
    assert [(mail["X-Bayboard-Message"],)] == outbox.read(
        "select send_id from delivery_attempt where outcome = 'delivered'"
    )


def test_an_address_that_a_mail_server_does_not_know_is_dead_at_once(
    outbox: Outbox, free_port: Callable[[], int]
) -> None:
    port = free_port()
    with Mailbox("550 no such user").open(port):
        outbox.add_channel(f"mailto://127.0.0.1:{port}?from=shop@example.com&to=a@example.com&mode=insecure")
        outbox.put("RO-1")
        outbox.send()
    assert outbox.states == {"RO-1": "dead"}
    assert (outbox.attempts[0][1] or "").startswith("SMTP 550 no such user")


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ({}, "no phone is known"),
        ({"phone": "N/A"}, "'N/A' is no phone number; channel c0 needs one that reaches a person"),
    ],
)
def test_a_customer_nobody_can_reach_ends_in_the_dead_letter(
    outbox: Outbox, make_receiver: MakeReceiver, payload: dict[str, str], why: str
) -> None:
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}/{{phone}}", audience="customer")
    outbox.put("ready/1", **CUSTOMER, payload=payload)
    outbox.send()
    assert (receiver.requests, outbox.states) == ([], {"ready/1": "dead"})
    assert outbox.attempts == [("refused", why)]


def test_the_first_channel_that_can_reach_a_customer_is_taken(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}/mail/{{email}}", audience="customer")
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}/sms/{{phone}}", audience="customer")
    outbox.put("ready/1", **CUSTOMER, payload={"phone": "138 0013 8000"})
    outbox.put("ready/2", **CUSTOMER, payload={"phone": "138 0013 8000", "email": "li@example.com"})
    outbox.send()
    assert [request.path for request in receiver.requests] == ["/mail/li@example.com", "/sms/13800138000"]


def test_a_channel_that_cannot_use_what_is_known_leaves_a_message_to_the_next(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver()
    for target in ("phone", "email", "recipient"):
        outbox.add_channel(f"json://127.0.0.1:{receiver.port}/{target}/{{{target}}}", audience="customer")
    outbox.put("ready/1", **CUSTOMER, payload={"phone": "N/A", "email": "li@example.com"})
    outbox.put("ready/2", **CUSTOMER, payload={"phone": "13800138000", "email": "none"})
    outbox.put("ready/3", **CUSTOMER, payload={"phone": "021-62345678-801", "email": "none"})
    outbox.put("ready/4", **CUSTOMER | {"recipient": "R" * 65}, payload={"phone": "N/A", "email": "none"})
    outbox.send()
    paths = ["/phone/13800138000", "/email/li@example.com", "/recipient/C1"]
    assert [request.path for request in receiver.requests] == paths
    assert outbox.states == {"ready/1": "sent", "ready/2": "sent", "ready/3": "sent", "ready/4": "dead"}
    why = "'N/A' is no phone number; channel c0 needs one that reaches a person"
    assert ("refused", why) in outbox.attempts


def test_phone_numbers_are_sent_to_in_one_form_and_kept_as_they_were_written(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}/{{phone}}", audience="customer")
    numbers = {
        "+86 (0)138 0000 0000": "+8613800000000",
        "１３８００００００００": "13800000000",
        "138.0000.0000": "13800000000",
        "13800000000(微信同号)": "13800000000",
        "13800000000,13900000000": "13800000000",
    }
    for written in numbers:
        outbox.put(f"ready/{written}", **CUSTOMER, payload={"phone": written})
    outbox.send()
    assert [request.path for request in receiver.requests] == [f"/{sent}" for sent in numbers.values()]
    kept = outbox.read("select payload ->> 'phone' from outbox_message order by id")
    assert [written for (written,) in kept] == list(numbers)


def test_a_gateway_that_says_no_in_a_success_has_told_nobody(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    bodies = [b'{"Code":"isv.BUSINESS_LIMIT_CONTROL"}', b"<html>login</html>", b'{"code":2}']
    receiver = make_receiver(*(Reply(body=body, taken=False) for body in bodies))
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}/{{phone}}", audience="customer")
    outbox.put("ready/1", "ready/2", "ready/3", **CUSTOMER, payload={"phone": "13800138000"})
    outbox.send()
    assert outbox.states == {"ready/1": "waiting", "ready/2": "waiting", "ready/3": "dead"}
    page = "it answered with a web page, as a proxy or a log-in does: <html>login</html>"
    unsure = 'it may say no; if this is success, say so in `success` of the channel: {"code":2}'
    assert outbox.read("select outcome, detail from delivery_attempt order by message_id") == [
        ("failed", """HTTP 200, but it says no: {"Code":"isv.BUSINESS_LIMIT_CONTROL"}"""),
        ("failed", f"HTTP 200, but {page}"),
        ("refused", f"HTTP 200, but {unsure}"),
    ]
    outbox.send(MINUTE)
    assert outbox.states == {"ready/1": "sent", "ready/2": "sent", "ready/3": "dead"}


def test_what_success_is_can_be_said_in_the_workshop_file(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver(Reply(body=b'{"code":1,"msg":"busy"}', taken=False), Reply(body=b'{"code":2}'))
    success = {"path": "code", "equals": [2]}
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}", success=success)
    outbox.put("RO-1")
    outbox.send()
    assert outbox.attempts == [("failed", """HTTP 200, but not '2' at code: {"code":1,"msg":"busy"}""")]
    outbox.send(MINUTE)
    assert outbox.states == {"RO-1": "sent"}


def test_a_message_that_a_redirect_would_lose_is_dead_and_names_the_new_address(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    # As a webhook at http:// whose server wants https://: the message becomes a request without it.
    new = make_receiver()
    target = f"http://localhost:{new.port}"
    old = make_receiver(Reply(301, {"Location": f"{target}/hook?key=secret"}, taken=False))
    outbox.add_channel(f"json://127.0.0.1:{old.port}/hook")
    outbox.put("RO-1")
    outbox.send()
    assert [request.content for request in new.requests] == [{}]
    assert outbox.states == {"RO-1": "dead"}
    moved = f"it moved to {target}, where messages do not follow"
    assert outbox.attempts == [("refused", f"HTTP 301: {moved}; write that address in the channel's url")]


def test_messages_without_a_channel_wait_to_be_seen(outbox: Outbox, make_receiver: MakeReceiver) -> None:
    receiver = make_receiver()
    outbox.put("RO-1")
    outbox.send()
    assert outbox.states == {"RO-1": "waiting"}
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}")
    outbox.send(MINUTE)
    assert outbox.states == {"RO-1": "sent"}


def test_a_channel_that_was_taken_out_of_the_file_leaves_its_messages_to_another(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver(FAILS)
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}", name="old")
    outbox.put("RO-1")
    outbox.send()
    outbox.channels = []
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}", name="new")
    outbox.send(MINUTE)
    assert outbox.states == {"RO-1": "sent"}


def test_a_word_given_after_the_message_was_written_is_kept(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}", audience="customer")
    outbox.put("ready/1", **CUSTOMER)
    outbox.put("ready/2", **{**CUSTOMER, "recipient": "C2"})
    outbox.write("insert into customer_consent values ('s1', 'C1', now(), false, null)")
    outbox.send()
    assert outbox.states == {"ready/1": "cancelled", "ready/2": "sent"}
    assert len(receiver.requests) == 1


def test_a_retry_keeps_to_the_quiet_hours_of_customers_but_not_of_the_shop(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver(FAILS, FAILS)
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}", audience=["customer", "foreman"])
    # Ten in the morning, and then the night.
    outbox.put("ready/1", **CUSTOMER)
    outbox.put("RO-1")
    outbox.send()
    outbox.send(timedelta(hours=12))
    assert outbox.states == {"ready/1": "waiting", "RO-1": "sent"}
    outbox.send(timedelta(hours=12))
    assert outbox.states == {"ready/1": "sent", "RO-1": "sent"}


def test_what_was_delivered_is_written_down_although_the_database_was_away_meanwhile(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver(Reply(silent_seconds=1.0))
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}", at_once=1)
    outbox.put("RO-1")
    dispatcher = outbox.make_dispatcher()
    dispatcher.start()
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not receiver.requests and time.monotonic() < deadline:
            time.sleep(0.01)
        outbox.write(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
            " and application_name = 'bayboard-dispatch'"
        )
        while outbox.states["RO-1"] == "waiting" and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        dispatcher.stop()
    assert outbox.states == {"RO-1": "sent"}
    assert len(receiver.requests) == 1


class StumblingWriter(Writer):
    """Has a fault of ours, once."""

    stumbled = False

    def find_asleep(self, now: datetime) -> list[str]:
        if not StumblingWriter.stumbled:
            StumblingWriter.stumbled = True
            raise ZeroDivisionError
        return super().find_asleep(now)


def test_a_fault_of_ours_ends_no_way_out(outbox: Outbox, make_receiver: MakeReceiver) -> None:
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}")
    outbox.put("RO-1")
    dispatcher = outbox.make_dispatcher(make_writer=StumblingWriter)
    dispatcher.start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not receiver.requests and time.monotonic() < deadline:
        time.sleep(0.05)
    dispatcher.stop()
    assert StumblingWriter.stumbled
    assert len(receiver.requests) == 1


def test_a_reminder_is_sent_once_its_message_is(outbox: Outbox, make_receiver: MakeReceiver) -> None:
    receiver = make_receiver(Reply(), REFUSES)
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}", at_once=1)
    with psycopg.connect(outbox.url) as connection:
        for vin in ("V1", "V2"):
            connection.execute(
                "insert into service_reminder (vin, plan, item, cycle, site, raised_at, state, notices)"
                " values (%s, 'p', 'oil', 'c', 's1', now(), 'raised', 1)",
                (vin,),
            )
    for number, vin in [(1, "V1"), (2, "V2")]:
        outbox.put(f"service/{number}", reminders=(number,), vin=vin)
    outbox.send()
    assert outbox.read("select vin, state from service_reminder order by vin") == [
        ("V1", "sent"),
        ("V2", "failed"),
    ]
    outbox.write("update outbox_message set state = 'waiting' where state = 'dead'")
    outbox.send()
    assert outbox.read("select distinct state from service_reminder") == [("sent",)]


@pytest.mark.parametrize(
    "spoilt",
    [{"payload": {"since": "yesterday"}}, {"payload": {"minutes": {}}}, {"lang": "fr"}],
)
def test_a_message_that_cannot_be_put_into_words_is_dead_and_holds_up_none_behind_it(
    outbox: Outbox, make_receiver: MakeReceiver, spoilt: dict[str, Any]
) -> None:
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}", at_once=1)
    outbox.put("RO-1", **{"template": "stage_too_long", "payload": {"minutes": 5}, **spoilt})
    outbox.put("RO-2", due_at=outbox.now)
    outbox.send()
    assert outbox.states == {"RO-1": "dead", "RO-2": "sent"}


@pytest.mark.parametrize(("job", "state"), [("Window regulator", "sent"), (OIL, "cancelled")])
def test_a_reminder_waits_while_the_car_is_in_the_workshop_and_is_withdrawn_if_it_is_done(
    outbox: Outbox, make_receiver: MakeReceiver, job: str, state: str
) -> None:
    garage = make_due(outbox)
    garage.run()
    order = garage.add_order(NOW, None, job)
    garage.run(full=False)
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}", audience="customer")
    outbox.send()
    assert outbox.read("select state, attempts from outbox_message") == [("waiting", 0)]
    garage.close_order(order, NOW + MINUTE)
    garage.run(NOW + MINUTE, full=False)
    outbox.send(MINUTE)
    assert outbox.read("select state from outbox_message") == [(state,)]


def test_what_an_engine_raises_has_words_and_reaches_the_customer(
    outbox: Outbox, make_receiver: MakeReceiver
) -> None:
    make_due(outbox).run()
    receiver = make_receiver()
    outbox.add_channel(f"json://127.0.0.1:{receiver.port}/{{phone}}", audience="customer", lang="zh")
    outbox.send()
    [request] = receiver.requests
    assert (request.path, request.content["title"]) == ("/10012345678", "湾板汽车 浦东店：保养提醒")
    lines = request.content["message"].splitlines()
    assert lines[0] == "王伟，您好！"
    assert "Volkswagen Passat" in lines
    assert any(line.startswith("  预计 2026年") for line in lines)
    assert outbox.read("select distinct state from service_reminder") == [("sent",)]
