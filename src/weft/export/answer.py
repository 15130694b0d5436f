"""What became of one request, in the few words that delivery needs, whatever the protocol."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from weft.model.pending import VERSION_HEADER

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Characters of a cause: it goes into one line of a log.
CAUSE_CHARS: Final = 200

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


class Verdict(Enum):
    """What to do with a request that was sent.

    Attributes:
        TAKEN: The backend has it.
        LATER: Send it again: nobody answered, or the backend is busy.
        CLOSED: The backend takes nothing at all from this sender (a wrong token, a wrong path). Sending the
            same again soon is of no use; when the setting is mended it is.
        TOO_LARGE: Send it in parts.
        REFUSED: The backend will never take it.
    """

    TAKEN = "taken"
    LATER = "later"
    CLOSED = "closed"
    TOO_LARGE = "too large"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one request.

    Attributes:
        verdict: What to do with the request.
        cause: Why it was not taken, or what the backend remarks on what it took.
        after_s: Seconds to wait before the next request, where the backend said so.
        rejected: Spans of a taken request that the backend did not want (``partial_success``).
        version: Of the Weft that answered; None where it is something else, or nobody.
    """

    verdict: Verdict
    cause: str = ""
    after_s: float | None = None
    rejected: int = 0
    version: str | None = None


def taken(content: bytes, headers: Mapping[str, str]) -> Answer:
    """Read a response to a request that was taken (OTLP 1.11, Full Success and Partial Success)."""
    version = headers.get(VERSION_HEADER)
    try:
        partial = ExportTraceServiceResponse.FromString(content).partial_success
    except Exception:  # noqa: BLE001 - a proxy's page, say: the status alone decides
        return Answer(Verdict.TAKEN, version=version)
    return Answer(
        Verdict.TAKEN,
        cause=partial.error_message[:CAUSE_CHARS],
        rejected=max(0, partial.rejected_spans),
        version=version,
    )


def words(error: BaseException) -> str:
    """The innermost cause of an exception (``[Errno 111] Connection refused``), short.

    Of a ValueError only the name: it says which value was bad, and that may be a token (requests'
    ``InvalidHeader``, ``InvalidURL``).
    """
    seen = {id(error)}
    while (cause := error.__cause__ or error.__context__) is not None and id(cause) not in seen:
        seen.add(id(cause))
        error = cause
    text = "" if isinstance(error, ValueError) else str(error)
    # What another protocol answers is repeated by Python's HTTP client, byte by byte (a port of gRPC's, say).
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text or type(error).__name__)[:CAUSE_CHARS]
