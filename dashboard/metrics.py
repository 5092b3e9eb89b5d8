"""Every metric of the dashboard, by name, in one place.

Owns the registry of one process. With several workers each answers for itself: a scrape
reaches one of them, so scrape workers singly or run one worker a container.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest


class Metrics:
    """What a dashboard process counts."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.feed_connected = Gauge(
            "bayboard_feed_connected", "1 while the board feed hears the database", registry=registry
        )
        self.notices = Counter(
            "bayboard_feed_notices", "Changes announced by the database", ["site"], registry=registry
        )
        self.board_reads = Histogram(
            "bayboard_board_read_seconds",
            "Time of one reading of a site's board",
            ["kind", "site"],
            registry=registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
        )
        self.screens = Gauge(
            "bayboard_screens", "Screens that are open now", ["kind", "site", "lang"], registry=registry
        )
        self.frames = Counter(
            "bayboard_screen_frames", "Frames sent to screens", ["kind", "site"], registry=registry
        )
        self.catch_ups = Counter(
            "bayboard_screen_catch_ups",
            "Times a slow screen was taken straight to the newest state",
            ["kind", "site"],
            registry=registry,
        )

    def render(self) -> bytes:
        """Return every metric in Prometheus' text format."""
        return generate_latest(self.registry)
