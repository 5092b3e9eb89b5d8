"""Open reminders stand at the broker until they are done, and ingest leaves them alone."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jsonschema
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from bayboard.parts.ingest import make_rules
from config.broker import read_broker_address
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from ingest.message import ReceivedMessage
from ingest.steps.batch import sort_messages
from models.domain.service.published import is_reminder_topic, name_reminder_topic
from reminders.service.publish import Publisher
from tests.fixtures.broker import Broker
from tests.fixtures.ingest import wait_for_rows
from tests.rig.garage import NOW, VIN, Garage

SCHEMA = Path(__file__).parents[3] / "docs" / "contract" / "reminders.schema.json"


@contextmanager
def publishing(database_url: str, broker: Broker) -> Iterator[Publisher]:
    publisher = Publisher(
        database_url=database_url, mqtt_url=broker.url, clock=lambda: NOW, pause_seconds=0.05
    )
    publisher.start()
    try:
        yield publisher
    finally:
        publisher.stop()


def raise_reminder(garage: Garage, item: str = "oil", state: str = "raised") -> None:
    garage.write(
        "insert into service_reminder (vin, plan, item, cycle, site, due_km, due_on, projected_on, raised_at,"
        " state, notices) values (%s, 'p', %s, 'c', 's1', 40000, '2026-12-24', '2026-12-01', %s, %s, 1)",
        (VIN, item, NOW, state),
    )


def read_retained(broker: Broker) -> dict[str, bytes]:
    """Return what the broker gives to whoever subscribes now."""
    found: dict[str, bytes] = {}
    address = read_broker_address(broker.url)
    client = Client(CallbackAPIVersion.VERSION2)
    if address.user:
        client.username_pw_set(address.user, address.password)

    def subscribe(client: Client, *_: object) -> None:
        client.subscribe("workshop/v1/+/reminders/+", qos=1)

    def keep(_client: Client, _data: object, message: MQTTMessage) -> None:
        found[message.topic] = bytes(message.payload)

    client.on_connect = subscribe
    client.on_message = keep
    client.connect(address.host, address.port)
    ends_at = time.monotonic() + 0.4
    while time.monotonic() < ends_at:
        client.loop(0.05)
    client.disconnect()
    return found


def wait_for_fingerprints(garage: Garage, number: int) -> None:
    wait_for_rows(garage.url, "select count(*) from reminder_publication", [(number,)])


def test_open_reminders_stand_at_the_broker_until_they_are_done(database_url: str, broker: Broker) -> None:
    garage = Garage(database_url)
    raise_reminder(garage)
    raise_reminder(garage, "brake_fluid", state="withheld")
    with publishing(database_url, broker):
        wait_for_fingerprints(garage, 1)
        [(topic, payload)] = read_retained(broker).items()
        garage.write("update service_reminder set state = 'suppressed'")
        wait_for_fingerprints(garage, 0)
        assert read_retained(broker) == {}
    assert topic == f"workshop/v1/s1/reminders/{VIN}"
    said = json.loads(payload)
    jsonschema.validate(said, json.loads(SCHEMA.read_text()))
    [reminder] = said["reminders"]
    assert (reminder["item"], reminder["state"], reminder["due_km"]) == ("oil", "raised", 40000)
    assert (reminder["due_on"], reminder["projected_on"]) == ("2026-12-24", "2026-12-01")


def test_a_broker_that_forgot_is_told_anew_and_of_what_was_done_meanwhile(
    database_url: str, iotcore_broker: Broker
) -> None:
    garage = Garage(database_url)
    raise_reminder(garage)
    with publishing(database_url, iotcore_broker):
        wait_for_fingerprints(garage, 1)
    iotcore_broker.stop()
    iotcore_broker.start()
    assert read_retained(iotcore_broker) == {}
    garage.write("update reminder_publication set published_at = now() - interval '1 hour'")
    with publishing(database_url, iotcore_broker):
        wait_for_rows(
            database_url, "select published_at = '2026-11-18T02:00:00Z' from reminder_publication", [(True,)]
        )
        assert list(read_retained(iotcore_broker)) == [f"workshop/v1/s1/reminders/{VIN}"]


def test_ingest_leaves_our_own_topics_alone() -> None:
    received = ReceivedMessage(name_reminder_topic("s1", VIN), b"{}", NOW, packet_id=1, connection=1)
    batch = sort_messages([received], make_rules(load_workshop(DEFAULT_WORKSHOP_FILE)))
    assert (batch.skipped, batch.refusals, batch.rows) == ({"own": 1}, [], {})
    assert not is_reminder_topic("workshop/v1/s1/scanner/reminders/stage")
