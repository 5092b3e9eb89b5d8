"""`bayboard verify`: the database against the truth that `bayboard simulate --truth` wrote.

Owns the wiring and the exit status: 1 when more is silently wrong than is tolerated.
"""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from bayboard.entry import CommandError
from config.settings import Settings

_PIPE_COLUMNS = 140


def verify(
    truth: Annotated[Path, typer.Option(help="The file that `bayboard simulate --truth` wrote.")],
    tolerate: Annotated[
        float, typer.Option(min=0, max=1, help="Share of each figure that may be silently wrong or missing.")
    ] = 0.0,
    within: Annotated[
        float, typer.Option(min=0, help="Seconds by which instants may differ; 2 is the noise of clocks.")
    ] = 2.0,
) -> None:
    """Compare the database with what really happened, and print the differences."""
    from bayboard.verify.compare import compare  # noqa: PLC0415  # keeps the other commands quick to start
    from bayboard.verify.rows import read_stored  # noqa: PLC0415
    from bayboard.verify.table import count_findings, print_findings  # noqa: PLC0415
    from simulators.truth.lines import read_truth  # noqa: PLC0415

    settings = Settings.from_environment(required=("database_url",))
    assert settings.database_url  # noqa: S101  # required above
    try:
        lines = read_truth(truth)
    except OSError as error:
        raise CommandError(f"{truth} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise CommandError(f"{truth} is not a truth file: {error}") from error
    findings = compare(lines, read_stored(settings.database_url, lines), timedelta(seconds=within))
    # A pipe has no width of its own; the table needs this much to be read.
    print_findings(Console(width=None if sys.stdout.isatty() else _PIPE_COLUMNS), findings)
    silent = [count for count in count_findings(findings) if count.silent_share > tolerate]
    if silent:
        shares = ", ".join(f"{count.figure} {count.silent_share:.2%}" for count in silent)
        raise CommandError(f"silently wrong or missing: {shares}; tolerated are {tolerate:.2%}")
