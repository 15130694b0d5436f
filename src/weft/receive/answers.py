"""What OTLP says to a sender: responses, and errors as `google.rpc.Status`.

Source: OTLP 1.11, sections Full Success, Partial Success, Failures and OTLP/HTTP Throttling.
"""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from weft.journal import JournalFull
from weft.model.pending import VERSION_HEADER
from weft.receive.body import TooSlow
from weft.receive.compression import BODY_LIMIT, DamagedBody, TooLarge, UnknownEncoding
from weft.receive.intake import Overloaded, Stopping, Verdict

# google.rpc.Code
INVALID_ARGUMENT: Final = 3
DEADLINE_EXCEEDED: Final = 4
RESOURCE_EXHAUSTED: Final = 8
INTERNAL: Final = 13
UNAVAILABLE: Final = 14

#: Tells agents that this is Weft, which understands what others do not (`model.pending`): a header of every
#: answer over HTTP, metadata of every answer over gRPC.
IDENTITY: Final = (VERSION_HEADER, version("weft"))

#: Characters of a message: OTLP answers stay small.
MESSAGE_LIMIT: Final = 1000


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request was not taken.

    Attributes:
        http_status: For OTLP/HTTP.
        code: The `google.rpc.Code`, for both transports.
        message: For a person.
        retry_after_s: When to come again; None says never with this request.
    """

    http_status: int
    code: int
    message: str
    retry_after_s: int | None = None


def refusal(error: Exception) -> Refusal:
    """Say what went wrong: the one place that maps errors to OTLP's answers."""
    match error:
        case TooLarge():
            limit = f"{BODY_LIMIT >> 20} MiB"
            return Refusal(413, RESOURCE_EXHAUSTED, f"the request is larger than {limit}: send less at once")
        case UnknownEncoding():
            return Refusal(415, INVALID_ARGUMENT, str(error))
        case TooSlow():
            return Refusal(408, DEADLINE_EXCEEDED, "the request did not arrive in time")
        case Overloaded():
            return Refusal(429, RESOURCE_EXHAUSTED, "too many requests are waiting", error.retry_after_s)
        case Stopping():
            return Refusal(503, UNAVAILABLE, "the server is stopping", error.retry_after_s)
        case JournalFull(can_ever_fit=False):
            return Refusal(413, RESOURCE_EXHAUSTED, "the request is larger than the journal: send less")
        case JournalFull():
            return Refusal(429, RESOURCE_EXHAUSTED, "the journal is full until the store has caught up", 5)
        case OSError():
            cause = error.strerror or "input/output error"
            return Refusal(503, UNAVAILABLE, f"the journal cannot be written: {cause}", 10)
        case DamagedBody():
            return Refusal(400, INVALID_ARGUMENT, str(error))
        case ValueError():
            return Refusal(400, INVALID_ARGUMENT, f"not an OTLP trace request: {error}")
        case _:
            return Refusal(500, INTERNAL, "internal error; the server's log has it")


def response(verdict: Verdict) -> ExportTraceServiceResponse:
    """The response to a request that was taken, `partial_success` set only when there is something to say."""
    message = ExportTraceServiceResponse()
    if verdict.rejected or verdict.message:
        message.partial_success.rejected_spans = verdict.rejected
        message.partial_success.error_message = verdict.message[:MESSAGE_LIMIT]
    return message


def status(answer: Refusal) -> Status:
    """A refusal as `google.rpc.Status`, with `RetryInfo` when the sender should come again."""
    message = Status(code=answer.code, message=answer.message[:MESSAGE_LIMIT])
    if answer.retry_after_s is not None:
        message.details.add().Pack(RetryInfo(retry_delay=Duration(seconds=answer.retry_after_s)))
    return message


def encode(message: Message, as_json: bool) -> bytes:
    """Serialize an answer in the encoding of its request."""
    if as_json:
        return MessageToJson(message, indent=None).encode()
    return message.SerializeToString()
