"""An HTTP receiver on 127.0.0.1 that fails, stalls and refuses as it is told, and keeps what it was sent.

Owns that server, for the benchmark of deliveries and for the tests. What it accepts and whether it
then answers are two things: a receiver may take a message and fall silent.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ID_HEADER = "X-Bayboard-Message"


@dataclass(frozen=True, slots=True)
class Reply:
    """How a request is answered: after a silence, if that is long with nothing; and whether it was taken."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    silent_seconds: float = 0.0
    taken: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """What was sent: the id by which a double can be told, the words, and how it was answered."""

    path: str
    message_id: str
    content: dict[str, Any]
    reply: Reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Say nothing of senders that were killed, or gave up."""


class Receiver:
    """A receiver; `answer` is asked for every request, with how many there were before."""

    def __init__(self, answer: Callable[[int], Reply] = lambda _: Reply()) -> None:
        self.requests: list[Request] = []
        self._answer = answer
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._make_handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        """Return where it listens."""
        return self._server.server_port

    @property
    def taken(self) -> list[Request]:
        """Return what was taken, in its order."""
        with self._lock:
            return [request for request in self.requests if request.reply.taken]

    def close(self) -> None:
        """Stop, also where it is silent."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _take(self, path: str, message_id: str, body: bytes) -> Reply:
        with self._lock:
            reply = self._answer(len(self.requests))
            self.requests.append(Request(path, message_id, json.loads(body or b"{}"), reply))
        return reply

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        take, closing = self._take, self._closing

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                reply = take(self.path, self.headers.get(ID_HEADER, ""), body)
                if reply.silent_seconds and closing.wait(reply.silent_seconds):
                    return
                self.send_response(reply.status)
                for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            # What a redirect makes of a message: a request without it.
            do_GET = do_POST  # noqa: N815  # its own name

            def log_message(self, *_: object) -> None:
                """Keep requests out of the log."""

        return Handler
