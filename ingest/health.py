"""Health, readiness and metrics of ingest over HTTP, for machines."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest


def serve_health(
    host: str, port: int, registry: CollectorRegistry, find_troubles: Callable[[], list[str]]
) -> ThreadingHTTPServer:
    """Answer /healthz, /readyz and /metrics from a background thread; shut down by the caller.

    Healthy is a process that answers; ready is one without troubles, each a sentence.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, generate_latest(registry), CONTENT_TYPE_LATEST)
            elif self.path == "/healthz":
                self._answer(200, b"ok\n")
            elif self.path == "/readyz":
                troubles = find_troubles()
                body = "".join(f"{line}\n" for line in troubles or ["ready"])
                self._answer(503 if troubles else 200, body.encode(), "text/plain; charset=utf-8")
            else:
                self._answer(404, b"not here\n")

        def _answer(self, status: int, body: bytes, content_type: str = "text/plain") -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep probes out of the log."""

    server = ThreadingHTTPServer((host, port), Handler)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
