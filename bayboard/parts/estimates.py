"""Keeps what sites have learned fresh, beside the dashboard and never in its way.

Owns when: at the end of a backfill; and while the dashboard is served, soon after the start and then
every few minutes, those sites whose model is a day old. Learning is done in a process of its own
that ends with it, so that no screen waits. With several dashboards on one database each site is
learned by one of them.
"""

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime

import psycopg
import structlog

from bayboard.demo.embedded import die_with_parent
from config.workshop import Site, Workshop
from models.queries.estimate.ready import find_stale_sites, refresh_estimates

_FIRST_WAIT_SECONDS = 20.0
_WAIT_SECONDS = 300.0

log = structlog.get_logger()


def start_estimating(database_url: str, workshop: Workshop, clock: Callable[[], datetime]) -> None:
    """Keep the estimates of all sites fresh from now on, for as long as this process lives."""
    threading.Thread(
        target=_keep_fresh, args=(database_url, workshop, clock), name="estimates", daemon=True
    ).start()


def learn_histories(
    database_url: str, workshop: Workshop, histories: Sequence[tuple[Site, datetime]], jobs: int
) -> None:
    """Learn sites from histories that have just been written, each until its end, several at a time."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(histories)), context) as pool:
        for done in [
            pool.submit(refresh_sites, database_url, workshop, [site], until) for site, until in histories
        ]:
            done.result()


def refresh_sites(database_url: str, workshop: Workshop, sites: Sequence[Site], now: datetime) -> int:
    """Learn these sites anew, except those that are fresh; returns how many were."""
    refreshed = 0
    for site in sites:
        with psycopg.connect(database_url) as connection:
            if done := refresh_estimates(connection, site, workshop.stages, now):
                log.info("estimates learned", site=site.key, orders=done.orders, judged=done.judged)
                refreshed += 1
    return refreshed


def _keep_fresh(database_url: str, workshop: Workshop, clock: Callable[[], datetime]) -> None:
    pause = threading.Event()
    pause.wait(_FIRST_WAIT_SECONDS)
    while True:
        try:
            now = clock()
            with psycopg.connect(database_url) as connection:
                stale = find_stale_sites(connection, workshop.sites, now)
            if stale:
                _refresh_in_process(database_url, workshop, stale, now)
        except Exception as error:  # noqa: BLE001  # the top of a service loop: estimates wait, screens go on
            log.warning("estimates were not learned", error=str(error))
        pause.wait(_WAIT_SECONDS)


def _refresh_in_process(database_url: str, workshop: Workshop, sites: Sequence[Site], now: datetime) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=_refresh, args=(database_url, workshop, sites, now), daemon=True
    )
    process.start()
    process.join()
    if process.exitcode:
        log.warning("estimates were not learned", exit_status=process.exitcode)


def _refresh(database_url: str, workshop: Workshop, sites: Sequence[Site], now: datetime) -> None:
    die_with_parent()()
    refresh_sites(database_url, workshop, sites, now)
