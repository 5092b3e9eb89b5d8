"""Every metric of the dispatcher, named and explained in one place."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from reminders.service.metrics import sum_up


class DeliveryMetrics:
    """Counters of one dispatcher, in the registry of its process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        # Attempts: delivered, failed, limited or refused.
        self.attempts = Counter(
            "bayboard_deliveries", "Attempts to deliver", ["channel", "outcome"], registry=registry
        )
        # Messages of this process that were delivered, and that were given up.
        self.sent = Counter("bayboard_messages_sent", "Messages delivered", ["channel"], registry=registry)
        self.dead = Counter("bayboard_messages_dead", "Messages given up", ["channel"], registry=registry)
        self.seconds = Histogram(
            "bayboard_delivery_seconds",
            "Time of an attempt",
            ["channel"],
            buckets=(0.03, 0.1, 0.3, 1, 3, 10, 30),
            registry=registry,
        )
        # Of the whole database, so alike in every process; the channel is empty where there is none for them.
        self.waiting = Gauge(
            "bayboard_messages_waiting", "Messages that wait", ["channel"], registry=registry
        )
        self.oldest_seconds = Gauge(
            "bayboard_messages_oldest_seconds",
            "For how long the oldest waiting message has been due",
            registry=registry,
        )

    def summary(self) -> str:
        """Say in a few lines what was counted."""
        counted = {"messages sent": self.sent, "messages given up": self.dead}
        return sum_up(counted)
