"""Every metric of the reminder engine, named and explained in one place."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """Counters of one engine, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        # Vehicles reviewed because of a reading, a work order or a correction.
        self.reviewed = Counter("bayboard_remind_reviewed", "Vehicles reviewed", registry=self.registry)
        # Verdicts that were given or changed: trusted or refused.
        self.verdicts = Counter(
            "bayboard_remind_verdicts", "Verdicts of readings", ["verdict"], registry=self.registry
        )
        # Reminders raised, told again, withheld for want of consent, and closed.
        self.reminders = Counter(
            "bayboard_remind_reminders",
            "Reminders by what became of them",
            ["outcome"],
            registry=self.registry,
        )
        # Messages written into the outbox.
        self.messages = Counter(
            "bayboard_remind_messages", "Messages put into the outbox", registry=self.registry
        )
        # Messages that rules put into the outbox, and those withdrawn because their condition was over.
        self.rule_messages = Counter(
            "bayboard_remind_rule_messages", "Messages of rules", ["outcome"], registry=self.registry
        )
        # From beginning to end of judging the rules of the sites with news, or of all.
        self.rules_seconds = Histogram(
            "bayboard_remind_rules_seconds",
            "Time of judging rules",
            buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10),
            registry=self.registry,
        )
        # From beginning to end of a pass over news, and over every vehicle.
        self.pass_seconds = Histogram(
            "bayboard_remind_pass_seconds",
            "Time of a pass",
            ["kind"],
            buckets=(0.01, 0.1, 1, 3, 10, 30, 60, 120),
            registry=self.registry,
        )
        # When every vehicle was last reckoned by this engine, in seconds since 1970.
        self.reckoned_at = Gauge(
            "bayboard_remind_reckoned_timestamp_seconds",
            "Last pass over every vehicle",
            registry=self.registry,
        )
        # 1 while connected to the database.
        self.database_up = Gauge("bayboard_remind_database_up", "Database connected", registry=self.registry)

    def summary(self) -> str:
        """Say in a few lines what was counted."""
        counted = {
            "vehicles reviewed": self.reviewed,
            "readings trusted": self.verdicts.labels("trusted"),
            "readings refused": self.verdicts.labels("refused"),
            "reminders raised": self.reminders.labels("raised"),
            "reminders told again": self.reminders.labels("again"),
            "reminders closed": self.reminders.labels("closed"),
            "messages put into the outbox": self.messages,
            "messages of rules": self.rule_messages.labels("put"),
        }
        return sum_up(counted)


def sum_up(counted: Mapping[str, Counter]) -> str:
    """Say what was counted, a line each, over all labels."""
    return "\n".join(f"{name}: {_read(counter):.0f}" for name, counter in counted.items())


def _read(counter: Counter) -> float:
    return sum(
        sample.value
        for metric in counter.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    )
