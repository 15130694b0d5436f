"""JSON messages that carry a trace context."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from weft.context.current import attached
from weft.context.messages import pack, unpack

TRACEPARENT = "00-0000000000000000000000000000000a-000000000000000b-01"
CONTEXT = trace.set_span_in_context(NonRecordingSpan(SpanContext(0xA, 0xB, True, TraceFlags(1))), Context())

texts = st.text() | st.sampled_from(["\ud800", "payload", "trace_context", "é", "日本", "\x00"])
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
payloads = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def parent_of(context: Context) -> str:
    span = trace.get_current_span(context).get_span_context()
    return f"{span.trace_id:x}-{span.span_id:x}"


@settings(deadline=None)
@given(payloads)
@example({"payload": 1})
@example({"payload": 1, "x": 2})
@example({"trace_context": {}, "payload": 1})
@example({"trace_context": {"traceparent": TRACEPARENT}})
@example({"trace_context": "mine"})
@example({})
def test_a_payload_comes_back_as_it_went_in_and_brings_its_context(payload: Any) -> None:
    for text in (pack(payload, CONTEXT), pack(payload, CONTEXT).encode(), json.loads(pack(payload, CONTEXT))):
        message = unpack(text)
        assert message.payload == payload
        assert parent_of(message.context) == "a-b"


@settings(deadline=None)
@given(payloads)
def test_a_payload_comes_back_without_a_context_too(payload: Any) -> None:
    message = unpack(pack(payload, Context()))
    assert message.payload == payload
    assert not trace.get_current_span(message.context).get_span_context().is_valid


@settings(deadline=None)
@given(payloads)
def test_a_packed_message_can_be_sent_as_utf_8(payload: Any) -> None:
    assert json.loads(pack(payload).encode()) is not None


def test_an_object_keeps_its_keys_where_other_consumers_look_for_them() -> None:
    assert json.loads(pack({"task": "write", "id": 7}, CONTEXT)) == {
        "task": "write",
        "id": 7,
        "trace_context": {"traceparent": TRACEPARENT},
    }


def test_what_is_no_object_travels_beside_the_context() -> None:
    assert json.loads(pack("write", CONTEXT)) == {
        "trace_context": {"traceparent": TRACEPARENT},
        "payload": "write",
    }


def test_the_current_context_is_packed_by_default() -> None:
    with attached(CONTEXT):
        assert parent_of(unpack(pack(1)).context) == "a-b"


def test_packing_what_json_cannot_hold_raises_what_json_raises() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        pack(object())


@pytest.mark.parametrize(
    "message",
    [
        "plain text",
        b"\xff\xfe\x00",
        b"",
        "",
        '{"task": "write"}',
        "[1, 2]",
        "7",
        "[" * 100_000,
        "9" * 10_000,
        '{"trace_context": "00-…"}',
        '{"trace_context": ["traceparent"]}',
        '{"trace_context": {"traceparent": 7}}',
        '{"trace_context": {"traceparent": {"a": "b"}}}',
        '{"trace_context": {"user": "somebody else\'s key"}}',
        '{"trace_context": null, "payload": 1}',
        {"task": "write"},
        {"trace_context": {7: "a"}},
        None,
        7,
        object(),
    ],
)
def test_a_message_that_is_not_ours_comes_through_unchanged(message: object) -> None:
    with attached(CONTEXT):
        unpacked = unpack(message)
        assert unpacked.payload is message
        assert unpacked.context is get_current()


@pytest.mark.parametrize("value", ["garbage", "", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "a" * 100_000])
def test_an_envelope_with_an_unreadable_context_is_opened_all_the_same(value: str) -> None:
    message = unpack({"trace_context": {"traceparent": value}, "payload": "write"})
    assert message.payload == "write"
    assert not trace.get_current_span(message.context).get_span_context().is_valid


def test_an_envelope_of_a_sender_with_other_propagators_is_opened() -> None:
    message = unpack(
        {"task": 1, "trace_context": {"X-B3-TraceId": "1", "x-b3-spanid": "2", "uberctx-tenant": "7"}}
    )
    assert message.payload == {"task": 1}


hostile = st.recursive(
    st.none() | st.integers() | st.text() | st.binary() | st.just("traceparent"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["trace_context", "payload", "traceparent", "baggage", 7]) | st.text(),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(hostile)
def test_no_object_makes_unpacking_raise(message: object) -> None:
    unpack(message)


@settings(deadline=None)
@given(st.binary() | st.text())
@example(b"\x80\x81")
@example('{"trace_context": {"baggage": "=,;=="}}')
def test_no_text_makes_unpacking_raise(message: bytes | str) -> None:
    unpack(message)
