"""Wires a reminder engine from settings and the workshop's facts: the loop, or one pass as of a time."""

from collections.abc import Callable
from datetime import datetime

from bayboard.entry import call_on_signals
from config.settings import Settings
from config.workshop import Workshop
from ingest.health import serve_health
from reminders.engine import Engine
from reminders.metrics import Metrics
from reminders.plans import make_plans


def remind_once(settings: Settings, workshop: Workshop, now: datetime) -> str:
    """Do one pass over every vehicle as of a time, and say what it did."""
    metrics = Metrics()
    engine = make_engine(settings, workshop, metrics, lambda: now)
    try:
        engine.pass_once(now, full=True)
    finally:
        engine.close()
    return metrics.summary()


def remind_until_stopped(
    settings: Settings,
    workshop: Workshop,
    *,
    clock: Callable[[], datetime],
    pause_seconds: float,
    http: tuple[str, int] | None,
) -> None:
    """Run passes until a signal; answer probes where asked to."""
    metrics = Metrics()
    engine = make_engine(settings, workshop, metrics, clock)
    call_on_signals(engine.stop)
    server = serve_health(*http, metrics.registry, engine.find_troubles) if http else None
    engine.run(pause_seconds)
    if server:
        server.shutdown()


def make_engine(
    settings: Settings, workshop: Workshop, metrics: Metrics, clock: Callable[[], datetime]
) -> Engine:
    """Build an engine; nothing is connected yet."""
    assert settings.database_url  # noqa: S101  # required by the command
    return Engine(
        database_url=settings.database_url, plans=make_plans(workshop), metrics=metrics, clock=clock
    )
