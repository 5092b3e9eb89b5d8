"""The outermost layers of the app: which URLs are pages, and what a page may load.

A page is drawn in the browser by Dash, so every page URL is answered with the one document
of its Dash app, with the status its URL deserves. Everything else passes through untouched:
plain ASGI, so that a stream is never buffered.
"""

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_YEAR_SECONDS = 365 * 24 * 3600
_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Nothing here is for search engines.
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class PageDocument:
    """Answers page URLs with the document and status that `find_document` names; None is no page."""

    def __init__(self, app: ASGIApp, find_document: Callable[[str], tuple[str, int] | None]) -> None:
        self._app = app
        self._find_document = find_document

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_reading = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        page = self._find_document(scope["path"]) if is_reading else None
        if page is None:
            await self._app(scope, receive, send)
            return
        document, status = page

        async def send_with_status(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:  # noqa: PLR2004  # plain HTTP
                message["status"] = status
            await send(message)

        asked = {**scope, "method": "GET", "path": document, "raw_path": document.encode()}
        await self._app(asked, receive, send_with_status)


class PageRules:
    """Tells browsers what our pages may load: nothing from another host, no script that is not ours."""

    def __init__(
        self, app: ASGIApp, script_hashes: Callable[[], list[str]], *, https_only: bool = False
    ) -> None:
        self._app = app
        self._script_hashes = script_hashes
        self._https_only = https_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_rules(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _EVERYWHERE.items():
                    headers.setdefault(name, value)
                if self._https_only:
                    headers["Strict-Transport-Security"] = f"max-age={_YEAR_SECONDS}; includeSubDomains"
                if headers.get("content-type", "").startswith("text/html"):
                    headers["Content-Security-Policy"] = self._policy()
                    headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        await self._app(scope, receive, send_with_rules if scope["type"] == "http" else send)

    def _policy(self) -> str:
        scripts = " ".join(["'self'", *self._script_hashes()])
        # Dash and its components set styles of elements, which needs unsafe-inline for styles alone.
        return (
            f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
            "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )
