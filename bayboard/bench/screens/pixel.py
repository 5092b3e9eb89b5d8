"""How long a scan takes from being published to being painted on the wall.

Publishes scans to a running Bayboard and watches one wall in Chromium, on one machine, so that
both read the same clock. Measures the whole way: broker, ingest, commit, feed, browser, frame.
"""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from bayboard.bench.rig.chromium import launch_chromium, open_screen
from config.broker import read_broker_address
from models.contract.payloads import StageScan, encode

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAUSE_SECONDS = 0.3
# How long after the last scan one that is not painted is given up.
_LAST_SECONDS = 1.5

# Two animation frames after a change of the document, what changed has been painted.
_WATCH = """
window.painted = {};
new MutationObserver(() => {
    const found = document.body.textContent.match(/probe-\\d+;/g) || [];
    requestAnimationFrame(() => requestAnimationFrame(() => {
        for (const name of found) window.painted[name] ??= Date.now();
    }));
}).observe(document.body, {childList: true, subtree: true, characterData: true});
"""


@dataclass(frozen=True, slots=True)
class PixelTimes:
    """Milliseconds from publish to painted frame, sorted, and how many were never seen."""

    milliseconds: list[float]
    missing: int

    def __str__(self) -> str:
        if len(self.milliseconds) < 2:  # noqa: PLR2004  # no percentile of one
            return f"publish -> pixel: {self.missing} scans never reached the wall"
        cuts = statistics.quantiles(self.milliseconds, n=100)
        return (
            f"publish -> pixel over {len(self.milliseconds)} scans: p50 {cuts[49]:.0f} ms,"
            f" p95 {cuts[94]:.0f} ms, max {self.milliseconds[-1]:.0f} ms; never seen: {self.missing}"
        )


def measure_pixel(*, wall_url: str, mqtt_url: str, site: str, bay: str, scans: int) -> PixelTimes:
    """Publish scans one after the other and time each until it is painted.

    Raises BenchError where Playwright or Chromium is missing.
    """
    with launch_chromium() as browser:
        page = open_probe(browser, wall_url)
        published = publish_probes(mqtt_url, site, bay, range(scans))
        return read_probe(page, published)


def open_probe(browser: "Browser", wall_url: str) -> "Page":
    """Open a wall that notes when each scan was painted."""
    page = open_screen(browser, wall_url)
    page.evaluate(_WATCH)
    return page


def read_probe(page: "Page", published: Mapping[str, float]) -> PixelTimes:
    """Return how long after being published each scan was painted."""
    painted: dict[str, float] = page.evaluate("window.painted")
    took = sorted(painted[name] - sent for name, sent in published.items() if name in painted)
    return PixelTimes(took, len(published) - len(took))


def publish_probes(mqtt_url: str, site: str, bay: str, numbers: range) -> dict[str, float]:
    """Publish scans one after the other, and wait for the last; return when each was, in milliseconds."""
    client = _connect(mqtt_url)
    published: dict[str, float] = {}
    for number in numbers:
        name = f"probe-{number};"
        now = datetime.now(UTC)
        scan = StageScan(
            id=f"{now.timestamp()}", at=now, work_order="PROBE", stage="repairing", bay=bay, operation=name
        )
        published[name] = time.time() * 1000
        client.publish(f"workshop/v1/{site}/scanner/probe/stage", encode(scan), qos=1)
        time.sleep(PAUSE_SECONDS)
    time.sleep(_LAST_SECONDS)
    client.disconnect()
    client.loop_stop()
    return published


def _connect(mqtt_url: str) -> Client:
    broker = read_broker_address(mqtt_url)
    client = Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(broker.user, broker.password)
    client.connect(broker.host, broker.port)
    client.loop_start()
    return client
