"""Formats told by the first bytes of a file."""

import json
from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests import otlp
from tests.query.files.written import BODIES, FORMATS, delimited, framed

from weft.query.files.sniff import PREFIX, Format, sniff

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
quick = settings(deadline=None, max_examples=40)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("size", [24, 60, PREFIX])
def test_formats_are_told_apart_by_few_bytes(name: str, size: int) -> None:
    told = (word for word in ("framed", "delimited", "protobuf") if word in name)
    assert sniff(FORMATS[name][:size]) == next(told, "json")


@quick
@given(
    st.dictionaries(st.text(), JSON, max_size=4) | st.lists(st.dictionaries(st.text(), JSON), max_size=3),
    st.sampled_from([None, 0, 1, 2, "\t"]),
    st.text(" \n\r\t", max_size=4),
)
@example([{"": None}], 0, "\n \n")
def test_json_is_json_however_it_is_indented(value: object, indent: int | str | None, before: str) -> None:
    text = before + json.dumps(value, indent=indent)

    assert sniff(text.encode()[:PREFIX]) == "json"


@quick
@given(otlp.requests.filter(lambda request: len(request.resource_spans) > 0))
def test_any_request_is_protobuf(request: ExportTraceServiceRequest) -> None:
    body = request.SerializeToString()

    assert sniff(body[:PREFIX]) == "protobuf"
    assert sniff(framed(body)[:PREFIX]) == "framed"
    # Ten bytes behind their length begin as a request does: the length is the tag of its field.
    assert sniff(delimited(body)[:PREFIX]) == "delimited" or len(body) == 10


def test_a_length_that_no_message_has_is_not_taken_for_one() -> None:
    """An empty `ResourceSpans` at the begin, and a length that with it makes four bytes, of 2 GiB."""
    body = b"\x0a\x00" + BODIES[0]

    assert sniff(delimited(body)) == "delimited"


@given(st.binary(max_size=40), st.sampled_from([b"", BODIES[0], b"{", b"[", b"\x0a", b"\x0a\x7f\x12"]))
def test_whatever_it_is_is_one_of_the_formats_or_none(more: bytes, begin: bytes) -> None:
    assert sniff(begin + more) in (*get_args(Format), None)


@pytest.mark.parametrize(
    "prefix", [b"", b" \n", b"\xef\xbb\xbf", b"text", b"[tool]", b"{x", b"PK\x03\x04", b"\x12\x01a"]
)
def test_what_is_no_format_is_none(prefix: bytes) -> None:
    assert sniff(prefix) is None
