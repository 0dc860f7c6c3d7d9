"""The log: one line for each thing that happened, for people at a terminal and as JSON elsewhere."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict

from ..privacy import scrub


def _scrubbed(logger: Any, method: str, event: EventDict) -> EventDict:
    return scrub(dict(event))


def set_up(level: str) -> None:
    """Logs go to standard error: standard output belongs to the commands."""
    structured = sys.stderr.isatty()
    render: Any = (
        structlog.dev.ConsoleRenderer(colors=True) if structured else structlog.processors.JSONRenderer(sort_keys=True)
    )
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _scrubbed,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries log through the standard module; theirs may hold numbers and words, so only what is wrong is shown.
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
