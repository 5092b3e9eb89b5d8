"""Messages through real processes: killed, asked after, sent again."""

from datetime import UTC, datetime
from pathlib import Path

from bayboard.bench.deliveries.receiver import Reply
from config.settings import DEFAULT_WORKSHOP_FILE
from models.domain.delivery import Role
from tests.fixtures.ingest import wait_for_rows
from tests.fixtures.outbox import MakeReceiver, Outbox
from tests.fixtures.processes import RunningCommand, StartCommand
from tests.rig.patience import wait_until

REFUSES = Reply(400, body=b"no such group", taken=False)
SENT = "select state from outbox_message"


def write_workshop(tmp_path: Path, port: int) -> str:
    """Write a workshop file with a channel to a port, which may take its time for an answer."""
    file = tmp_path / "workshop.toml"
    file.write_text(
        f'{DEFAULT_WORKSHOP_FILE.read_text()}\n[[channel]]\nname = "hook"\n'
        f'url = "json://127.0.0.1:{port}"\naudience = "foreman"\n'
        'at_once = 1\ntimeout_seconds = 30\nlang = "en"\n'
    )
    return str(file)


def test_a_message_whose_sender_was_killed_arrives_and_a_double_can_be_told(
    outbox: Outbox, make_receiver: MakeReceiver, tmp_path: Path, start_bayboard: StartCommand
) -> None:
    receiver = make_receiver(Reply(silent_seconds=60.0))
    file = write_workshop(tmp_path, receiver.port)
    outbox.now = datetime.now(UTC)
    outbox.put("RO-1")

    def start() -> RunningCommand:
        return start_bayboard("remind", BAYBOARD_DATABASE_URL=outbox.url, BAYBOARD_WORKSHOP_FILE=file)

    first = start()
    # It has the message in its hands, and no answer yet.
    wait_for_rows(outbox.url, "select outcome from delivery_attempt", [("begun",)])
    wait_until(lambda: len(receiver.requests) == 1)
    first.kill()
    # Two minutes later, as far as its claim is concerned.
    outbox.write("update outbox_message set claimed_until = now() - interval '1 second'")
    start()
    wait_for_rows(outbox.url, SENT, [("sent",)])
    assert [outcome for outcome, _ in outbox.attempts] == ["lost", "delivered"]
    assert len(receiver.taken) in {1, 2}
    assert len({request.message_id for request in receiver.taken}) == 1


def test_dead_messages_are_shown_with_their_reason_and_sent_again(
    outbox: Outbox, make_receiver: MakeReceiver, start_bayboard: StartCommand
) -> None:
    receiver = make_receiver(REFUSES, REFUSES)
    outbox.put("RO-1", "RO-2")

    def bayboard(*arguments: str, status: int = 0) -> str:
        ended, lines = start_bayboard(*arguments, BAYBOARD_DATABASE_URL=outbox.url).finish()
        assert ended == status, lines
        return "\n".join(lines)

    outbox.add_channel(f"json://127.0.0.1:{receiver.port}")
    outbox.send()
    assert bayboard("outbox", "list", "--state", "dead").count("HTTP 400 no such group") == 2
    assert "withdrawn: 1" in bayboard("outbox", "cancel", "2")
    assert "2: there is no such message" in bayboard("outbox", "cancel", "2", status=1)
    assert "wait to be sent again: 1" in bayboard("outbox", "resend", "--dead")
    outbox.write("update outbox_message set due_at = created_at")
    outbox.send()
    told = bayboard("outbox", "show", "1")
    assert "state: sent" in told
    assert "refused" in told
    assert "delivered" in told
    assert list(outbox.states.values()) == ["sent", "cancelled"]
    assert len({request.message_id for request in receiver.requests}) == 2


def test_without_sending_everything_stays_in_the_outbox(
    outbox: Outbox, make_receiver: MakeReceiver, tmp_path: Path, start_bayboard: StartCommand
) -> None:
    receiver = make_receiver()
    outbox.now = datetime.now(UTC)
    outbox.put("RO-1", role=Role.FOREMAN)
    command = start_bayboard(
        "remind", "--once", "--no-send",
        BAYBOARD_DATABASE_URL=outbox.url, BAYBOARD_WORKSHOP_FILE=write_workshop(tmp_path, receiver.port),
    )  # fmt: skip
    assert command.finish()[0] == 0
    assert (outbox.states, receiver.requests) == ({"RO-1": "waiting"}, [])
