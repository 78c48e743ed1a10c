"""Logs: one JSON object a line, without whole e-mail addresses and without tokens."""

import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

EMAIL = re.compile(r"([A-Za-z0-9_.+%-])[A-Za-z0-9_.+%-]*@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
# A path segment or query value of 20 or more characters that no word of ours has: a key, not an address of a page.
TOKEN = re.compile(r"(?<=[/=:])(?=[A-Za-z0-9_:-]*[0-9A-Z])[A-Za-z0-9_:-]{20,}")

# An address with what was typed into a form that searches.
QUERY = re.compile(r"(/[^\s'\"?]*)\?[^\s'\"]*")


def mask(text: str) -> str:
    """``ana@alcaldia.example`` becomes ``a…@alcaldia.example``; a long key in an address becomes ``…``.

    >>> mask("sent to ana@alcaldia.example")
    'sent to a…@alcaldia.example'
    """
    return TOKEN.sub("…", EMAIL.sub(r"\1…@\2", text))


def mask_event(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """The structlog step that masks every text of an event, the traceback included."""
    return {key: mask(value) if isinstance(value, str) else value for key, value in event.items()}


def drop_request(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Leave out what cannot be written as JSON and would name a person: the request and its user's address.

    Of an address that was asked for, what stands after ``?`` goes: there people type whom they look for.
    """
    request = event.pop("request", None)
    if isinstance(request, str):
        event["request"] = request.partition("?")[0]
    for key in ("ip", "user_agent", "_record", "_from_structlog"):
        event.pop(key, None)
    return event


def mask_report(report: Any, hint: Any) -> Any:
    """The step of Sentry that masks every text of a report and leaves out who asked and what was typed."""
    if isinstance(report, dict):
        left_out = ("cookies", "data", "env", "extra", "headers", "query_string", "server_name", "user")
        return {key: mask_report(value, hint) for key, value in report.items() if key not in left_out}
    if isinstance(report, list):
        return [mask_report(value, hint) for value in report]
    return mask(QUERY.sub(r"\1", report)) if isinstance(report, str) else report


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """The formatter of ``settings.LOGGING``: standard-library and structlog events alike."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        structlog.configure(
            processors=[
                structlog.stdlib.filter_by_level,
                *SHARED[:3],
                structlog.stdlib.PositionalArgumentsFormatter(),
                SHARED[4],
                structlog.processors.StackInfoRenderer(),
                structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
            ],
            logger_factory=structlog.stdlib.LoggerFactory(),
            cache_logger_on_first_use=True,
        )
        super().__init__(
            foreign_pre_chain=SHARED,
            processors=[
                drop_request,
                structlog.processors.format_exc_info,
                structlog.processors.UnicodeDecoder(),
                mask_event,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
