"""Each thing that can go wrong has the answer that OTLP wants: retry, or never again."""

import errno
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from weft.journal import JournalFull
from weft.receive.answers import encode, refusal, response, status
from weft.receive.body import TooSlow
from weft.receive.compression import DamagedBody, TooLarge, UnknownEncoding
from weft.receive.intake import Malformed, Overloaded, Stopping

INVALID_ARGUMENT, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE = 3, 4, 8, 13, 14
#: HTTP statuses that an OTLP client sends again after (OTLP 1.11, Failures).
RETRYABLE = {429, 502, 503, 504}


@dataclass(frozen=True)
class Said:
    rejected: int = 0
    message: str = ""


def full(*, can_ever_fit: bool = True) -> JournalFull:
    return JournalFull(Path("/secret/place"), needed=5, size_bytes=8, max_bytes=10, can_ever_fit=can_ever_fit)


@pytest.mark.parametrize(
    ("error", "http_status", "code"),
    [
        (TooLarge(), 413, RESOURCE_EXHAUSTED),
        (UnknownEncoding("content encoding 'br'"), 415, INVALID_ARGUMENT),
        (TooSlow(), 408, DEADLINE_EXCEEDED),
        (Overloaded(), 429, RESOURCE_EXHAUSTED),
        (Stopping(), 503, UNAVAILABLE),
        (full(), 429, RESOURCE_EXHAUSTED),
        (full(can_ever_fit=False), 413, RESOURCE_EXHAUSTED),
        (OSError(errno.ENOSPC, "No space left on device", "/secret/place"), 503, UNAVAILABLE),
        (OSError("/secret/place"), 503, UNAVAILABLE),
        (Malformed("invalid UTF-8"), 400, INVALID_ARGUMENT),
        (DamagedBody("the gzip body ends early"), 400, INVALID_ARGUMENT),
        (ValueError("whatever"), 400, INVALID_ARGUMENT),
        (ZeroDivisionError("/secret/place"), 500, INTERNAL),
    ],
)
def test_an_error_has_its_status_in_both_transports(error: Exception, http_status: int, code: int) -> None:
    answer = refusal(error)
    assert (answer.http_status, answer.code) == (http_status, code)
    assert (answer.retry_after_s is not None) == (http_status in RETRYABLE)
    assert answer.message
    assert "secret" not in answer.message


def test_the_cause_is_told() -> None:
    assert "No space left" in refusal(OSError(errno.ENOSPC, "No space left on device")).message
    assert "invalid UTF-8" in refusal(Malformed("invalid UTF-8")).message
    assert refusal(DamagedBody("the gzip body ends early")).message == "the gzip body ends early"


def test_a_retry_hint_is_in_the_details_and_only_then() -> None:
    [detail] = status(refusal(Overloaded())).details
    hint = RetryInfo()
    assert detail.Unpack(hint)
    assert hint.retry_delay.seconds == Overloaded.retry_after_s
    assert not status(refusal(TooLarge())).details


def test_partial_success_is_set_only_when_there_is_something_to_say() -> None:
    assert response(Said()).SerializeToString() == b""
    assert response(Said(rejected=2, message="two")).partial_success.rejected_spans == 2
    warning = response(Said(message="look at this")).partial_success
    assert (warning.rejected_spans, warning.error_message) == (0, "look at this")


def test_answers_stay_small() -> None:
    assert len(response(Said(1, "x" * 10_000_000)).SerializeToString()) < 2000
    assert len(status(refusal(Malformed("x" * 10_000_000))).SerializeToString()) < 2000


def test_answers_are_in_the_encoding_of_the_request() -> None:
    said = response(Said(2, "two"))
    assert ExportTraceServiceResponse.FromString(encode(said, as_json=False)) == said
    assert json.loads(encode(said, as_json=True)) == {
        "partialSuccess": {"rejectedSpans": "2", "errorMessage": "two"}
    }
    refused = status(refusal(Overloaded()))
    assert Status.FromString(encode(refused, as_json=False)) == refused
    told = json.loads(encode(refused, as_json=True))
    assert told["code"] == RESOURCE_EXHAUSTED
    assert told["details"][0]["retryDelay"] == "1s"
    assert json.loads(encode(response(Said()), as_json=True)) == {}
