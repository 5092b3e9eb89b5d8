"""Answers managers' what-if questions beside the dashboard, and never in its way.

Owns the running: one question at a time, in a process of its own that yields to everything else, ends with
the dashboard, and is ended after a time; what was played by then is the answer. Answers are kept by what
was asked, the unchanged shop's runs by site and days, so that the next question takes half as long. What
had too little time goes on where it was when it is asked again.
"""

import asyncio
import multiprocessing
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from multiprocessing.connection import Connection as Pipe
from time import monotonic

import psycopg
import structlog

from bayboard.demo.embedded import die_with_parent
from config.workshop import Site, Workshop
from models.analytics.whatif import Asked, Figures, Progress, State, combine
from models.queries.analytics.bottleneck import read_jobs
from models.queries.estimate.ready import read_past_intervals
from models.queries.whatif.shop import read_parts_named, read_shop_figures
from simulators.jobs import PARTS
from simulators.whatif.fitting import FittedShop, PartUse, WhatIfError, fit_shop
from simulators.whatif.questions import list_skills, play_shop

# Sixteen pairs of a fortnight: twelve seconds of one core, half of it for the next question of the site.
PAIRS, DAYS = 16, 14
# Below five pairs a range says nothing.
_FEWEST_PAIRS = 5
_LONGEST_SECONDS = 18.0
_KEPT = 50
_NICE = 5

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Fitted:
    """A shop fitted to a site's days, and the site's own figures of them."""

    shop: FittedShop
    real: Figures


@dataclass(slots=True)
class _Baseline:
    """The unchanged shop of a site and days: how it was fitted, and what its runs said so far."""

    fitted: Fitted | None = None
    before: list[Figures] = field(default_factory=list)


class WhatIfDesk:
    """Takes questions, says how far each is, and keeps answers."""

    def __init__(
        self,
        database_url: str,
        workshop: Workshop,
        *,
        pairs: int = PAIRS,
        days: int = DAYS,
        longest_seconds: float = _LONGEST_SECONDS,
    ) -> None:
        self._database_url = database_url
        self._workshop = workshop
        self._pairs, self._days, self._longest_seconds = pairs, days, longest_seconds
        self._one_at_a_time = threading.Lock()
        self._progress: OrderedDict[Asked, Progress] = OrderedDict()
        self._after: OrderedDict[Asked, list[Figures]] = OrderedDict()
        self._baselines: OrderedDict[tuple[str, object, object], _Baseline] = OrderedDict()

    def list_skills(self, site: Site) -> Sequence[str]:
        """Return the skills of which a site has somebody."""
        return list_skills(site.bays)

    def knows_part(self, part: str) -> bool:
        """Say whether a simulated shop needs that part at all."""
        return part in PARTS

    def ask(self, asked: Asked, now: datetime) -> Progress:
        """Have a question answered, unless it is or is about to be; returns how far it is."""
        known = self._progress.get(asked)
        if known and known.state not in {State.STOPPED, State.TOO_SLOW, State.FAILED}:
            return known
        self._progress[asked] = begun = Progress(State.WAITING, 0, self._pairs)
        while len(self._progress) > _KEPT:
            self._progress.popitem(last=False)
        threading.Thread(target=self._answer, args=(asked, now), name="what-if", daemon=True).start()
        return begun

    def look(self, asked: Asked) -> Progress | None:
        """Say how far a question is; None for one that was never asked here."""
        return self._progress.get(asked)

    def stop(self, asked: Asked) -> None:
        """Let a question go."""
        if (known := self._progress.get(asked)) and not known.state.is_over:
            self._progress[asked] = Progress(State.STOPPED, known.played, known.planned)

    def _answer(self, asked: Asked, now: datetime) -> None:
        with self._one_at_a_time:
            # It was stopped meanwhile, or asked twice.
            if (known := self._progress.get(asked)) is None or known.state.is_over:
                return
            baseline = self._baselines.setdefault((asked.site, asked.since, asked.until), _Baseline())
            after = self._after.setdefault(asked, [])
            if len(baseline.before) < len(after):
                after.clear()
            for kept in (self._baselines, self._after):
                while len(kept) > _KEPT:
                    kept.popitem(last=False)
            receiving, sending = multiprocessing.Pipe(duplex=False)
            process = multiprocessing.get_context("spawn").Process(
                target=_work,
                args=(
                    sending, self._database_url, self._workshop, asked, now, baseline,
                    range(len(after), self._pairs), self._days,
                ),
                daemon=True,
            )  # fmt: skip
            try:
                process.start()
                sending.close()
                self._follow(asked, baseline, after, receiving)
            except OSError as error:
                log.warning("a what-if question was not played", error=str(error))
                self._progress[asked] = Progress(State.FAILED, len(after), self._pairs)
            finally:
                receiving.close()
                if process.pid:
                    process.kill()
                    process.join()

    def _follow(self, asked: Asked, baseline: _Baseline, after: list[Figures], receiving: Pipe) -> None:
        ends = monotonic() + self._longest_seconds
        state = State.PLAYING
        self._progress[asked] = Progress(state, len(after), self._pairs)
        while len(after) < self._pairs and monotonic() < ends and not self._is_stopped(asked):
            if not receiving.poll(0.1):
                continue
            try:
                match receiving.recv():
                    case Fitted() as fitted:
                        baseline.fitted = fitted
                    case State() as state:
                        break
                    case (before, changed):
                        baseline.before[len(after) :] = [before, *baseline.before[len(after) + 1 :]]
                        after.append(changed)
            except EOFError:
                state = State.FAILED
                break
            if not self._is_stopped(asked):
                self._progress[asked] = Progress(state, len(after), self._pairs)
        if self._is_stopped(asked):
            return
        if state is State.PLAYING and baseline.fitted and len(after) >= _FEWEST_PAIRS:
            answer = combine(baseline.fitted.real, baseline.before[: len(after)], after, self._days)
            self._progress[asked] = Progress(State.DONE, len(after), self._pairs, answer)
        else:
            over = State.TOO_SLOW if state is State.PLAYING else state
            self._progress[asked] = Progress(over, len(after), self._pairs)

    def _is_stopped(self, asked: Asked) -> bool:
        known = self._progress.get(asked)
        return known is None or known.state is State.STOPPED


def _work(
    sending: Pipe,
    database_url: str,
    workshop: Workshop,
    asked: Asked,
    now: datetime,
    baseline: _Baseline,
    seeds: Sequence[int],
    days: int,
) -> None:
    """Fit the shop where it is not yet, and play it with and without the change, seed by seed."""
    die_with_parent()()
    os.nice(_NICE)
    # Whoever asked may have gone.
    with suppress(BrokenPipeError):
        try:
            fitted = baseline.fitted or fit_site(database_url, workshop, asked, now)
            sending.send(fitted)
            for seed in seeds:
                known = baseline.before[seed : seed + 1]
                before = known[0] if known else play_shop(fitted.shop, None, workshop.stages, seed, days)
                sending.send((before, play_shop(fitted.shop, asked.change, workshop.stages, seed, days)))
        except WhatIfError as error:
            log.info("a what-if question has no answer", site=asked.site, why=str(error))
            sending.send(State.TOO_LITTLE)
        except psycopg.Error as error:
            log.warning("a what-if question got no answer from the database", error=str(error))
            sending.send(State.FAILED)


def fit_site(database_url: str, workshop: Workshop, asked: Asked, now: datetime) -> Fitted:
    """Fit a shop to a site's days; raises WhatIfError where they say too little."""
    site = workshop.site(asked.site)
    if site is None:
        raise WhatIfError(f"there is no site {asked.site}")
    begin = datetime.combine(asked.since, time(), site.zone).astimezone(UTC)
    end = min(datetime.combine(asked.until, time(), site.zone), now).astimezone(UTC)
    with psycopg.connect(database_url) as connection:
        past = [row for row in read_past_intervals(connection, site.key, begin, end) if row.entered_at < end]

    async def read() -> Fitted:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
            jobs = await read_jobs(connection, site.key, begin, end)
            parts = await read_parts_named(connection, site.key, begin, end)
            real = await read_shop_figures(connection, site, workshop.stages, begin, end)
        if real is None:
            raise WhatIfError("no order became ready on these days")
        uses = [PartUse(each.part, each.missing) for each in parts]
        return Fitted(fit_shop(site, past, jobs, uses, begin, end), real)

    return asyncio.run(read())
