"""How the edge refuses: a status and a sentence in the visitor's language, as a page where people look."""

import math
from http import HTTPStatus

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from config.texts import text
from dashboard.access.plain.page import choose_visit_lang, draw_refusal
from dashboard.doors import find_place


def refuse(
    connection: HTTPConnection, status: HTTPStatus, key: str, *, wait: float | None = None, **values: object
) -> Response:
    """Return the refusal of this key; `wait` is after how many seconds one may ask again."""
    headers = {"Cache-Control": "no-store"}
    if wait is not None:
        seconds = max(1, math.ceil(wait))
        headers["Retry-After"], values = str(seconds), {**values, "seconds": seconds}
    if status in {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT}:
        # What was not read of the request would else be taken for the next one.
        headers["Connection"] = "close"
    place = find_place(connection.scope["path"])
    if place and place.door.answer.is_page:
        return HTMLResponse(draw_refusal(key, connection, **values), status, headers)
    return PlainTextResponse(text(choose_visit_lang(connection), f"refusal.{key}", **values), status, headers)
