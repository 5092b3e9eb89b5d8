"""A customer's own page `/progress/{token}`, and `/progress`, where plate and code lead to it.

Plain HTML, written on the server, so that a phone loads kilobytes. Owns the routes, their
headers, and that every way of not being let in looks the same. Reads the public views and
nothing else, but for the link that plate and code make.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from html import escape
from http import HTTPStatus
from pathlib import Path
from string import Template
from urllib.parse import parse_qs

from dash.development.base_component import Component
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from config.kit.complaints import Complaints
from config.texts import HTML_LANGS, LANGS, template, text
from config.workshop import Site, Workshop
from dashboard.access.from_where import name_address
from dashboard.access.plain.page import choose_visit_lang
from dashboard.boards.learned import Learned
from dashboard.database import DatabaseAwayError, OpenDatabase
from dashboard.edge.addresses import find_block
from dashboard.figures.board.entry import away_page, enter_page, over_page
from dashboard.figures.board.progress import progress_page
from dashboard.figures.kit.markup import write_markup
from dashboard.figures.kit.when import say_clock
from dashboard.pages.board.lounge import as_open_car
from models.analytics.estimate.ready import expect_ready
from models.queries.board.lounge import read_lounge
from models.queries.board.progress.links import TooManyTriesError, enter_progress
from models.queries.board.progress.visit import read_progress

_DOCUMENT = Template(Path(__file__).with_name("progress-page.html").read_text(encoding="utf-8"))
_SCRIPT = '<script src="/assets/progress.js" defer></script>'
# Whoever has the address may look, so it goes nowhere else: no cache, no referrer.
_SECRET = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_FORM_BYTES = 2048
_SEPARATORS = re.compile(r"[\s·•._-]")


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A page's inside, the site it is of, and when that was so."""

    main: str
    site: Site
    at: datetime

    @property
    def tag(self) -> str:
        """Name what is on the page, so that a phone that has it need not be sent it again."""
        return f'"{sha256(self.main.encode()).hexdigest()[:16]}"'

    def said_at(self, lang: str) -> str:
        """Say when that was, as the clock on the wall there says it."""
        return say_clock(self.at, self.site.zone, lang)


class ProgressPages:
    """Answers for customers' own pages."""

    def __init__(
        self,
        workshop: Workshop,
        open_database: OpenDatabase,
        read_public: OpenDatabase,
        learned: Learned,
        clock: Callable[[], datetime],
    ) -> None:
        self._workshop = workshop
        self._open_database = open_database
        self._read_public = read_public
        self._learned = learned
        self._complaints = Complaints("progress")
        self._clock = clock

    async def ask(self, request: Request) -> Response:
        """Show the form of plate and code."""
        return self._answer_form(request, "", HTTPStatus.OK)

    async def enter(self, request: Request) -> Response:
        """Lead whoever knows plate and code to a page of their own."""
        lang, form = choose_visit_lang(request), await _read_form(request)
        address = find_block(name_address(request))
        try:
            async with self._open_database() as connection:
                token = await enter_progress(
                    connection, form["plate_end"][-4:], form["code"], address, self._clock()
                )
        except TooManyTriesError:
            return self._answer_form(request, text(lang, "progress.too_many"), HTTPStatus.TOO_MANY_REQUESTS)
        except DatabaseAwayError:
            return self._answer_form(request, text(lang, "progress.away"), HTTPStatus.SERVICE_UNAVAILABLE)
        if token is None:
            return self._answer_form(request, text(lang, "progress.no_match"), HTTPStatus.FORBIDDEN)
        return RedirectResponse(f"/progress/{token}", HTTPStatus.SEE_OTHER, _SECRET)

    async def show(self, token: str, request: Request) -> Response:
        """Show the page of one visit, or that its link is over."""
        lang = choose_visit_lang(request)
        try:
            drawn = await self._draw(token, lang)
        except DatabaseAwayError:
            page = self._compose(request, away_page(lang), live=True)
            return HTMLResponse(page, HTTPStatus.SERVICE_UNAVAILABLE, _SECRET)
        if drawn is None:
            return HTMLResponse(self._compose(request, over_page(lang)), HTTPStatus.NOT_FOUND, _SECRET)
        return HTMLResponse(_compose_visit(request, drawn), headers=_SECRET)

    async def tell_news(self, token: str, request: Request) -> Response:
        """Return what stands on the page now, unless the phone has it already."""
        lang = choose_visit_lang(request)
        try:
            drawn = await self._draw(token, lang)
        except DatabaseAwayError:
            return Response(status_code=HTTPStatus.SERVICE_UNAVAILABLE, headers=_SECRET)
        if drawn is None:
            return Response(status_code=HTTPStatus.NOT_FOUND, headers=_SECRET)
        headers = {**_SECRET, "ETag": drawn.tag, "As-Of": drawn.said_at(lang)}
        if request.headers.get("if-none-match") == drawn.tag:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return HTMLResponse(drawn.main, headers=headers)

    async def _draw(self, token: str, lang: str) -> _Drawn | None:
        now, workshop = self._clock(), self._workshop
        async with self._read_public() as connection:
            progress = await read_progress(connection, token, now)
            site = workshop.site(progress.site) if progress else None
            if progress is None or site is None:
                return None
            visits = await read_lounge(connection, site.key)
            model = await self._learned.find(connection, site.key, now)
        cars = list(map(as_open_car, visits))
        expected = expect_ready(cars, model, workshop.stages, site.hours, now, self._complaints.hear)
        estimate = expected.get(progress.ticket)
        return _Drawn(write_markup(progress_page(progress, estimate, site, workshop, lang, now)), site, now)

    def _answer_form(self, request: Request, said: str, status: HTTPStatus) -> Response:
        page = self._compose(request, enter_page(said, choose_visit_lang(request)))
        # Nothing here is secret yet; and what is posted without a referrer has no origin to check.
        return HTMLResponse(page, status, {**_SECRET, "Referrer-Policy": "same-origin"})

    def _compose(self, request: Request, main: Component, *, live: bool = False) -> str:
        sites = self._workshop.sites
        name = sites[0].name(choose_visit_lang(request)) if len(sites) == 1 else "Bayboard"
        return _fill(request, name, write_markup(main), script=_SCRIPT if live else "")


def add_progress(server: FastAPI, pages: ProgressPages) -> None:
    """Add the routes of customers' own pages."""
    server.add_api_route("/progress", pages.ask)
    server.add_api_route("/progress", pages.enter, methods=["POST"])
    server.add_api_route("/progress/{token}", pages.show)
    server.add_api_route("/progress/{token}/now", pages.tell_news)


async def _read_form(request: Request) -> dict[str, str]:
    """Return what was typed, without what people leave out or write differently."""
    body = b""
    async for chunk in request.stream():
        body = (body + chunk)[:_FORM_BYTES]
    typed = parse_qs(body.decode("ascii", "replace"))
    return {name: _tidy(typed.get(name, [""])[0]) for name in ("plate_end", "code")}


def _tidy(typed: str) -> str:
    return _SEPARATORS.sub("", typed).upper()[:64]


def _compose_visit(request: Request, drawn: _Drawn) -> str:
    at = drawn.said_at(choose_visit_lang(request))
    return _fill(
        request, drawn.site.name(choose_visit_lang(request)), drawn.main, tag=drawn.tag, at=at, script=_SCRIPT
    )


def _fill(request: Request, name: str, main: str, *, tag: str = "", at: str = "", script: str) -> str:
    lang = choose_visit_lang(request)
    other = next(each for each in LANGS if each != lang)
    return _DOCUMENT.substitute(
        lang=HTML_LANGS[lang],
        title=escape(text(lang, "progress.title")),
        site=escape(name),
        other_address=f"{escape(request.scope['path'])}?lang={other}",
        other_lang=HTML_LANGS[other],
        other_words=escape(text(other, "shell.lang")),
        as_of=escape(template(lang, "progress.as_of")),
        offline=escape(template(lang, "progress.offline")),
        tag=escape(tag),
        at=escape(at),
        said=escape(text(lang, "progress.as_of", time=at)) if at else "",
        main=main,
        script=script,
    )
