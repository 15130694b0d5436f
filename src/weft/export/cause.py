"""Why the last export failed, taken from what the OpenTelemetry exporters log.

An exporter answers SUCCESS or FAILURE; the cause goes to its logger only, as three warnings and an error for
every batch (measured, SDK 1.45: some 30 lines a minute against a backend that is down). In the exporting
thread these records are caught here: the cause is kept, and Weft says it once a minute in its own words.
Exporters that other threads use log as ever.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

GRPC_LOGGER: Final = "opentelemetry.exporter.otlp.proto.grpc.exporter"
EXPORTER_LOGGERS: Final = (
    "opentelemetry.exporter.otlp.common.http",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    GRPC_LOGGER,
)
MAX_CAUSE_CHARS: Final = 200

_log = logging.getLogger("weft.export")


class Cause(logging.Filter):
    """Catches an exporter's log records in one thread, for as long as its ``with`` block lasts.

    Args:
        thread_id: The thread in which the exporter runs (``threading.get_ident``).

    Attributes:
        text: The last cause, in a few words; empty when there was none.
    """

    def __init__(self, thread_id: int) -> None:
        super().__init__()
        self._thread_id = thread_id
        self.text = ""

    def __enter__(self) -> Self:
        for name in EXPORTER_LOGGERS:
            logging.getLogger(name).addFilter(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for name in EXPORTER_LOGGERS:
            logging.getLogger(name).removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep back what the exporting thread logs; let everything else pass."""
        if record.thread != self._thread_id:
            return True
        if record.levelno >= logging.WARNING:
            self.text = _cause(record) or self.text
        _log.debug("%s", record.getMessage())
        return False


def _cause(record: logging.LogRecord) -> str:
    """The innermost exception among a record's arguments (``[Errno 111] Connection refused``), or its text.

    A record that only says that retrying came to an end has no cause.
    """
    arguments = record.args if isinstance(record.args, tuple) else ()
    for argument in arguments:
        if isinstance(argument, BaseException):
            return str(_innermost(argument))[:MAX_CAUSE_CHARS]
    if not arguments or "max retries" in record.msg:
        return ""
    # gRPC's exporter puts what the status says last; HTTP's message is short enough to be taken whole.
    text = str(arguments[-1]) if record.name == GRPC_LOGGER else record.getMessage()
    return text.removeprefix("Failed to export spans batch ")[:MAX_CAUSE_CHARS]


def _innermost(error: BaseException) -> BaseException:
    seen = {id(error)}
    while (cause := error.__cause__ or error.__context__) is not None and id(cause) not in seen:
        seen.add(id(cause))
        error = cause
    return error
