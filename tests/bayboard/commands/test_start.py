"""Every command starts by importing all of them, so none may bring what only it needs."""

import subprocess
import sys

import pytest

# Each takes a tenth of a second of a core or more, also of every test that starts a command.
HEAVY = {
    "apprise",
    "babel",
    "dash",
    "numpy",
    "pandas",
    "plotly",
    "scipy",
    "simpy",
    "sqlalchemy",
    "xlsxwriter",
}
# What a dashboard cannot do without.
DASHBOARD = {"babel", "dash", "numpy", "plotly", "simpy"}


@pytest.mark.parametrize(
    ("imported", "spared"),
    [
        ("bayboard.cli, bayboard.commands.notices", HEAVY),
        ("bayboard.cli, bayboard.parts.whatif, bayboard.parts.estimates, dashboard.app", HEAVY - DASHBOARD),
    ],
    ids=["the console command", "the dashboard"],
)
def test_nothing_heavy_is_loaded_that_is_not_needed_at_start(imported: str, spared: set[str]) -> None:
    program = f"import {imported}, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.split()
    assert "bayboard.cli" in loaded
    assert spared.isdisjoint(loaded)
