"""TLS from end to end: the script's certificates, production's listener, our own clients."""

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from bayboard.device.broker_access import AccessFiles
from bayboard.device.mosquitto import hash_password, make_service_account
from models.database.engine import connect_database
from models.domain.device.health import DeviceRow
from models.queries.device.health import read_devices
from models.queries.device.registry import AdmittedDevice, admit_device
from tests.fixtures.broker import PASSWORD, Broker, prepare_mosquitto
from tests.fixtures.processes import StartCommand
from tests.rig.asking import ask
from tests.rig.participant import Participant

ROOT = Path(__file__).parents[2]
DEVICE = AdmittedDevice("s1", "scanner", "bay-B07", hash_password(PASSWORD))
SCRIPT = ROOT / "scripts" / "make_certificate.sh"


def make_certificate(directory: Path, *hosts: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("openssl") is None:
        pytest.fail("openssl is not installed: apt-get install openssl")
    return subprocess.run([SCRIPT, directory, *hosts], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the script makes for a broker on 127.0.0.1."""
    directory = tmp_path_factory.mktemp("certificates")
    made = make_certificate(directory, "127.0.0.1", "broker.example")
    assert made.returncode == 0, made.stderr
    return directory


@dataclass(frozen=True, slots=True)
class TlsBroker:
    """Mosquitto with TLS for services and for devices."""

    port: int
    device_port: int

    def url(self, role: str, host: str = "127.0.0.1") -> str:
        return f"mqtts://{role}:{PASSWORD}@{host}:{self.port}"


@pytest.fixture
def tls_broker(mosquitto_broker: Broker, free_port: Callable[[], int], certificates: Path) -> TlsBroker:
    """Production's Mosquitto with its listener for mqtts, and TLS for services as docs/devices.md says."""
    broker, device_port = mosquitto_broker, free_port()
    broker.stop()
    prepare_mosquitto(broker.directory, {"1884": broker.port, "8883": device_port})
    shutil.copytree(certificates, broker.directory / "certificates")
    devices = (broker.directory / "config" / "devices-mqtts.conf").read_text()
    tls = "".join(re.findall(r"(?m)^(?:tls_version|certfile|keyfile) .*\n", devices))
    for_services = broker.directory / "config" / "mosquitto.conf"
    for_services.write_text(
        re.sub(r"(?m)^listener .*\n", lambda listener: listener[0] + tls, for_services.read_text())
    )
    services = [make_service_account(role, PASSWORD, []) for role in ("ingest", "simulator")]
    AccessFiles(broker.directory / "access", services, [], [], None).write([DEVICE])
    broker.device_port = device_port
    broker.start()
    return TlsBroker(broker.port, device_port)


def test_a_simulated_workshop_reaches_the_database_over_tls(
    tls_broker: TlsBroker, certificates: Path, database_url: str, start_bayboard: StartCommand
) -> None:
    trust = {"BAYBOARD_MQTT_CA_FILE": str(certificates / "ca.crt")}
    ingest = start_bayboard(
        "ingest", BAYBOARD_DATABASE_URL=database_url, BAYBOARD_MQTT_URL=tls_broker.url("ingest"), **trust
    )
    ingest.wait_for_line("connected to broker")
    start_bayboard("simulate", "--speed", "60", BAYBOARD_MQTT_URL=tls_broker.url("simulator"), **trust)
    deadline = time.monotonic() + 90
    stored = 0
    while stored < 100 and time.monotonic() < deadline:
        with psycopg.connect(database_url) as connection:
            [stored] = connection.execute("select count(*) from stage_scan").fetchone() or [0]
        time.sleep(0.05)
    assert stored >= 100


def test_a_devices_status_and_last_will_over_tls_reach_the_list_of_devices(
    tls_broker: TlsBroker, certificates: Path, database_url: str, start_bayboard: StartCommand
) -> None:
    ca_file = certificates / "ca.crt"
    start_bayboard(
        "ingest",
        BAYBOARD_DATABASE_URL=database_url,
        BAYBOARD_MQTT_URL=tls_broker.url("ingest"),
        BAYBOARD_MQTT_CA_FILE=str(ca_file),
    ).wait_for_line("connected to broker")
    engine = connect_database(database_url)
    with engine.begin() as connection:
        admit_device(connection, DEVICE, vin=None, now=datetime.now(UTC), again=False)
    engine.dispose()
    topic = "workshop/v1/s1/scanner/bay-B07/status"
    device = Participant(
        f"mqtts://s1%2Fbay-B07:{PASSWORD}@127.0.0.1:{tls_broker.device_port}", ca_file=ca_file
    )
    device.client.will_set(topic, b'{"at":"2026-11-21T09:00:00Z","state":"offline"}', qos=1, retain=True)

    def wait_until_listed(*, online: bool) -> None:
        deadline = time.monotonic() + 90
        listed: object = None
        while time.monotonic() < deadline:
            listed = [(row.device, row.online) for row in read(database_url)]
            if listed == [("bay-B07", online)]:
                return
            time.sleep(0.05)
        pytest.fail(f"listed as {listed}")

    with device:
        device.publish(topic, b'{"at":"2026-11-21T09:00:00Z","state":"online"}')
        wait_until_listed(online=True)
        device.vanish()
        wait_until_listed(online=False)


def read(database_url: str) -> list[DeviceRow]:
    return ask(database_url, lambda connection: read_devices(connection, None))


def test_a_running_broker_shows_a_renewed_certificate_when_it_is_told_to(
    tls_broker: TlsBroker, mosquitto_broker: Broker
) -> None:
    def fetch() -> str:
        return ssl.get_server_certificate(("127.0.0.1", tls_broker.device_port))

    before = fetch()
    made = make_certificate(mosquitto_broker.directory / "certificates", "127.0.0.1")
    assert made.returncode == 0, made.stderr
    mosquitto_broker.reload()
    deadline = time.monotonic() + 90
    while (after := fetch()) == before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert after == (mosquitto_broker.directory / "certificates" / "server.crt").read_text()


@pytest.mark.parametrize(
    ("command", "role", "complaint"),
    [
        (("ingest",), "ingest", r"broker's certificate is not trusted.*unable to get local issuer"),
        (("simulate",), "simulator", r"broker is away.*certificate verify failed"),
    ],
)
def test_a_broker_that_somebody_else_vouches_for_is_refused_with_the_reason(
    tls_broker: TlsBroker,
    tmp_path: Path,
    database_url: str,
    start_bayboard: StartCommand,
    command: Sequence[str],
    role: str,
    complaint: str,
) -> None:
    make_certificate(tmp_path / "other", "127.0.0.1")
    refusing = start_bayboard(
        *command,
        BAYBOARD_DATABASE_URL=database_url,
        BAYBOARD_MQTT_URL=tls_broker.url(role),
        BAYBOARD_MQTT_CA_FILE=str(tmp_path / "other" / "ca.crt"),
    )
    refusing.wait_for_line(complaint)
    assert refusing.stop() == 0
    assert not any("connected to broker" in line for line in refusing.lines)


def test_a_broker_under_a_name_its_certificate_does_not_have_is_refused_with_the_reason(
    tls_broker: TlsBroker, certificates: Path, database_url: str, start_bayboard: StartCommand
) -> None:
    refusing = start_bayboard(
        "ingest",
        BAYBOARD_DATABASE_URL=database_url,
        BAYBOARD_MQTT_URL=tls_broker.url("ingest", host="localhost"),
        BAYBOARD_MQTT_CA_FILE=str(certificates / "ca.crt"),
    )
    refusing.wait_for_line(r"broker's certificate is not trusted.*Hostname mismatch")


def test_a_ca_file_without_certificates_is_a_sentence_and_exit_status_1(
    tmp_path: Path, start_bayboard: StartCommand
) -> None:
    (tmp_path / "ca.crt").write_text("nothing of the kind")
    command = start_bayboard("simulate", BAYBOARD_MQTT_CA_FILE=str(tmp_path / "ca.crt"))
    assert command.wait() == 1
    command.wait_for_line("BAYBOARD_MQTT_CA_FILE holds no certificates in PEM form")


def shake_hands(port: int, ca_file: Path, newest: ssl.TLSVersion) -> str | None:
    """Return the version of TLS that the listener agrees to."""
    context = ssl.create_default_context(cafile=ca_file)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = newest
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="broker.example") as secure,
    ):
        return secure.version()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_devices_get_tls_1_2_or_newer(tls_broker: TlsBroker, certificates: Path) -> None:
    ca_file = certificates / "ca.crt"
    assert shake_hands(tls_broker.device_port, ca_file, ssl.TLSVersion.MAXIMUM_SUPPORTED) == "TLSv1.3"
    assert shake_hands(tls_broker.device_port, ca_file, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    with pytest.raises(ssl.SSLError, match=r"(?i)version|protocol"):
        shake_hands(tls_broker.device_port, ca_file, ssl.TLSVersion.TLSv1_1)


def test_a_renewed_certificate_is_trusted_by_who_trusted_the_old_one(tmp_path: Path) -> None:
    assert make_certificate(tmp_path, "broker.example").returncode == 0
    old = {name: (tmp_path / name).read_bytes() for name in ("ca.crt", "ca.key", "server.crt", "server.key")}
    assert make_certificate(tmp_path, "broker.example", "192.168.1.20").returncode == 0
    changed = {name for name, content in old.items() if (tmp_path / name).read_bytes() != content}
    assert changed == {"server.crt", "server.key"}
    verified = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-CAfile", tmp_path / "ca.crt", tmp_path / "server.crt"],
        capture_output=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stderr
    for key in ("ca.key", "server.key"):
        assert (tmp_path / key).stat().st_mode & 0o777 == 0o600


def test_an_authority_without_its_key_is_not_replaced(tmp_path: Path) -> None:
    assert make_certificate(tmp_path, "broker.example").returncode == 0
    (tmp_path / "ca.key").unlink()
    again = make_certificate(tmp_path, "broker.example")
    assert again.returncode == 1
    assert "ca.crt without ca.key" in again.stderr


@pytest.mark.parametrize(("hosts", "status"), [((), 2), (("no such/host",), 1), (("a,IP:1.2.3.4",), 1)])
def test_a_certificate_for_nothing_is_refused(tmp_path: Path, hosts: Sequence[str], status: int) -> None:
    refused = make_certificate(tmp_path / "new", *hosts)
    assert refused.returncode == status
    assert refused.stderr
    assert not (tmp_path / "new").exists()
