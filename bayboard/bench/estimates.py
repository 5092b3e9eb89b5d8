"""How well expected ready times turn out, on simulated history that the training has not seen.

Owns the trial: a site's calendar is played for some months. The estimator learns from the first of
them, what it would have said in the next days is set beside what happened, then it learns those
too, and so on: as in production, only less often.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import takewhile

from config.workshop import Workshop
from models.analytics.estimate.calibration import Calibration, Judged, calibrate, judge_walking
from simulators.opening import DAY
from simulators.site import simulate_history
from simulators.whatif.past import gather_past

FIRST_DAY = date(2026, 3, 2)
_HEAD = "| on entering | job type | orders | before P50 | before P80 | error | advisor | median | gain |"


def try_estimates(
    workshop: Workshop,
    *,
    seeds: Sequence[int],
    scenario: str,
    training_days: int,
    test_days: int,
    relearn_days: int,
) -> Iterator[tuple[int, list[Judged]]]:
    """Yield for each seed the estimates of the test days, by what was learned of the days before them."""
    site = next(site for site in workshop.sites if site.bays)
    days = training_days + test_days
    midnights = [datetime.combine(FIRST_DAY + timedelta(n), time(), site.zone) for n in range(days + 1)]
    for seed in seeds:
        simulated = simulate_history(site, seed, first_day=FIRST_DAY, days=days, scenario=scenario)
        facts = takewhile(lambda fact: fact.at_seconds < days * DAY, simulated.facts)
        past = gather_past(facts, simulated.timing)
        learned = midnights[training_days:days:relearn_days]
        yield (
            seed,
            judge_walking(
                past.intervals, past.promises, learned, midnights[days], workshop.stages, site.hours
            ),
        )


def print_estimates(trials: Iterator[tuple[int, list[Judged]]], say: Callable[[str], None]) -> None:
    """Print a line for each seed as it is done, then the table over all seeds, in Markdown."""
    everything: list[Judged] = []
    for seed, judged in trials:
        everything += judged
        for stage, found in _split(judged, lambda one: one.stage):
            say(f"seed {seed}: {_row(stage, 'all', found)}")
    say(_HEAD)
    say("|---" * _HEAD.count(" | ") + "|---|")
    for stage, of_stage in _split(everything, lambda one: one.stage):
        say(_row(stage, "all", of_stage))
        for job_type, found in _split(of_stage, lambda one: one.job_type or "unknown"):
            say(_row(stage, job_type, found))


def _split(judged: Sequence[Judged], by: Callable[[Judged], str]) -> Iterator[tuple[str, list[Judged]]]:
    found: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        found[by(one)].append(one)
    yield from sorted(found.items(), key=lambda each: -len(each[1]))


def _row(stage: str, job_type: str, judged: Sequence[Judged]) -> str:
    found = calibrate(judged)
    return "" if found is None else f"| {stage} | {job_type} | {_figures(found)} |"


def _figures(found: Calibration) -> str:
    minutes = (found.error_seconds, found.promise_error_seconds, found.median_error_seconds)
    errors = " | ".join("-" if seconds is None else f"{seconds / 60:.0f} min" for seconds in minutes)
    return (
        f"{found.orders} | {found.ready_before_p50:.0%} | {found.ready_before_p80:.0%}"
        f" | {errors} | {found.median_gain:.0%}"
    )
