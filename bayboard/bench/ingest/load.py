"""Telematics messages by the hundred thousand, and how they get into a broker."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from bayboard.bench.ingest.stream import Publication
from models.contract.payloads import FleetReading, FleetReadings, Odometer, OdometerReading, encode

READINGS_A_BATCH = 100
_DEVICES = 50
_MOST_IN_FLIGHT = 5000


def publish_all(port: int, publications: Sequence[Publication]) -> None:
    """Publish and wait for every acknowledgement; packet ids allow 65,535 outstanding at once."""
    acknowledged = 0

    def count(*_: object) -> None:
        nonlocal acknowledged
        acknowledged += 1

    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(_MOST_IN_FLIGHT)
    client.on_publish = count
    client.connect("127.0.0.1", port)
    client.loop_start()
    for number, publication in enumerate(publications):
        client.publish(*publication, qos=1)
        while number - acknowledged >= _MOST_IN_FLIGHT:
            time.sleep(0.001)
    while acknowledged < len(publications):
        time.sleep(0.01)
    client.disconnect()
    client.loop_stop()


def single_readings(count: int) -> Iterator[Publication]:
    """Make messages of one odometer reading each."""
    now = datetime.now(UTC) - timedelta(hours=1)
    for n in range(count):
        reading = OdometerReading(
            id=f"{n:026d}",
            at=now + timedelta(milliseconds=n),
            vin=f"LSVAU2A37N{n % 2000:07d}",
            odometer=Odometer(value=1000 + n / 10, unit="km"),
        )
        yield f"workshop/v1/s1/telematics/gw-{n % _DEVICES}/odometer", encode(reading)


def fleet_readings(count: int) -> Iterator[Publication]:
    """Make messages of READINGS_A_BATCH readings each."""
    now = datetime.now(UTC) - timedelta(hours=1)
    for n in range(count):
        readings = tuple(
            FleetReading(vin=f"LSVAU2A37N{v:07d}", at=now + timedelta(milliseconds=n), value=1000 + n)
            for v in range(READINGS_A_BATCH)
        )
        batch = FleetReadings(id=f"{n:026d}", unit="km", readings=readings)
        yield f"workshop/v1/s1/telematics/gw-{n % _DEVICES}/odometer", encode(batch)
