"""The ingest command on real brokers and databases: nothing is lost, nothing doubled."""

import time
from collections.abc import Callable

import psycopg

from bayboard.demo.embedded import PostgresServer
from tests.fixtures.broker import Broker, Publish
from tests.fixtures.ingest import REFUSE_RO_9, STORED, TOPIC, StartIngest, scan, wait_for_rows
from tests.fixtures.processes import StartCommand


def test_what_is_published_is_stored_or_quarantined(
    broker: Broker, database_url: str, start_ingest: StartIngest, publish: Publish
) -> None:
    start_ingest(broker, database_url)
    publish(broker.url, TOPIC, scan(1))
    publish(broker.url, TOPIC, b"nonsense")
    publish(broker.url, TOPIC, b" " * 300_000)
    publish(broker.url, TOPIC, scan(2))
    wait_for_rows(database_url, STORED, [("RO-1",), ("RO-2",)])
    wait_for_rows(
        database_url, "select octet_length(payload) from quarantined_message order by 1", [(8,), (300_000,)]
    )


def test_messages_that_came_while_ingest_was_away_are_stored_when_it_is_back(
    broker: Broker, database_url: str, start_ingest: StartIngest, publish: Publish
) -> None:
    start_ingest(broker, database_url).kill()
    publish(broker.url, TOPIC, scan(1))
    second = start_ingest(broker, database_url)
    wait_for_rows(database_url, STORED, [("RO-1",)])
    assert second.stop() == 0
    publish(broker.url, TOPIC, scan(2))
    start_ingest(broker, database_url)
    wait_for_rows(database_url, STORED, [("RO-1",), ("RO-2",)])


def test_a_broker_that_restarts_is_found_again(
    mosquitto_broker: Broker, database_url: str, start_ingest: StartIngest, publish: Publish
) -> None:
    command = start_ingest(mosquitto_broker, database_url)
    mosquitto_broker.stop()
    command.wait_for_line("lost the broker")
    mosquitto_broker.start()
    publish(mosquitto_broker.url, TOPIC, scan(1))
    wait_for_rows(database_url, STORED, [("RO-1",)])


def test_nothing_is_acknowledged_while_the_database_is_away(
    mosquitto_broker: Broker, own_server: PostgresServer, start_ingest: StartIngest, publish: Publish
) -> None:
    command = start_ingest(mosquitto_broker, own_server.url)
    own_server.stop()
    publish(mosquitto_broker.url, TOPIC, scan(1))
    command.wait_for_line("database is away")
    command.kill()
    own_server.start()
    start_ingest(mosquitto_broker, own_server.url)
    wait_for_rows(own_server.url, STORED, [("RO-1",)])


def test_a_database_that_comes_back_gets_what_waited(
    iotcore_broker: Broker, own_server: PostgresServer, start_ingest: StartIngest, publish: Publish
) -> None:
    command = start_ingest(iotcore_broker, own_server.url)
    own_server.stop()
    publish(iotcore_broker.url, TOPIC, scan(1))
    command.wait_for_line("database is away")
    own_server.start()
    wait_for_rows(own_server.url, STORED, [("RO-1",)])


def test_a_row_that_only_the_database_refuses_is_quarantined_alone(
    iotcore_broker: Broker, database_url: str, start_ingest: StartIngest, publish: Publish
) -> None:
    command = start_ingest(iotcore_broker, database_url)
    command.kill()
    for number in range(1, 4):
        publish(iotcore_broker.url, TOPIC, scan(number))
    with psycopg.connect(database_url) as connection:
        connection.execute(REFUSE_RO_9)
    publish(iotcore_broker.url, TOPIC, scan(9))
    for number in range(4, 6):
        publish(iotcore_broker.url, TOPIC, scan(number))
    start_ingest(iotcore_broker, database_url)
    wait_for_rows(database_url, STORED, [(f"RO-{number}",) for number in range(1, 6)])
    wait_for_rows(
        database_url, "select count(*), min(left(reason, 9)) from quarantined_message", [(1, "database:")]
    )


def test_sigterm_stores_what_is_here_and_stops(
    iotcore_broker: Broker, database_url: str, start_ingest: StartIngest, publish: Publish
) -> None:
    command = start_ingest(iotcore_broker, database_url)
    publish(iotcore_broker.url, TOPIC, scan(1))
    assert command.stop() == 0
    start_ingest(iotcore_broker, database_url)
    wait_for_rows(database_url, STORED, [("RO-1",)])


def test_sigterm_stops_ingest_while_neither_broker_nor_database_is_there(
    start_bayboard: StartCommand, free_port: Callable[[], int]
) -> None:
    command = start_bayboard(
        "ingest",
        BAYBOARD_MQTT_URL=f"mqtt://127.0.0.1:{free_port()}",
        BAYBOARD_DATABASE_URL=f"postgresql://postgres@127.0.0.1:{free_port()}/postgres",
    )
    command.wait_for_line("database is away")
    command.wait_for_line("broker is away")
    assert command.stop() == 0


def test_missing_settings_are_a_sentence_and_exit_status_1(start_bayboard: StartCommand) -> None:
    command = start_bayboard("ingest")
    assert command.wait() == 1
    found = command.wait_for_line("BAYBOARD_DATABASE_URL is not set.*BAYBOARD_MQTT_URL is not set")
    assert len(command.lines) == 1, found


def test_processes_that_share_each_keep_a_session_of_their_own_over_a_restart(
    mosquitto_broker: Broker, database_url: str, start_ingest: StartIngest, publish: Publish
) -> None:
    group = f"test-{time.monotonic_ns()}"
    first, second = (start_ingest(mosquitto_broker, database_url, "--share", group) for _ in range(2))
    for number in range(1, 11):
        publish(mosquitto_broker.url, TOPIC, scan(number))
    everything: list[tuple[object, ...]] = [(f"RO-{number}",) for number in range(1, 11)]
    wait_for_rows(database_url, STORED, everything)
    first.kill()
    second.kill()
    for number in range(11, 21):
        publish(mosquitto_broker.url, TOPIC, scan(number))
    for _ in range(2):
        start_ingest(mosquitto_broker, database_url, "--share", group)
    wait_for_rows(database_url, STORED, [*everything, *((f"RO-{number}",) for number in range(11, 21))])
