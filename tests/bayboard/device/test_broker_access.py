"""Whom a real Mosquitto lets in, and what it lets them do, with the files of the registry.

A publish that is not allowed is acknowledged all the same and dropped, so what counts is what
arrives at somebody who may hear everything.
"""

import re
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE

import psycopg
import pytest
import sqlalchemy.exc

from bayboard.device.broker_access import follow_registry
from bayboard.device.mosquitto import (
    AccessError,
    hash_password,
    make_device_account,
    make_password,
    make_service_account,
    put_file,
)
from config.adapters import Adapter
from models.queries.device.registry import AdmittedDevice
from tests.fixtures.broker import PASSWORD, Broker, access_files
from tests.fixtures.processes import StartCommand
from tests.rig.participant import Participant
from tests.rig.patience import PATIENCE_SECONDS

OWN = "workshop/v1/s1/scanner/bay-B07"
SECRET = "a-devices-own"  # noqa: S105  # there is nothing behind it
DEVICES = [
    AdmittedDevice(site, source, device, hash_password(SECRET))
    for site, source, device in (
        ("s1", "scanner", "bay-B07"),
        ("s1", "scanner", "bay-B08"),
        ("s2", "scanner", "bay-B07"),
        ("s1", "diagnostic", "x431"),
    )
]


@pytest.fixture
def guarded(mosquitto_broker: Broker) -> Broker:
    """Mosquitto with DEVICES."""
    mosquitto_broker.stop()
    access_files(mosquitto_broker.directory).write(DEVICES)
    mosquitto_broker.start()
    return mosquitto_broker


@contextmanager
def hearing(broker: Broker) -> Iterator[Participant]:
    """Somebody who may hear everything; leaves after hearing all that was published before."""
    with Participant(broker.url) as witness:
        witness.subscribe("#")
        yield witness
        with Participant(broker.url) as marker:
            marker.publish("the/end")
        witness.wait_until(lambda: "the/end" in witness.topics)
        witness.topics.remove("the/end")


def test_a_device_publishes_below_its_own_topic_and_nowhere_else(guarded: Broker) -> None:
    allowed = [f"{OWN}/stage", f"{OWN}/status", f"{OWN}/misspelt"]
    denied = [
        "workshop/v1/s1/scanner/bay-B08/stage",
        "workshop/v1/s2/scanner/bay-B07/stage",
        "workshop/v1/s1/diagnostic/bay-B07/report",
        "workshop/v1/s1/dms/bay-B07/work-order",
        "workshop/v1/s1/scanner/bay-B07x/stage",
        "workshop/v1/s1/reminders/bay-B07/stage",
        "traccar/positions",
    ]
    with hearing(guarded) as witness:
        for topic in (*denied, *allowed, *denied):
            # A connection for each: some releases of Mosquitto end it after what they deny.
            with Participant(guarded.device_url("s1/bay-B07", SECRET)) as device:
                device.publish(topic)
    assert witness.topics == allowed


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("s1/bay-B07", "wrong"),
        ("s1/bay-B07", ""),
        ("s1/bay-B09", SECRET),
        ("bay-B07", SECRET),
        ("simulator", PASSWORD),
        ("", ""),
    ],
)
def test_nobody_is_let_in_without_the_right_name_and_password(
    guarded: Broker, user: str, password: str
) -> None:
    at_devices = guarded.device_url(user, password)
    at_services = at_devices.replace(str(guarded.device_port), str(guarded.port))
    for url in (at_devices, at_services):
        with Participant(url) as stranger:
            assert stranger.refusal == "Not authorized"


@pytest.mark.parametrize("user", ["ingest", "health", "bayboard"])
def test_our_own_services_cannot_sign_in_on_the_port_of_devices(guarded: Broker, user: str) -> None:
    with Participant(guarded.device_url(user, PASSWORD)) as service:
        assert service.refusal == "Not authorized"


def test_a_device_cannot_sign_in_on_the_port_of_our_services_and_throw_ingest_out(guarded: Broker) -> None:
    url = guarded.device_url("s1/bay-B08", SECRET).replace(str(guarded.device_port), str(guarded.port))
    ingest_url = guarded.url.replace("bayboard", "ingest")
    with Participant(ingest_url, "bayboard-ingest", keeps_session=True) as ingest:
        ingest.subscribe("workshop/v1/#")
        with Participant(url, "bayboard-ingest") as impostor:
            assert impostor.refusal == "Not authorized"
        with Participant(guarded.device_url("s1/bay-B07", SECRET)) as device:
            device.publish(f"{OWN}/stage")
        ingest.wait_until(lambda: bool(ingest.topics))
        assert ingest.connected
    assert ingest.topics == [f"{OWN}/stage"]


def test_a_gateway_signs_in_on_the_port_of_devices_only(mosquitto_broker: Broker) -> None:
    gateway = make_service_account(
        "traccar", SECRET, [Adapter(topic="traccar/positions", kind="traccar", site="s1")]
    )
    mosquitto_broker.stop()
    replace(access_files(mosquitto_broker.directory), gateways=[gateway]).write([])
    mosquitto_broker.start()
    url = mosquitto_broker.device_url("traccar", SECRET)
    with hearing(mosquitto_broker) as witness, Participant(url) as traccar:
        traccar.publish("traccar/positions")
        traccar.publish("workshop/v1/s1/scanner/bay-B07/stage")
    assert witness.topics == ["traccar/positions"]
    with Participant(url.replace(str(mosquitto_broker.device_port), str(mosquitto_broker.port))) as elsewhere:
        assert elsewhere.refusal == "Not authorized"


def test_a_message_of_more_than_twice_the_contracts_size_ends_at_the_broker(guarded: Broker) -> None:
    with Participant(guarded.device_url("s1/bay-B07", SECRET)) as device:
        device.client.publish(f"{OWN}/stage", b"x" * 600_000, qos=1)
        device.wait_until(lambda: not device.connected)


def test_the_anonymous_are_refused(guarded: Broker) -> None:
    for port in (guarded.port, guarded.device_port):
        with Participant(f"mqtt://127.0.0.1:{port}") as stranger:
            assert stranger.refusal == "Not authorized"


def test_a_device_hears_nobody(guarded: Broker) -> None:
    with (
        hearing(guarded) as witness,
        Participant(guarded.device_url("s1/bay-B08", SECRET)) as device,
        Participant(guarded.device_url("s1/bay-B07", SECRET)) as curious,
    ):
        curious.subscribe("#", "workshop/v1/#", "$share/bayboard/workshop/v1/#", "$SYS/#", f"{OWN}/#")
        device.publish("workshop/v1/s1/scanner/bay-B08/stage")
        curious.publish(f"{OWN}/stage")
        witness.wait_until(lambda: len(witness.topics) == 2)
        curious.publish(f"{OWN}/stage")  # acknowledged after whatever the broker had for it
        assert curious.topics == []


@pytest.mark.parametrize("prefix", ["", "$share/bayboard/"])
def test_ingest_hears_every_device_and_says_nothing(guarded: Broker, prefix: str) -> None:
    ingest_url = guarded.url.replace("bayboard", "ingest")
    with (
        hearing(guarded) as witness,
        Participant(ingest_url) as ingest,
        Participant(ingest_url) as talkative,
        Participant(guarded.device_url("s2/bay-B07", SECRET)) as device,
    ):
        ingest.subscribe(f"{prefix}workshop/v1/#")
        talkative.publish(f"{OWN}/stage")
        device.publish("workshop/v1/s2/scanner/bay-B07/stage")
        ingest.wait_until(lambda: bool(ingest.topics))
    assert ingest.topics == witness.topics == ["workshop/v1/s2/scanner/bay-B07/stage"]


def test_a_last_will_below_anothers_topic_is_never_said(guarded: Broker) -> None:
    with hearing(guarded) as witness:
        for topic in ("workshop/v1/s1/scanner/bay-B08/status", f"{OWN}/status"):
            device = Participant(guarded.device_url("s1/bay-B07", SECRET))
            device.client.will_set(topic, b"{}", qos=1)
            with device:
                if device.connected:
                    device.vanish()
        witness.wait_until(lambda: bool(witness.topics))
    assert witness.topics == [f"{OWN}/status"]


def test_a_device_that_calls_itself_ingest_does_not_get_what_waits_for_ingest(guarded: Broker) -> None:
    ingest_url = guarded.url.replace("bayboard", "ingest")
    with Participant(ingest_url, "bayboard-ingest", keeps_session=True) as ingest:
        ingest.subscribe("workshop/v1/#")
    with Participant(guarded.device_url("s1/bay-B07", SECRET)) as device:
        device.publish(f"{OWN}/stage")
    for keeps_session in (True, False):
        with Participant(
            guarded.device_url("s1/bay-B08", SECRET), "bayboard-ingest", keeps_session=keeps_session
        ) as impostor:
            impostor.subscribe("workshop/v1/#")
            impostor.publish("workshop/v1/s1/scanner/bay-B08/stage")
            assert impostor.topics == []
    with Participant(ingest_url, "bayboard-ingest", keeps_session=True) as ingest:
        ingest.wait_until(lambda: len(ingest.topics) == 3)
    assert ingest.topics[0] == f"{OWN}/stage"


def test_a_device_of_another_product_publishes_on_its_part_of_that_products_topics() -> None:
    adapters = [
        Adapter(topic="wican/#", kind="wican", site="s1"),
        Adapter(topic="cars/+/obd/+", kind="wican", site="s1"),
        Adapter(topic="wican2/#", kind="wican", site="s2"),
        Adapter(topic="traccar/positions", kind="traccar", site="s1"),
    ]

    def list_grants(source: str) -> list[str]:
        device = AdmittedDevice("s1", source, "car-7", "a hash")
        return [grant for grant in make_device_account(device, adapters).grants if "workshop/v1" not in grant]

    assert list_grants("telematics") == ["write wican/car-7/#", "write cars/car-7/obd/+"]
    assert list_grants("scanner") == []
    assert make_service_account("traccar", "x", adapters).grants == ("write traccar/positions",)
    assert {f"read {adapter.topic}" for adapter in adapters} < set(
        make_service_account("ingest", "x", adapters).grants
    )


def test_a_device_with_another_id_publishes_under_that_too_where_a_level_can_hold_it() -> None:
    km = {"name": "km", "unit": "km"}
    adapters = [
        Adapter.model_validate({"site": "s1", "kind": "json", "odometer": km, **facts})
        for facts in (
            {"topic": "cars/+/state"},
            {"topic": "fleet/#"},
            {"topic": "homeassistant/sensor/golf/state", "device": 3},
            {"topic": "homeassistant/sensor/polo/state", "device": 3},
            {"topic": "gateway/cars", "device": "imei"},
        )
    ]

    def list_grants(known_as: str | None) -> list[str]:
        device = AdmittedDevice("s1", "telematics", "golf", "a hash", known_as)
        return [grant for grant in make_device_account(device, adapters).grants if "workshop/v1" not in grant]

    own = ["write cars/golf/state", "write fleet/golf/#", "write homeassistant/sensor/golf/state"]
    assert list_grants(None) == own
    assert set(list_grants("AA:BB")) == {*own, "write cars/AA:BB/state", "write fleet/AA:BB/#"}
    for unsafe in ("+8613800000000", "#", "a/b", "a\ntopic readwrite #", "a b"):
        assert list_grants(unsafe) == own
    assert make_service_account("json", "x", adapters).grants == tuple(
        f"write {adapter.topic}" for adapter in adapters
    )


def test_a_service_nobody_knows_is_refused() -> None:
    with pytest.raises(AccessError, match="no role 'everything', only ingest"):
        make_service_account("everything", "x", [])


def test_a_file_is_put_into_its_place_whole_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    assert put_file(path, "first")
    assert not put_file(path, "first")
    path.chmod(0o644)
    assert put_file(path, "second")
    assert path.read_text() == "second"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(AccessError, match=r"nowhere/passwords cannot be written: No such file"):
        put_file(tmp_path / "nowhere" / "passwords", "third")


def test_no_two_passwords_are_alike_and_each_can_be_typed() -> None:
    passwords = {make_password() for _ in range(100)}
    assert len(passwords) == 100
    assert all(re.fullmatch("[a-z2-9]{26}", password) for password in passwords)
    assert hash_password("the same") != hash_password("the same")


def test_the_registry_reaches_a_running_broker(
    mosquitto_broker: Broker, database_url: str, start_bayboard: StartCommand
) -> None:
    access = mosquitto_broker.directory / "access"
    environment = {
        "BAYBOARD_DATABASE_URL": database_url,
        "BAYBOARD_MQTT_URL": mosquitto_broker.url,
        "BAYBOARD_MQTT_SERVICES": f"ingest:{PASSWORD} simulator:",
    }

    def add(*options: str) -> str:
        command = start_bayboard("device", "add", "s1", "scanner", "bay-B07", *options, **environment)
        password = command.wait_for_line(r"^  password +(\w+)$")[1]
        assert command.wait() == 0
        return mosquitto_broker.device_url("s1/bay-B07", password)

    def wait_until_let_in(url: str) -> None:
        for _ in range(100):
            with Participant(url) as device:
                if device.connected:
                    return
            time.sleep(0.1)
        pytest.fail("never let in")

    files = ("--directory", str(access))
    watch = start_bayboard("device", "access", *files, "--watch", **environment)
    watch.wait_for_line("wrote whom the broker lets in.*devices=0")
    first = add()
    wait_until_let_in(first)
    with Participant(first) as device:
        assert start_bayboard("device", "revoke", "s1", "bay-B07", **environment).wait() == 0
        device.wait_until(lambda: not device.connected)
        device.wait_until(lambda: device.refusal is not None)
    wait_until_let_in(add())
    with Participant(first) as device:
        assert device.refusal == "Not authorized"
    with Participant(mosquitto_broker.url) as tester:
        assert tester.refusal == "Not authorized"
    assert watch.stop() == 0


class Rounds(threading.Event):
    """Stops whoever waits for it after so many rounds, and does not make them wait."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.left = rounds

    def wait(self, timeout: float | None = None) -> bool:
        del timeout
        self.left -= 1
        return self.left == 0


def test_the_files_stay_as_they_are_while_the_registry_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "access").mkdir()
    files = access_files(tmp_path)
    passwords = tmp_path / "access" / "devices.passwords"
    answers: list[Sequence[AdmittedDevice] | None] = [DEVICES[:2], None, None, DEVICES[:2], DEVICES[:1]]
    written: list[str] = []

    def read() -> Sequence[AdmittedDevice]:
        written.append(passwords.read_text() if passwords.exists() else "")
        answer = answers.pop(0)
        if answer is None:
            raise sqlalchemy.exc.OperationalError("select", {}, psycopg.OperationalError("it is away"))
        return answer

    follow_registry(files, read, Rounds(5))
    written.append(passwords.read_text())
    assert [re.findall("s1/([^:]*)", text) for text in written] == [
        [], *[["bay-B07", "bay-B08"]] * 4, ["bay-B07"],
    ]  # fmt: skip
    said = capsys.readouterr()
    assert (said.out + said.err).count("it is away") == 1


def test_a_change_has_the_broker_of_the_pid_file_reload(tmp_path: Path) -> None:
    (tmp_path / "access").mkdir()
    pid_file = tmp_path / "mosquitto.pid"
    files = replace(access_files(tmp_path), pid_file=pid_file)
    assert files.write([])  # no broker runs: it will read them when it starts
    # A shell cannot trap what was ignored when it started, as SIGHUP is below nohup.
    broker_like = "trap 'kill $!; exit 3' HUP; sleep 30 & echo; wait"
    with subprocess.Popen(["env", "--default-signal=HUP", "sh", "-c", broker_like], stdout=PIPE) as broker:
        assert broker.stdout
        broker.stdout.readline()
        pid_file.write_text(f"{broker.pid}\n")
        assert not files.write([])
        assert broker.poll() is None
        assert files.write(DEVICES)
        assert broker.wait(PATIENCE_SECONDS) == 3
    pid_file.write_text("nothing of the kind")
    with pytest.raises(AccessError, match="cannot be told to reload"):
        files.write([])
