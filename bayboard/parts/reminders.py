"""Wires a reminder engine from settings and the workshop's facts: the loop, or one pass as of a time.

Rules are judged in a thread of their own, so that they need not wait for a pass over every vehicle; messages
are sent in others, so that they wait for nobody.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from bayboard.entry import call_on_signals
from bayboard.parts.delivery import make_dispatcher
from config.settings import Settings
from config.workshop import Workshop
from ingest.health import serve_health
from reminders.notices.engine import RuleEngine
from reminders.notices.facts import make_rule_facts
from reminders.service.engine import Engine
from reminders.service.metrics import Metrics
from reminders.service.plans import make_plans
from reminders.service.publish import Publisher


def remind_once(
    settings: Settings, workshop: Workshop, now: datetime, environment: Mapping[str, str], *, send: bool
) -> str:
    """Do one pass over every vehicle as of a time, send what is due by then, and say what was done."""
    metrics = Metrics()
    dispatcher, deliveries = make_dispatcher(settings, workshop, environment, metrics.registry, lambda: now)
    engine = make_engine(settings, workshop, metrics, lambda: now)
    try:
        engine.pass_once(now, full=True)
    finally:
        engine.close()
    make_rule_engine(settings, workshop, metrics, lambda: now).pass_once(now)
    if not send:
        return metrics.summary()
    dispatcher.drain()
    return f"{metrics.summary()}\n{deliveries.summary()}"


def remind_until_stopped(
    settings: Settings,
    workshop: Workshop,
    environment: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    pause_seconds: float,
    http: tuple[str, int] | None,
    send: bool,
) -> None:
    """Run passes, send and publish until a signal; answer probes where asked to."""
    metrics = Metrics()
    dispatcher, _ = make_dispatcher(settings, workshop, environment, metrics.registry, clock)
    publisher = make_publisher(settings, clock)
    engine = make_engine(settings, workshop, metrics, clock)
    rules = make_rule_engine(settings, workshop, metrics, clock)
    # A daemon, so that it keeps no process whose engine has ended.
    judging = threading.Thread(target=rules.run, name="rules", daemon=True)

    def stop() -> None:
        rules.stop()
        engine.stop()

    call_on_signals(stop)
    judging.start()
    if send:
        dispatcher.start()
    if publisher:
        publisher.start()
    server = (
        serve_health(*http, metrics.registry, lambda: [*engine.find_troubles(), *rules.find_troubles()])
        if http
        else None
    )
    engine.run(pause_seconds)
    judging.join()
    if publisher:
        publisher.stop()
    if send:
        dispatcher.stop()
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


def make_publisher(settings: Settings, clock: Callable[[], datetime]) -> Publisher | None:
    """Build what publishes to the broker, where there is one; nothing is connected yet."""
    if settings.mqtt_url is None:
        return None
    assert settings.database_url  # noqa: S101  # required by the command
    return Publisher(
        database_url=settings.database_url,
        mqtt_url=settings.mqtt_url,
        clock=clock,
        ca_file=settings.mqtt_ca_file,
    )


def make_rule_engine(
    settings: Settings, workshop: Workshop, metrics: Metrics, clock: Callable[[], datetime]
) -> RuleEngine:
    """Build what judges rules; nothing is connected yet."""
    assert settings.database_url  # noqa: S101  # required by the command
    return RuleEngine(
        database_url=settings.database_url,
        facts=make_rule_facts(workshop),
        metrics=metrics,
        clock=clock,
    )
