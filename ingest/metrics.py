"""Every metric of ingest, named and explained in one place."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """Counters of one ingest process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        # Messages taken from the broker, redeliveries included.
        self.received = Counter("bayboard_ingest_received", "Messages received", registry=self.registry)
        # Rows that a commit added, by table.
        self.stored = Counter("bayboard_ingest_stored", "Rows stored", ["table"], registry=self.registry)
        # Rows that were there already, by table.
        self.duplicates = Counter(
            "bayboard_ingest_duplicates", "Rows already stored", ["table"], registry=self.registry
        )
        # Messages refused for the first time, by the field that the reason names.
        self.quarantined = Counter(
            "bayboard_ingest_quarantined", "Messages quarantined", ["field"], registry=self.registry
        )
        # 1 while more of the recent messages are refused than the workshop file tolerates.
        self.quarantine_dominates = Gauge(
            "bayboard_ingest_quarantine_dominates", "Refused messages dominate", registry=self.registry
        )
        # Messages taken out of quarantine: stored, stored already, or refused again.
        self.replayed = Counter(
            "bayboard_ingest_replayed", "Quarantined messages replayed", ["outcome"], registry=self.registry
        )
        # Fields of stored messages that were left out, or brought into their canonical form.
        self.noted = Counter(
            "bayboard_ingest_noted", "Fields left out or rewritten", ["field", "what"], registry=self.registry
        )
        # Work orders that stay as they were, since their events cannot be computed; counted once a minute.
        self.unprojected = Gauge(
            "bayboard_ingest_orders_unprojected",
            "Work orders that cannot be computed",
            registry=self.registry,
        )
        # Messages that are no readings, by why: without_odometer (as the workshop file says), not_known (a
        # mileage that is null, empty or 0), empty, can_frames (a WiCAN in CAN mode), event (of Traccar), own.
        self.skipped = Counter(
            "bayboard_ingest_skipped", "Messages skipped", ["reason"], registry=self.registry
        )
        # Messages in a commit, and how long it took from decoding to committed.
        self.batch_messages = Histogram(
            "bayboard_ingest_batch_messages",
            "Messages a batch",
            buckets=(1, 3, 10, 30, 100, 300, 1000, 3000, 10000),
            registry=self.registry,
        )
        self.batch_seconds = Histogram(
            "bayboard_ingest_batch_seconds", "Time to write a batch", registry=self.registry
        )
        # From a message's own time to its commit: of the newest row of every table of a batch.
        self.lag_seconds = Histogram(
            "bayboard_ingest_lag_seconds",
            "From a message's own time to its commit",
            buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 60, 600, 3600, 86400),
            registry=self.registry,
        )
        # Failed attempts to write a batch that will be repeated.
        self.retries = Counter("bayboard_ingest_retries", "Batches tried again", registry=self.registry)
        # 1 while the database answers but refuses to store, by SQLSTATE class: 25 read-only, 53 full.
        self.database_refuses = Gauge(
            "bayboard_ingest_database_refuses",
            "Database refuses to store",
            ["sqlstate_class"],
            registry=self.registry,
        )
        # Our clock minus a device's, whenever one is measured: once for a device and batch at most.
        self.clock_offsets = Histogram(
            "bayboard_ingest_clock_offset_seconds",
            "Offsets measured of devices' clocks",
            buckets=(-86400, -3600, -300, -60, -10, -2, 2, 10, 60, 300, 3600, 86400),
            registry=self.registry,
        )
        # Connections made to the broker; the first is not a reconnect.
        self.connections = Counter(
            "bayboard_ingest_broker_connections", "Connections to the broker", registry=self.registry
        )
        # 1 while connected to the broker, and to the database.
        self.broker_up = Gauge("bayboard_ingest_broker_up", "Broker connected", registry=self.registry)
        self.database_up = Gauge("bayboard_ingest_database_up", "Database connected", registry=self.registry)
