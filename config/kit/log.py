"""How processes write their log: one line an event, for people or for collectors.

Owns the structlog set-up. Entry points call it once; nobody else configures logging. Tracebacks show
where something was raised and never the values that were there: those are tokens, names and plates.
"""

import logging
import sys
import time

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from config.kit.repeats import Repeats

# Other libraries log here, uvicorn for each broken request.
_SPOKEN_BY_OTHERS = logging.WARNING


def configure_log(log_format: str, *, open_to_strangers: bool = False) -> None:
    """Send structlog events to stderr, as coloured text or as JSON.

    A process that is `open_to_strangers` counts warnings and errors that are repeated within a minute
    instead of writing each, and writes what other libraries log in the same way.
    """
    json = log_format == "json"
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    tracebacks = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    repeats = Repeats(time.monotonic)

    def count(_logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        return repeats.admit(method, event)

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            *([count] if open_to_strangers else []),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([tracebacks] if json else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    if open_to_strangers:
        logging.basicConfig(level=_SPOKEN_BY_OTHERS, handlers=[_Forwarding()], force=True)


class _Forwarding(logging.Handler):
    """Passes what other libraries log to our own log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one record; its kind is its wording before values are filled in."""
        said = {"said": record.getMessage()} if record.args else {}
        structlog.get_logger().log(
            record.levelno, str(record.msg).strip(), logger=record.name, exc_info=record.exc_info, **said
        )
