"""The Dash app of office pages, which knows which roles each callback is for.

Every callback of a Dash app answers at one address, so the guard at the door cannot tell a
foreman's from a manager's. Owns that check: a callback is for managers unless it was made in
`for_roles`, and a test asks every one of them as somebody it is not for.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from http import HTTPStatus
from inspect import iscoroutinefunction
from typing import Any

from dash import Dash
from starlette.exceptions import HTTPException

from dashboard.access import Role, current_visit
from dashboard.doors import MANAGERS


class OfficeApp(Dash):
    """A Dash app whose callbacks answer certain roles only."""

    _roles: frozenset[Role] = MANAGERS

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
                return await function(*given, **named)

            return register(answer)

        return keep
