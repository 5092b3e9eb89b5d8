"""Where a request comes from: the addresses the dashboard is known under, and what another site asks.

Owns the answer to forged requests, for posts and WebSockets, when cookies are for https
alone, and over which connections a password may be typed. A browser says itself whether a
page of another site asks; what is no browser has no
cookies that another could use.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection


@dataclass(frozen=True, slots=True)
class Origin:
    """The dashboard's own origin; `public_url` is its address as users reach it, behind a proxy.

    With `lan_http` it is open over plain http, too, to machines with private addresses.
    """

    public_url: str | None = None
    lan_http: bool = False

    @property
    def is_https(self) -> bool:
        """Say whether users reach the dashboard through https only."""
        return bool(self.public_url and self.public_url.startswith("https:") and not self.lan_http)

    def is_secure(self, connection: HTTPConnection) -> bool:
        """Say whether a cookie given out now may be kept from plain http."""
        return self.is_https or connection.url.scheme in {"https", "wss"}

    def is_unread(self, connection: HTTPConnection) -> bool:
        """Say whether nobody else can read the connection: it is https, or stays on this machine."""
        if connection.url.scheme in {"https", "wss"} or _is_loopback(connection.url.hostname or ""):
            return True
        # Without an address it is a socket of this machine.
        return connection.client is None or _is_loopback(connection.client.host)

    def may_sign_in(self, connection: HTTPConnection) -> bool:
        """Say whether a person may sign in over this connection."""
        if self.is_unread(connection):
            return True
        return self.lan_http and connection.client is not None and _is_private(connection.client.host)

    def address(self, connection: HTTPConnection) -> str:
        """Return the dashboard's address as the one who asks reaches it, without a slash at its end."""
        return (self.public_url or str(connection.base_url)).rstrip("/")

    def address_beside(self, href: str) -> str:
        """Return the same for who shows the page of that address."""
        shown = urlsplit(href)
        return self.public_url or f"{shown.scheme}://{shown.netloc}"

    def is_foreign(self, connection: HTTPConnection) -> bool:
        """Say whether a page of another site asks."""
        said = connection.headers.get("sec-fetch-site")
        if said is not None and connection.scope["type"] == "http":
            return said not in {"same-origin", "none"}
        origin = connection.headers.get("origin")
        if origin is None:
            # No browser opens a WebSocket without an origin.
            return bool(connection.scope["type"] == "websocket")
        ours = {connection.headers.get("host"), urlsplit(self.public_url or "").netloc} - {""}
        return urlsplit(origin).netloc not in ours


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_private(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return False
