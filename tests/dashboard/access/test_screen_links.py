"""A screen's link makes one browser the screen, once."""

from datetime import timedelta

import psycopg
import pytest

from bayboard.console import ask_database
from dashboard.access.passwords import draw_token
from models.queries.access.screens import add_screen
from tests.dashboard.access.test_sessions import all_given
from tests.dashboard.access.test_sign_in import NOW, Clock, get, make_app


def add(database_url: str, *, hours: float = 1, reusable: bool = False) -> str:
    """Return the address of the link of a new wall."""
    token = draw_token()
    ask_database(
        database_url,
        lambda connection: add_screen(
            connection,
            token,
            "wall",
            "s1",
            "Hall TV",
            NOW,
            reusable=reusable,
            expires_at=NOW + timedelta(hours=hours),
        ),
    )
    return f"/s/{token}"


def test_a_second_browser_with_the_link_is_refused_and_the_first_goes_on(database_url: str) -> None:
    app, link = make_app(database_url=database_url), add(database_url)
    opened = get(app, link)
    assert (opened.status_code, opened.headers["location"]) == (303, "/wall/s1")
    screen = all_given(opened)
    # What the browser keeps is not what the link says.
    assert link.removeprefix("/s/") not in str(screen)
    assert get(app, "/wall/s1", screen).status_code == 200
    photographed = get(app, link)
    assert (photographed.status_code, "opened on another screen" in photographed.text) == (403, True)
    assert get(app, "/wall/s1", {"bayboard_wall_s1": link.removeprefix("/s/")}).status_code == 403
    # A television may have the link as its first page.
    again = get(app, link, screen)
    assert (again.status_code, all_given(again)) == (303, screen)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select what, about, sites from audit").fetchall() == [
            ("screen_opened", "s1/screen 1", ["s1"])
        ]


def test_a_link_that_nobody_opened_in_time_is_over(database_url: str) -> None:
    clock = Clock()
    app, link = make_app(database_url=database_url, clock=clock), add(database_url)
    clock.now += timedelta(hours=1)
    answer = get(app, link)
    assert (answer.status_code, "has expired" in answer.text) == (403, True)


@pytest.mark.parametrize("browsers", [3])
def test_a_reusable_link_makes_any_number_of_browsers_the_screen(database_url: str, browsers: int) -> None:
    app, link = make_app(database_url=database_url), add(database_url, reusable=True)
    screens = [all_given(get(app, link)) for _ in range(browsers)]
    assert [get(app, "/wall/s1", screen).status_code for screen in screens] == [200] * browsers
