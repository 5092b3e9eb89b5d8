"""The embedded MQTT broker as a process: `python -m bayboard.demo.broker PORT`.

Owns the limits that the wheel's defaults set too low: payloads above the contract's size
must reach ingest to be quarantined, and more messages may be in flight than a batch holds.
"""

import logging
import sys

from iotcore import Broker

# What ingest refuses (above 256 KiB) must still arrive, to be quarantined rather than lost.
_MAX_PAYLOAD_BYTES = 8 * 1024 * 1024
_MAX_IN_FLIGHT = 1000


def main() -> None:
    """Serve MQTT on 127.0.0.1 until stopped."""
    # rumqttd wraps every packet in an error span, so its log is noise at any level.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    Broker(
        port=int(sys.argv[1]),
        listen="127.0.0.1",
        max_payload_size=_MAX_PAYLOAD_BYTES,
        max_inflight_count=_MAX_IN_FLIGHT,
    ).run_forever()


if __name__ == "__main__":
    main()
