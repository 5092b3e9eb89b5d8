"""Channels that cannot work are refused at start, and what the other side answers is understood."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import WorkshopError, load_workshop
from reminders.channels import ChannelError, choose_channels, open_channels
from reminders.channels_answers import Answer, Outcome, judge
from reminders.channels_send import Heard, HttpAnswer
from tests.fix_outbox import Outbox
from tests.fix_processes import StartCommand
from tests.garage import WORKSHOP

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


def write_workshop(tmp_path: Path, channel: str) -> Path:
    file = tmp_path / "workshop.toml"
    file.write_text(f"{DEFAULT_WORKSHOP_FILE.read_text()}\n[[channel]]\n{channel}")
    return file


@pytest.mark.parametrize(
    ("channel", "problem"),
    [
        ('name = "a"\nurl = "json://x"', "audience: Field required"),
        ('name = "a"\nurl = "json://x"\naudience = "owner"', "audience.0: Input should be 'customer'"),
        ('name = "a"\nurl = "json://x"\naudience = "foreman"\nsite = "s9"', "there is no site 's9'"),
        ('name = "a"\nurl = "json://x"\naudience = "foreman"\nevent = "birthday"', "no event 'birthday'"),
        ('name = "a"\nurl = "json://x"\naudience = "foreman"\nlang = "fr"', "'fr' is not one of en, zh"),
        (
            'name = "a"\nurl = "json://x"\naudience = "foreman"\ntimeout_seconds = 50',
            "delivery.lease_seconds",
        ),
        ('name = "a"\nurl = "json://x"\naudience = "foreman"\nto = "b"', "to: Extra inputs"),
    ],
)
def test_a_channel_with_an_error_is_refused_with_its_line(tmp_path: Path, channel: str, problem: str) -> None:
    file = write_workshop(tmp_path, channel)
    with pytest.raises(WorkshopError) as refused:
        load_workshop(file)
    [line] = str(refused.value).splitlines()
    number = int(line.removeprefix(f"{file}:").partition(":")[0])
    assert number > len(DEFAULT_WORKSHOP_FILE.read_text().splitlines())
    assert problem in line


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("wecombot://", "its url is not one that Apprise understands as wecombot://"),
        (f"weecombot://{KEY}", "its url is not one that Apprise understands as weecombot://"),
        (KEY, "its url must begin with a service of Apprise"),
        ("wecombot://${WECOM_KEY}", "its url names WECOM_KEY, which the environment lacks"),
    ],
)
def test_a_wrong_address_is_refused_by_its_channels_name_and_without_what_is_secret(
    outbox: Outbox, url: str, problem: str
) -> None:
    outbox.add_channel("json://127.0.0.1/", name="fine")
    outbox.add_channel(url, name="foremen")
    with pytest.raises(ChannelError) as refused:
        outbox.make_dispatcher()
    assert str(refused.value).startswith(f"channel foremen: {problem}")
    assert KEY not in str(refused.value)


def test_remind_refuses_to_start_with_a_wrong_address(
    database_url: str, tmp_path: Path, start_bayboard: StartCommand
) -> None:
    file = write_workshop(tmp_path, f'name = "foremen"\nurl = "weecombot://{KEY}"\naudience = "foreman"')
    command = start_bayboard(
        "remind", "--once", BAYBOARD_DATABASE_URL=database_url, BAYBOARD_WORKSHOP_FILE=str(file)
    )
    status, lines = command.finish()
    assert status == 1
    assert lines == ["bayboard: channel foremen: its url is not one that Apprise understands as weecombot://"]


def test_secrets_come_from_the_environment(outbox: Outbox) -> None:
    outbox.add_channel("jsons://user:${PASSWORD}@example.com", name="part")
    outbox.add_channel("${WHOLE}", name="whole")
    workshop = WORKSHOP.model_copy(update={"channels": outbox.channels})
    part, whole = open_channels(workshop, {"PASSWORD": "p@ss/word", "WHOLE": f"wecombot://{KEY}"})
    assert part.url == "jsons://user:p%40ss%2Fword@example.com"
    assert (whole.url, whole.is_robot, whole.per_minute, whole.room_bytes) == (
        f"wecombot://{KEY}", True, 20, 2048
    )  # fmt: skip
    assert KEY not in whole.hide_secrets(f"Max retries exceeded with url: /send?key={KEY}")
    for said in ("p@ss/word", "p%40ss%2Fword"):
        assert part.hide_secrets(f"no such user: {said}") == "no such user: …"


def test_a_message_takes_the_first_channel_that_is_for_it(outbox: Outbox) -> None:
    outbox.add_channel("json://127.0.0.1/", name="elsewhere", site="s2")
    outbox.add_channel("json://127.0.0.1/", name="parts", event="part_arrived")
    outbox.add_channel("json://127.0.0.1/", name="people", audience=["foreman", "manager"])
    channels = open_channels(WORKSHOP.model_copy(update={"channels": outbox.channels}), {})

    def names(site: str, audience: str, event: str) -> list[str]:
        return [channel.name for channel in choose_channels(channels, site, audience, event)]

    assert names("s1", "foreman", "part_arrived") == ["parts", "people"]
    assert names("s1", "manager", "stage_too_long") == ["people"]
    assert names("s1", "customer", "ready_for_pickup") == []


def hear(*answers: HttpAnswer, accepted: bool = False) -> Heard:
    return Heard("id", accepted, list(answers))


def answer(heard: Heard, *, is_robot: bool = False) -> Answer:
    return judge(heard, is_robot=is_robot, now=NOW, hide=lambda text: text.replace(KEY, "…"))


@pytest.mark.parametrize(
    ("http", "outcome"),
    [
        (HttpAnswer(None, trouble="ReadTimeout"), Answer(Outcome.FAILED, "did not answer in time")),
        (HttpAnswer(None, trouble="ConnectionError"), Answer(Outcome.FAILED, "cannot be connected to")),
        (HttpAnswer(500, body=b"oops\n oops"), Answer(Outcome.FAILED, "HTTP 500 oops oops")),
        (HttpAnswer(500, body=b"\0\xff\x1b[31m"), Answer(Outcome.FAILED, "HTTP 500 [31m")),
        (HttpAnswer(503, {"Retry-After": "90"}), Answer(Outcome.FAILED, "HTTP 503", 90.0)),
        (HttpAnswer(429), Answer(Outcome.LIMITED, "HTTP 429", 60.0)),
        (HttpAnswer(429, {"retry-after": "7"}), Answer(Outcome.LIMITED, "HTTP 429", 7.0)),
        (
            HttpAnswer(429, {"Retry-After": "Wed, 18 Nov 2026 02:05:00 GMT"}),
            Answer(Outcome.LIMITED, "HTTP 429", 300.0),
        ),
        (HttpAnswer(429, {"Retry-After": "soon"}), Answer(Outcome.LIMITED, "HTTP 429", 60.0)),
        (HttpAnswer(429, {"Retry-After": "9999999"}), Answer(Outcome.LIMITED, "HTTP 429", 21600.0)),
        (HttpAnswer(408), Answer(Outcome.FAILED, "HTTP 408")),
        (HttpAnswer(404, body=KEY.encode()), Answer(Outcome.REFUSED, "HTTP 404 …")),
    ],
)
def test_what_a_server_answers_is_understood(http: HttpAnswer, outcome: Answer) -> None:
    assert answer(hear(http)) == outcome


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b'{"errcode":0,"errmsg":"ok"}', Answer(Outcome.DELIVERED)),
        (b'{"code":0,"msg":"success"}', Answer(Outcome.DELIVERED)),
        (b"ok", Answer(Outcome.DELIVERED)),
        (
            b'{"errcode":45009,"errmsg":"api freq out of limit"}',
            Answer(Outcome.LIMITED, "the robot says 45009 api freq out of limit", 60.0),
        ),
        (
            b'{"errcode":93000,"errmsg":"invalid webhook url"}',
            Answer(Outcome.FAILED, "the robot says 93000 invalid webhook url"),
        ),
        (
            b'{"errcode":130101,"errmsg":"send too fast"}',
            Answer(Outcome.LIMITED, "the robot says 130101 send too fast", 600.0),
        ),
        (b'{"errcode":-1,"errmsg":"busy"}', Answer(Outcome.FAILED, "the robot says -1 busy")),
        (
            b'{"code":19024,"msg":"Key Words Not Found"}',
            Answer(Outcome.FAILED, "the robot says 19024 Key Words Not Found"),
        ),
    ],
)
def test_a_robot_that_says_no_within_a_success_is_not_believed_to_have_taken_it(
    body: bytes, outcome: Answer
) -> None:
    heard = hear(HttpAnswer(200, body=body), accepted=True)
    assert answer(heard, is_robot=True) == outcome
    assert answer(heard).outcome is Outcome.DELIVERED


def test_a_service_that_was_asked_twice_counts_by_its_own_word() -> None:
    # As one that is told first that its token is over, and takes the message with the next.
    assert answer(hear(HttpAnswer(401), HttpAnswer(200), accepted=True)).outcome is Outcome.DELIVERED
