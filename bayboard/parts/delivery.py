"""Wires a dispatcher from settings, the workshop's facts and the environment that holds its secrets."""

from collections.abc import Callable, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry

from bayboard.entry import CommandError
from config.settings import Settings
from config.wording.templates import TemplateError, Templates, load_templates
from config.workshop import Workshop
from reminders.delivery.channels import ChannelError, open_channels
from reminders.delivery.dispatcher import Dispatcher
from reminders.delivery.metrics import DeliveryMetrics
from reminders.delivery.send import listen
from reminders.delivery.wording import Writer


def make_dispatcher(
    settings: Settings,
    workshop: Workshop,
    environment: Mapping[str, str],
    registry: CollectorRegistry,
    clock: Callable[[], datetime],
) -> tuple[Dispatcher, DeliveryMetrics]:
    """Build a dispatcher; nothing is connected yet. Raises CommandError naming all that is wrong."""
    assert settings.database_url  # noqa: S101  # required by the command
    try:
        channels = open_channels(workshop, environment)
    except ChannelError as error:
        raise CommandError(str(error)) from error
    metrics = DeliveryMetrics(registry)
    listen()
    return Dispatcher(
        database_url=settings.database_url,
        channels=channels,
        writer=Writer(workshop, read_templates(settings), settings.public_url),
        rules=workshop.delivery,
        metrics=metrics,
        clock=clock,
    ), metrics


def read_templates(settings: Settings) -> Templates:
    """Read the words of messages, the workshop's own before the package's; raises CommandError."""
    try:
        return load_templates(*filter(None, (settings.messages_dir,)))
    except TemplateError as error:
        raise CommandError(str(error)) from error
