"""A small OpenID Connect provider on 127.0.0.1, which signs in whoever a test names, at once.

Owns its own keys and answers over real HTTP. It checks the client's secret and PKCE as a provider
must, and says on purpose what a dishonest or broken one might.
"""

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID = "bayboard"
CLIENT_SECRET = "between bayboard and its provider"  # noqa: S105  # there is nothing behind it


@cache
def _make_key() -> RSAKey:
    """Make the provider's key, once: it takes a while."""
    return RSAKey.generate_key(2048, {"kid": "1"})


@dataclass(slots=True)
class CompanyLogin:
    """What the provider knows of whoever signs in next, and how it lies."""

    issuer: str
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1", "groups": ["service-managers"]})
    # Claims of the identity token that are said in place of the true ones.
    lies: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    calls_itself: str | None = None
    # What its description of itself holds in place of the truth.
    misdescribes: dict[str, Any] = field(default_factory=dict)
    # The error with which it sends everybody back.
    sends_back: str | None = None
    key: RSAKey = field(default_factory=_make_key)
    signs_with: RSAKey | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """Return the provider's description of itself."""
        described = {
            "issuer": self.calls_itself or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256"],
        }
        described |= {"userinfo_endpoint": f"{self.issuer}/userinfo"} if self.userinfo else {}
        return described | self.misdescribes

    def authorize(self, asked: dict[str, str]) -> str:
        """Sign somebody in without asking and return where they are sent."""
        self.asked.append(asked)
        if self.sends_back:
            return f"{asked['redirect_uri']}?{urlencode({'error': self.sends_back, 'state': asked['state']})}"
        self.codes[code := secrets.token_urlsafe()] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def give_token(self, asked: dict[str, str], authorization: str) -> dict[str, Any]:
        """Return the tokens for a code, once, to the client who asked for it, or an error."""
        begun = self.codes.pop(asked.get("code", ""), None)
        told = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        verifier = sha256(asked.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if authorization != f"Basic {told}":
            return {"error": "invalid_client"}
        if begun is None or begun["code_challenge"] != challenge:
            return {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            **self.claims, "iss": self.issuer, "aud": CLIENT_ID, "nonce": begun["nonce"],
            "iat": now, "exp": now + 300, **self.lies,
        }  # fmt: skip
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.signs_with or self.key)
        return {"access_token": "an access token", "token_type": "Bearer", "id_token": token}


def _answerer(login: CompanyLogin) -> type[BaseHTTPRequestHandler]:
    class Answerer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(address.query).items()}
                self.send_response(302)
                self.send_header("Location", login.authorize(asked))
                self.end_headers()
                return
            self.tell(
                {
                    "/.well-known/openid-configuration": login.describe(),
                    "/keys": dict(KeySet([login.key]).as_dict(private=False)),
                    "/userinfo": login.userinfo,
                }.get(address.path)
            )

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            self.tell(login.give_token(asked, self.headers.get("Authorization", "")))

        def tell(self, said: dict[str, Any] | None) -> None:
            body = json.dumps(said or {"error": "not_found"}).encode()
            self.send_response(404 if not said else 400 if "error" in said else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own name
            """Say nothing."""

    return Answerer


@pytest.fixture
def company_login(free_port: Callable[[], int]) -> Iterator[CompanyLogin]:
    """A provider that is running."""
    port = free_port()
    login = CompanyLogin(f"http://127.0.0.1:{port}")
    with ThreadingHTTPServer(("127.0.0.1", port), _answerer(login)) as server:
        thread = threading.Thread(target=server.serve_forever, name="company login")
        thread.start()
        yield login
        server.shutdown()
        thread.join()
