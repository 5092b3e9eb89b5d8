"""The Dash app of office pages, which knows which roles each callback is for and computes beside the boards.

Every callback of a Dash app answers at one address, so the guard at the door cannot tell a
foreman's from a manager's. Owns that check: a callback is for managers unless it was made in
`for_roles`, and a test asks every one of them as somebody it is not for.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from http import HTTPStatus
from inspect import iscoroutinefunction
from typing import Any

import msgspec
import psycopg
import structlog
from dash import Dash
from starlette.exceptions import HTTPException

from config.texts import text
from dashboard.access.identity import Role, current_lang, current_visit
from dashboard.doors import MANAGERS
from dashboard.edge.beside import RETRY_SECONDS, Beside, BusyError

log = structlog.get_logger()

# What is raised over a value that cannot be.
_OF_VALUES = (ValueError, TypeError, LookupError, AttributeError, msgspec.MsgspecError, psycopg.DataError,
              psycopg.ProgrammingError)  # fmt: skip


class OfficeApp(Dash):
    """A Dash app whose callbacks answer certain roles only, each in a thread of its own."""

    _roles: frozenset[Role] = MANAGERS

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._beside = Beside()

    def _execute_callback(self, func: Any, args: Any, outputs_list: Any, g: Any) -> Any:
        """Return what answers as Dash does, drawing and writing of JSON included, beside the event loop."""
        answer = super()._execute_callback(func, args, outputs_list, g)  # type: ignore[no-untyped-call]  # Dash
        return partial(self._answer_beside, answer)

    async def _answer_beside(self, answer: Callable[[], Awaitable[str]]) -> str:
        try:
            return await self._beside.run(answer)
        except (BusyError, TimeoutError) as error:
            said = text(current_lang.get(), "refusal.busy", seconds=RETRY_SECONDS)
            headers = {"Retry-After": str(RETRY_SECONDS)}
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, said, headers) from error

    @contextmanager
    def for_roles(self, roles: frozenset[Role]) -> Iterator[None]:
        """Make callbacks for these roles."""
        before, self._roles = self._roles, roles
        try:
            yield
        finally:
            self._roles = before

    def callback(self, *arguments: Any, **options: Any) -> Callable[..., Any]:
        """Register a callback that refuses whoever it is not for."""
        register: Callable[..., Any] = super().callback(*arguments, **options)
        roles = self._roles

        def keep(function: Callable[..., Any]) -> Any:
            if not iscoroutinefunction(function):
                raise TypeError(f"{function.__qualname__} would hold up every screen: make it async")

            @wraps(function)
            async def answer(*given: Any, **named: Any) -> Any:
                if current_visit.get().user.role not in roles:
                    raise HTTPException(HTTPStatus.FORBIDDEN)
                try:
                    return await function(*given, **named)
                except _OF_VALUES as error:
                    # What else a browser of ours sends has passed `edge.callbacks`: words that are no number,
                    # a role that there is not. Whether it is our own fault, the log tells.
                    log.exception("a page could not use what it was given", callback=function.__qualname__)
                    said = text(current_lang.get(), "refusal.malformed")
                    raise HTTPException(HTTPStatus.BAD_REQUEST, said) from error

            return register(answer)

        return keep
