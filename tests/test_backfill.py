"""Backfill: the rows of real ingest, the truth, and a killed run that goes on."""

from datetime import timedelta

from bayboard.verdict import Verdict
from bayboard.verify import compare
from bayboard.verify_rows import read_stored
from tests.fix_history import History


def test_every_figure_of_a_history_equals_its_truth(history: History, history_url: str) -> None:
    findings = compare(history.truth, read_stored(history_url, history.truth), timedelta())
    assert {finding.verdict for finding in findings} == {Verdict.EQUAL}
    figures = {finding.figure for finding in findings}
    assert figures == {"stage intervals", "labour", "bay stays", "ready times", "odometers"}
