"""Wires an ingest process from settings and the workshop's facts."""

import fcntl
import os
import socket
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from config.settings import Settings
from config.workshop import Workshop
from ingest.adapters.mapping import Adapters
from ingest.alarm import AlarmRule, QuarantineAlarm
from ingest.condition import Condition
from ingest.inbox import Inbox
from ingest.metrics import Metrics
from ingest.mqtt import Subscriber
from ingest.service import Ingest
from ingest.steps.decode import Rules, SiteRules
from ingest.steps.quota import QuotaRules
from ingest.tend.requests import ReplayRequests
from models.contract.topics import FILTER
from models.domain.names import canonical_bay, canonical_stage
from models.domain.repairs import Limits


def make_ingest(
    settings: Settings,
    workshop: Workshop,
    *,
    share: str | None,
    session: str,
    clock: Callable[[], datetime],
) -> tuple[Ingest, Condition, Metrics]:
    """Build the service, what probes ask, and the metrics it counts in; nothing is connected yet."""
    assert settings.database_url  # noqa: S101  # required by the command
    assert settings.mqtt_url  # noqa: S101  # required by the command
    metrics = Metrics()
    inbox = Inbox()
    subscriber = Subscriber(
        settings.mqtt_url,
        client_id=session,
        filters=_share([FILTER, *(adapter.topic for adapter in workshop.ingest.adapters)], share),
        inbox=inbox,
        clock=clock,
        metrics=metrics,
        ca_file=settings.mqtt_ca_file,
    )
    rules, adapters = make_rules(workshop), make_adapters(workshop)
    alarm = QuarantineAlarm(make_alarm_rule(workshop))
    metrics.quarantine_dominates.set_function(lambda: float(alarm.judge(clock()) is not None))
    condition = Condition(metrics=metrics, alarm=alarm, broker_connected=lambda: subscriber.connected)
    ingest = Ingest(
        database_url=settings.database_url,
        rules=rules,
        adapters=adapters,
        inbox=inbox,
        subscriber=subscriber,
        replay_requests=ReplayRequests(
            database_url=settings.database_url, rules=rules, adapters=adapters, metrics=metrics, clock=clock
        ),
        condition=condition,
        metrics=metrics,
        clock=clock,
    )
    return ingest, condition, metrics


def make_adapters(workshop: Workshop) -> Adapters:
    """Make the readers of other products' topics that the workshop's facts ask for."""
    return Adapters(workshop.ingest.adapters, {site.key: site.zone for site in workshop.sites})


def make_rules(workshop: Workshop) -> Rules:
    """Take from the workshop's facts what a message is checked against."""
    return Rules(
        stages=_name_stages(workshop),
        end_stages=frozenset(stage.key for stage in workshop.stages if stage.kind == "end"),
        repairs=Limits(
            wrong_bay=timedelta(seconds=workshop.repairs.wrong_bay_seconds),
            two_places=timedelta(seconds=workshop.repairs.two_places_seconds),
        ),
        future_tolerance=timedelta(seconds=workshop.ingest.future_tolerance_seconds),
        max_clock_offset=timedelta(seconds=workshop.ingest.max_clock_offset_seconds),
        oldest_event=timedelta(days=workshop.ingest.oldest_event_days),
        oldest_reading=timedelta(days=workshop.ingest.oldest_reading_days),
        quota=QuotaRules(
            workshop.ingest.device_messages_an_hour,
            workshop.ingest.device_megabytes_an_hour * 2**20,
            workshop.ingest.device_orders_an_hour,
        ),
        sites={
            site.key: SiteRules(site.zone, {canonical_bay(bay.key) or bay.key: bay.key for bay in site.bays})
            for site in workshop.sites
        },
    )


def _name_stages(workshop: Workshop) -> dict[str, str]:
    """Return the keys of stages by what a message may call them: the key, or a name of that stage alone."""
    names = {canonical_stage(stage.key) or stage.key: stage.key for stage in workshop.stages}
    others = [
        (named, stage.key)
        for stage in workshop.stages
        for name in {stage.en, stage.zh}
        if (named := canonical_stage(name)) and named not in names
    ]
    unique = Counter(named for named, _ in others)
    return names | {named: key for named, key in others if unique[named] == 1}


def make_alarm_rule(workshop: Workshop) -> AlarmRule:
    """Take from the workshop's facts how many refused messages are alarming."""
    return AlarmRule(
        share=workshop.ingest.quarantine_alarm_share,
        period=timedelta(seconds=workshop.ingest.quarantine_alarm_seconds),
        least_messages=workshop.ingest.quarantine_alarm_messages,
    )


def _share(filters: Sequence[str], share: str | None) -> list[str]:
    """Share subscriptions, each in a group of its own: some brokers know one filter a group."""
    if share is None:
        return list(filters)
    groups = [share, *(f"{share}-{number}" for number in range(1, len(filters)))]
    return [f"$share/{group}/{topic_filter}" for group, topic_filter in zip(groups, filters, strict=True)]


@contextmanager
def take_session(share: str | None) -> Iterator[str]:
    """Yield the name of the session the broker keeps for this process: the same after a restart.

    Processes that share on one machine are numbered; each holds a lock on its number while it lives,
    so that one that starts again takes up the session, and the messages, of the one that died.
    """
    if share is None:
        yield "bayboard-ingest"
        return
    for number in count(1):
        path = Path(tempfile.gettempdir()) / f"bayboard-ingest-{os.getuid()}-{share}-{number}.lock"
        with path.open("w") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield f"bayboard-ingest-{share}-{socket.gethostname()}-{number}"
            return
