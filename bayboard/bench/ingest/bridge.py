"""The Rust bridge as a contender: `python -m bayboard.bench.ingest.bridge MQTT_URL DATABASE_URL`.

It is given less to do than ours: it takes site and device for granted, and stores neither a
quarantine nor an announcement.
"""

import signal
import sys

from mq_bridge import Route

_INSERT = (
    "insert into odometer_reading"
    " (site, device, event_id, at, received_at, corrected_at, vin, km, value, unit)"
    " values ('s1', 'gw', ${payload:id}, ${payload:at}::timestamptz, now(), ${payload:at}::timestamptz,"
    " ${payload:vin}, 0, 0, 'km') on conflict do nothing"
)


def main() -> None:
    """Bridge until stopped."""
    mqtt_url, database_url = sys.argv[1:3]
    route = Route.from_config(
        {
            "input": {
                "mqtt": {
                    "url": mqtt_url.replace("mqtt://", "tcp://"),
                    "topic": "workshop/v1/#",
                    "client_id": "bridge",
                    "protocol": "v3",
                    "qos": 1,
                    "clean_session": False,
                    "queue_capacity": 20000,
                    "max_inflight": 20000,
                }
            },
            "output": {"sqlx": {"url": database_url, "table": "odometer_reading", "insert_query": _INSERT}},
            "batch_size": 1000,
            "concurrency": 1,
        }
    )
    route.run()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    main()
