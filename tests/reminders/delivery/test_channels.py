"""Channels that cannot work are refused at start, with their line or their name."""

from pathlib import Path

import pytest

from config.settings import DEFAULT_WORKSHOP_FILE
from config.success import Success
from config.workshop import WorkshopError, load_workshop
from reminders.delivery.answers import Reading
from reminders.delivery.channels import ChannelError, TargetError, choose_channels, open_channels
from tests.fixtures.outbox import Outbox
from tests.fixtures.processes import StartCommand
from tests.rig.garage import WORKSHOP

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


FINE = 'name = "a"\nurl = "json://x"\naudience = "foreman"\n'


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
        (f"{FINE}success = {{}}", "success: needs `equals`, `begins` or `status`, as in"),
        (f'{FINE}success = {{ path = "Code" }}', "success: `path` 'Code' needs `equals` or `begins`"),
        (f'{FINE}success = {{ path = "a..b", equals = 0 }}', "success.path: String should match pattern"),
        (f"{FINE}success = {{ equals = [] }}", "success.equals: Value should have at least 1 item"),
        (f"{FINE}success = {{ equals = [[0]] }}", "success.equals.0: [0] is no text, number, true or false"),
        (f'{FINE}success = {{ equals = 0, begins = "0" }}', "success: takes `equals` or `begins`, not both"),
        (
            f"{FINE}success = {{ status = 302 }}",
            "success.status.0: Input should be less than or equal to 299",
        ),
        (f'{FINE}success = {{ code = "OK" }}', "success.code: Extra inputs"),
        (f'{FINE}phone = "short"', "phone: Input should be 'as_written', 'international' or 'national'"),
        (f'{FINE}phone_country = "China"', "phone_country: String should match pattern"),
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
    assert (whole.url, whole.reading, whole.per_minute, whole.room_bytes) == (
        f"wecombot://{KEY}", Reading.ROBOT, 20, 2048
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


@pytest.mark.parametrize(
    ("url", "facts", "problem"),
    [
        (
            "mailto://127.0.0.1?from=a@example.com&to=b@example.com",
            {"success": {"equals": "ok"}},
            "success is about answers of HTTP, and mailto:// has none",
        ),
        ("json://127.0.0.1/{phone}", {"phone_country": "XX"}, "phone_country 'XX' is no country such as CN"),
    ],
)
def test_a_wish_that_a_channel_cannot_keep_is_refused_at_start(
    outbox: Outbox, url: str, facts: dict[str, object], problem: str
) -> None:
    outbox.add_channel(url, name="people", **facts)
    with pytest.raises(ChannelError) as refused:
        outbox.make_dispatcher()
    assert str(refused.value) == f"channel people: {problem}"


def test_what_is_no_success_is_known_of_each_kind_of_service(outbox: Outbox) -> None:
    urls = {
        "dingtalk": f"dingtalk://{'a' * 64}",
        "feishu": f"feishu://{KEY}",
        "lark": f"lark://{KEY}",
        "webhook": "jsons://example.com",
        "mail": "mailto://127.0.0.1?from=a@example.com&to=b@example.com",
        "described": "jsons://example.com",
    }
    for name, url in urls.items():
        outbox.add_channel(url, name=name, success={"equals": "ok"} if name == "described" else None)
    opened = open_channels(WORKSHOP.model_copy(update={"channels": outbox.channels}), {})
    readings = {channel.name: channel.reading for channel in opened}
    assert readings == {
        "dingtalk": Reading.ROBOT,
        "feishu": Reading.ROBOT,
        "lark": Reading.ROBOT,
        "webhook": Reading.WEBHOOK,
        "mail": Reading.SERVICE,
        "described": Success(equals=["ok"]),
    }


@pytest.mark.parametrize(
    ("written", "facts", "sent"),
    [
        ("138 0000 0000", {}, "13800000000"),
        ("138 0000 0000", {"phone": "international"}, "%2B8613800000000"),
        ("+86 138 0000 0000", {"phone": "national"}, "13800000000"),
        ("+852 9123 4567", {"phone": "national"}, "%2B85291234567"),
        ("07400 123456", {"phone": "international", "phone_country": "GB"}, "%2B447400123456"),
    ],
)
def test_a_phone_number_is_written_as_its_channel_wants_it(
    outbox: Outbox, written: str, facts: dict[str, str], sent: str
) -> None:
    outbox.add_channel("json://127.0.0.1/{phone}", **facts)
    [channel] = open_channels(WORKSHOP.model_copy(update={"channels": outbox.channels}), {})
    service = channel.address({"phone": written}, None)
    assert f"/{sent}?" in service.url().replace("+", "%2B")  # type: ignore[no-untyped-call]  # Apprise's own


def test_a_number_that_reaches_nobody_is_named_with_its_channel(outbox: Outbox) -> None:
    outbox.add_channel("json://127.0.0.1/{phone}", name="sms")
    [channel] = open_channels(WORKSHOP.model_copy(update={"channels": outbox.channels}), {})
    with pytest.raises(TargetError) as refused:
        channel.address({"phone": "400-800-8888"}, None)
    service = "'400-800-8888' is the number of a service, not of a person"
    assert str(refused.value) == f"{service}; channel sms needs one that reaches a person"
