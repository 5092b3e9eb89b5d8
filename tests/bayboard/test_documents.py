"""What is generated from the code says what the code says."""

from itertools import chain
from pathlib import Path

import typer.main
from prometheus_client import CollectorRegistry
from typer.core import TyperGroup

from bayboard.cli import app
from bayboard.documents import find_stale, write_documents
from config.settings import document_settings
from ingest.metrics import Metrics
from reminders.delivery.metrics import DeliveryMetrics
from reminders.service.metrics import Metrics as ReminderMetrics

DOCS = Path(__file__).parents[2] / "docs"


def test_the_documents_in_the_repository_are_current() -> None:
    assert find_stale(DOCS) == []


def test_a_changed_document_is_noticed(tmp_path: Path) -> None:
    write_documents(tmp_path)
    assert find_stale(tmp_path) == []
    (tmp_path / "contract" / "stage.schema.json").write_text("{}")
    (tmp_path / "reference.md").unlink()
    assert find_stale(tmp_path) == ["contract/stage.schema.json", "reference.md"]


def test_every_command_setting_and_metric_is_in_the_reference() -> None:
    reference = (DOCS / "reference.md").read_text()
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    for name in root.commands:
        assert f"`bayboard {name}" in reference
    for variable, _ in document_settings():
        assert f"`{variable}`" in reference
    DeliveryMetrics(deliveries := CollectorRegistry())
    registries = (Metrics().registry, ReminderMetrics().registry, deliveries)
    for metric in chain.from_iterable(registry.collect() for registry in registries):
        assert f"`{metric.name}`" in reference
