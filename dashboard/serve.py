"""Runs the dashboard under uvicorn, in one process or several.

Owns the port and the workers. Processes share nothing but the port, so any number may run.
"""

import functools
import resource
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import replace

import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from config.kit.log import configure_log
from config.workshop import Workshop
from dashboard.access.company.provider import Provider
from dashboard.app import create_app
from dashboard.edge.addresses import Proxies
from dashboard.edge.connections import Doorkeeper, LimitedProtocol
from dashboard.edge.limits import Limits
from dashboard.office.whatif import OpenWhatIf
from models.queries.privacy.erasures import Erasures

# Open streams end at once on a signal; this is for a page that is being loaded right then.
_GRACEFUL_SECONDS = 3
# A worker imports for longer than uvicorn's 5 seconds on a busy machine; ended then, it would never start.
_WORKER_PATIENCE_SECONDS = 60
# Files, sockets to the database and the like, beside connections.
_OWN_FILES = 256
_GIVE_WAY_SECONDS = 0.001

log = structlog.get_logger()


class ServeError(Exception):
    """The dashboard cannot be served; the message says why."""


def serve(
    *,
    database_url: str,
    workshop: Workshop,
    secret_key: str | None,
    public_url: str | None = None,
    lan_http: bool = False,
    provider: Provider | None = None,
    require_second_factor: bool = False,
    open_what_if: OpenWhatIf | None = None,
    erasures: Erasures | None = None,
    trusted_proxies: str = "127.0.0.1",
    limits: Limits = Limits(),  # noqa: B008  # frozen
    metrics_token: str | None = None,
    security_contact: str | None = None,
    host: str,
    port: int,
    workers: int = 1,
    log_format: str = "console",
) -> None:
    """Serve the dashboard until SIGINT or SIGTERM.

    `log_format` is for the workers, which are new processes when there is more than one.
    Raises ServeError when the port cannot be had.
    """
    make_app = functools.partial(
        create_app,
        database_url=database_url,
        workshop=workshop,
        secret_key=secret_key,
        public_url=public_url,
        lan_http=lan_http,
        provider=provider,
        require_second_factor=require_second_factor,
        open_what_if=open_what_if,
        erasures=erasures,
        limits=limits,
        metrics_token=metrics_token,
        security_contact=security_contact,
    )
    limits = _fit_to_files(limits)
    config = uvicorn.Config(
        functools.partial(_make_app, make_app, log_format if workers > 1 else None),
        factory=True,
        workers=workers,
        http=functools.partial(  # type: ignore[arg-type]  # uvicorn calls it as it calls a class
            LimitedProtocol, doorkeeper=Doorkeeper(limits, Proxies(trusted_proxies))
        ),
        # Nothing here speaks it, and its connections would not be counted.
        ws="none",
        access_log=False,
        server_header=False,
        log_config=None,
        log_level="warning",
        forwarded_allow_ips=trusted_proxies,
        timeout_graceful_shutdown=_GRACEFUL_SECONDS,
        timeout_worker_healthcheck=_WORKER_PATIENCE_SECONDS,
    )
    listening = _listen(host, port)
    if secret_key is None:
        log.warning("BAYBOARD_SECRET_KEY is not set, so nobody can sign in: only screens work")
    # uvicorn raises the signal that stopped it once more; being told to stop is no failure.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        if workers > 1:
            Multiprocess(config, sockets=[listening]).run()
        else:
            uvicorn.Server(config).run(sockets=[listening])
    finally:
        listening.close()


def _make_app(make: Callable[[], FastAPI], log_format: str | None) -> FastAPI:
    if log_format:
        configure_log(log_format, open_to_strangers=True)
    # Answers that are computed beside the event loop give way to it this often.
    sys.setswitchinterval(_GIVE_WAY_SECONDS)
    return make()


def _fit_to_files(limits: Limits) -> Limits:
    """Allow this process as many open files as it may have, and no more connections than those."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.connections + _OWN_FILES
    soft = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    if soft > resource.getrlimit(resource.RLIMIT_NOFILE)[0]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))
    return replace(limits, connections=max(1, min(limits.connections, soft - _OWN_FILES)))


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise ServeError(f"the dashboard cannot listen on {host}:{port}: {error.strerror}") from error
    listening.set_inheritable(True)
    return listening
