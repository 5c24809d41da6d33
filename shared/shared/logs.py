"""JSON lines on standard output, with the flow on every one.

Messages are constant, lower case; what varies goes into fields. Ids, never names, addresses, texts.
"""

import logging
import sys
import time
from typing import Any

import msgspec
import structlog

_NOISY = ("aiokafka", "faust", "mode", "asyncio")

_TELLTALE = {
    "httpx": logging.WARNING,
    "python_multipart": logging.CRITICAL,
    "uvicorn": logging.WARNING,
    "websockets": logging.WARNING,
}
"""Loggers that would tell below these levels what strangers wrote, frames and headers whole."""


class _Seldom(logging.Filter):
    """At most a line a second from each logger: a producer without a leader spins and logs."""

    def __init__(self) -> None:
        super().__init__()
        self._next: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        if now < self._next.get(record.name, 0.0):
            return False
        self._next[record.name] = now + 1.0
        return True


def start(service: str, level: str, *, for_good: bool = True, is_command: bool = False) -> None:
    """Send structlog and the standard library to standard output as JSON lines.

    `for_good`: loggers keep what is set here, which is quicker, even if it is set anew.
    `is_command`: to standard error, the output is what the command was asked for.
    """
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _named(service),
    ]
    handler = logging.StreamHandler(sys.stderr if is_command else sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(serializer=_json),
            ],
        )
    )
    seldom = _Seldom()
    handler.addFilter(lambda record: not record.name.startswith(_NOISY) or seldom.filter(record))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, least in _TELLTALE.items():
        logging.getLogger(name).setLevel(least)
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=for_good,
    )


def _named(service: str) -> structlog.typing.Processor:
    def name(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event.setdefault("service", service)
        return event

    return name


def _json(event: Any, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()
