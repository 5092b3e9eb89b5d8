"""Wires an ingest process from settings and the workshop's facts."""

import socket
from collections.abc import Callable
from datetime import datetime, timedelta

from config.settings import Settings
from config.workshop import Workshop
from ingest.contract.topics import FILTER
from ingest.decode import Rules
from ingest.metrics import Metrics
from ingest.mqtt import Inbox, Subscriber
from ingest.service import Ingest


def make_ingest(
    settings: Settings,
    workshop: Workshop,
    *,
    share: str | None,
    client_id: str | None,
    clock: Callable[[], datetime],
) -> tuple[Ingest, Metrics]:
    """Build the service and the metrics it counts in; nothing is connected yet."""
    assert settings.database_url  # noqa: S101  # required by the command
    assert settings.mqtt_url  # noqa: S101  # required by the command
    metrics = Metrics()
    inbox = Inbox()
    subscriber = Subscriber(
        settings.mqtt_url,
        client_id=client_id or _session_name(share),
        filters=[f"$share/{share}/{FILTER}" if share else FILTER],
        inbox=inbox,
        clock=clock,
        metrics=metrics,
    )
    ingest = Ingest(
        database_url=settings.database_url,
        rules=make_rules(workshop),
        inbox=inbox,
        subscriber=subscriber,
        metrics=metrics,
    )
    return ingest, metrics


def make_rules(workshop: Workshop) -> Rules:
    """Take from the workshop's facts what a message is checked against."""
    return Rules(
        stages=frozenset(stage.key for stage in workshop.stages),
        end_stages=frozenset(stage.key for stage in workshop.stages if stage.kind == "end"),
        future_tolerance=timedelta(seconds=workshop.ingest.future_tolerance_seconds),
    )


def _session_name(share: str | None) -> str:
    """Name the session the broker keeps: one for a lone process, one each for those that share."""
    return f"bayboard-ingest-{share}-{socket.gethostname()}" if share else "bayboard-ingest"
