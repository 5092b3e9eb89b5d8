"""When screens hear a pulse, at a feed that nobody runs: no database, no waiting."""

import asyncio
from datetime import UTC, datetime, timedelta

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.boards.board import Board
from dashboard.boards.feed import BoardFeed
from dashboard.boards.push import Screens
from dashboard.figures.board.look import Look
from dashboard.metrics import Metrics

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
SITE = WORKSHOP.sites[0]
NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)


class CountingFeed(BoardFeed):
    """A feed that knows how often it was asked who watches."""

    asked = 0

    def list_watched(self) -> list[Board]:
        self.asked += 1
        return super().list_watched()


def make_screens() -> tuple[CountingFeed, Screens]:
    metrics = Metrics()
    feed = CountingFeed("", WORKSHOP.sites, [], lambda: NINE, metrics)
    return feed, Screens(WORKSHOP, feed, "r1", lambda: NINE, metrics)


def test_fresher_data_of_a_site_that_nobody_watches_is_dealt_with_once() -> None:
    feed, screens = make_screens()
    feed._freshen(SITE.key, NINE)
    for _ in range(3):
        screens._pulse_fresher()
    assert feed.asked == 1


def test_a_screen_that_is_opened_takes_no_news_from_the_others() -> None:
    async def scene() -> None:
        feed, screens = make_screens()
        one, other = (screens.stream("wall", SITE, Look("en")) for _ in range(2))
        await anext(one)
        feed._freshen(SITE.key, NINE + timedelta(seconds=1))
        assert b"09:00:01" in await anext(other)
        screens._pulse_fresher()
        assert b"09:00:01" in await asyncio.wait_for(anext(one), 5)
        await one.aclose()
        await other.aclose()

    asyncio.run(scene())
