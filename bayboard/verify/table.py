"""The table of differences between the database and the truth, as a console shows it.

Owns how findings are counted and shown; judges nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bayboard.verify.verdict import SILENT, Finding, Verdict

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Count:
    """How the findings of one figure are spread over the verdicts."""

    figure: str
    verdicts: Counter[Verdict]

    @property
    def total(self) -> int:
        """Say how many there are."""
        return self.verdicts.total()

    @property
    def equal_share(self) -> float:
        """Return the share that equals the truth."""
        return self.verdicts[Verdict.EQUAL] / self.total

    @property
    def silent_share(self) -> float:
        """Return the share that is wrong or missing without a word."""
        return sum(self.verdicts[verdict] for verdict in SILENT) / self.total


def count_findings(findings: Sequence[Finding]) -> list[Count]:
    """Count findings by figure, in the order in which figures come first."""
    figures = dict.fromkeys(finding.figure for finding in findings)
    return [
        Count(figure, Counter(finding.verdict for finding in findings if finding.figure == figure))
        for figure in figures
    ]


def print_findings(console: Console, findings: Sequence[Finding]) -> None:
    """Print the table, and the first few examples of everything that is not equal."""
    table = Table()
    table.add_column("figure")
    for name in (*Verdict, "total", "equal share"):
        table.add_column(name, justify="right")
    for count in count_findings(findings):
        cells = [str(count.verdicts[verdict] or "") for verdict in Verdict]
        table.add_row(count.figure, *cells, str(count.total), f"{count.equal_share:.2%}")
    console.print(table)
    for verdict in Verdict:
        for count in count_findings(findings):
            told = [f for f in findings if f.what and (f.figure, f.verdict) == (count.figure, verdict)]
            for finding in told[:_EXAMPLES]:
                console.print(f"{verdict}: {count.figure}: {escape(finding.what)}", soft_wrap=True)
