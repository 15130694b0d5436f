"""What OTLP says to a sender: responses, and errors as `google.rpc.Status`.

Source: OTLP 1.11, sections Full Success, Partial Success, Failures and OTLP/HTTP Throttling.
"""

from dataclasses import dataclass
from typing import Final

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from weft.journal import JournalFull
from weft.receive.compression import TooLarge, UnknownEncoding
from weft.receive.intake import Malformed, Overloaded, Verdict

# google.rpc.Code
INVALID_ARGUMENT: Final = 3
RESOURCE_EXHAUSTED: Final = 8
INTERNAL: Final = 13
UNAVAILABLE: Final = 14


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
            return Refusal(413, RESOURCE_EXHAUSTED, "the request is larger than 64 MiB; send smaller batches")
        case UnknownEncoding():
            return Refusal(415, INVALID_ARGUMENT, str(error))
        case Overloaded():
            return Refusal(429, RESOURCE_EXHAUSTED, "too many requests are waiting", error.retry_after_s)
        case JournalFull():
            return Refusal(429, RESOURCE_EXHAUSTED, f"the journal is full: {error}", 5)
        case OSError():
            return Refusal(503, UNAVAILABLE, f"the journal cannot be written: {error.strerror or error}", 10)
        case Malformed() | ValueError():
            return Refusal(400, INVALID_ARGUMENT, f"not an OTLP trace request: {error}")
        case _:
            return Refusal(500, INTERNAL, "internal error; the server's log has it")


def response(verdict: Verdict) -> ExportTraceServiceResponse:
    """The response to a request that was taken, `partial_success` set only when there is something to say."""
    message = ExportTraceServiceResponse()
    if verdict.rejected or verdict.message:
        message.partial_success.rejected_spans = verdict.rejected
        message.partial_success.error_message = verdict.message
    return message


def status(answer: Refusal) -> Status:
    """A refusal as `google.rpc.Status`."""
    return Status(code=answer.code, message=answer.message[:1000])


def encode(message: Message, as_json: bool) -> bytes:
    """Serialize an answer in the encoding of its request."""
    if as_json:
        return MessageToJson(message, indent=None).encode()
    return message.SerializeToString()
