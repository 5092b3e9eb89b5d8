"""Every command starts by importing all of them, so none may bring what only it needs."""

import subprocess
import sys

# Each takes a tenth of a second or more, and most commands end without any of them.
HEAVY = {"apprise", "babel", "dash", "numpy", "pandas", "plotly", "scipy", "simpy", "sqlalchemy"}


def test_the_console_command_loads_nothing_heavy_before_it_knows_what_is_asked() -> None:
    program = "import bayboard.cli, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.split()
    assert "bayboard.rules_commands" in loaded
    assert HEAVY.isdisjoint(loaded)
