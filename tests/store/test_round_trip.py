"""Nothing of a span is lost between the wire and an answer: what OTLP said comes back as it went in."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from hypothesis import HealthCheck, example, given, settings
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from tests import otlp

from weft.app import Pipeline, open_pipeline
from weft.decode.request import decode
from weft.receive.intake import Intake


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Pipeline, Intake]]:
    data: Path = tmp_path_factory.mktemp("data")
    with open_pipeline(data, 256 << 20) as opened:
        intake = Intake(decode, opened.journal, opened.indexer.deliver)
        yield opened, intake
        intake.close()


def value_of(text: str, code: str) -> Any:
    """The comparable form of a stored value, read by other code than the product reads it with."""
    match code:
        case "s":
            return "string_value", text
        case "b":
            return "bool_value", text == "true"
        case "i":
            return "int_value", int(text)
        case "d":
            return otlp.plain(AnyValue(double_value=float(text)))
        case "x":
            return "bytes_value", base64.b64decode(text)
        case "j":
            return plain_json(json.loads(text))
        case "p":
            return otlp.plain(ParseDict(json.loads(text), AnyValue()))
        case "r":
            return otlp.plain(AnyValue.FromString(base64.b64decode(text)))
        case "e":
            return (None,)
    assert code == "n"
    return None


def plain_json(value: Any) -> Any:
    match value:
        case None:
            return (None,)
        case bool():
            return "bool_value", value
        case str():
            return "string_value", value
        case int():
            return "int_value", value
        case float():
            return otlp.plain(AnyValue(double_value=value))
        case list():
            return "array_value", [plain_json(item) for item in value]
        case _:
            return "kvlist_value", [(key, plain_json(item)) for key, item in value.items()]


def attributes(pairs: list[tuple[str, str]], codes: str) -> list[tuple[str, Any]]:
    assert len(pairs) == len(codes)
    return [(key, value_of(text, code)) for (key, text), code in zip(pairs, codes, strict=True)]


def stored(row: dict[str, Any]) -> dict[str, Any]:
    start, duration = row["start_ns"], row["duration_ns"]
    parent = row["parent_span_id"]
    return {
        "resource": (
            attributes(row["resource_attributes"], row["resource_attribute_types"]),
            row["resource_dropped_attributes"],
            row["resource_schema_url"],
        ),
        "scope": (
            row["scope_name"],
            row["scope_version"],
            attributes(row["scope_attributes"], row["scope_attribute_types"]),
            row["scope_dropped_attributes"],
            row["scope_schema_url"],
        ),
        "ids": (row["trace_id"], row["span_id"], parent if any(parent) else b""),
        "state": (row["trace_state"], row["flags"]),
        "name": (row["name"], row["kind"]),
        "times": (start, (start + duration) % 2**64),
        "status": (row["status_code"], row["status_message"]),
        "attributes": attributes(row["attributes"], row["attribute_types"]),
        "dropped": (row["dropped_attributes"], row["dropped_events"], row["dropped_links"]),
        "events": [
            (time_ns, name, attributes(pairs, codes), dropped)
            for time_ns, name, pairs, codes, dropped in zip(
                row["event_times_ns"],
                row["event_names"],
                row["event_attributes"],
                row["event_attribute_types"],
                row["event_dropped_attributes"],
                strict=True,
            )
        ],
        "links": [
            (trace_id, span_id, state, flags, attributes(pairs, codes), dropped)
            for trace_id, span_id, state, flags, pairs, codes, dropped in zip(
                row["link_trace_ids"],
                row["link_span_ids"],
                row["link_trace_states"],
                row["link_flags"],
                row["link_attributes"],
                row["link_attribute_types"],
                row["link_dropped_attributes"],
                strict=True,
            )
        ],
    }


def deep(levels: int) -> ExportTraceServiceRequest:
    """A value nested deeper than protobuf parsers follow."""
    value = AnyValue(int_value=1)
    for _ in range(levels):
        outer = AnyValue()
        outer.array_value.values.append(value)
        value = outer
    request = ExportTraceServiceRequest()
    span = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(trace_id=b"\1" * 16, span_id=b"\2" * 8, end_time_unix_nano=1)
    )
    span.attributes.add(key="deep").value.CopyFrom(value)
    return request


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(request=otlp.requests)
@example(request=deep(30))
def test_every_field_of_a_request_comes_back_as_it_went_in(
    pipeline: tuple[Pipeline, Intake], request: ExportTraceServiceRequest
) -> None:
    opened, intake = pipeline
    # Each example has ids of its own: those that hypothesis repeats would be the same span sent twice.
    trace_ids = {}
    for number, span in enumerate(otlp.spans_of(request), start=1):
        span.trace_id = trace_ids.setdefault(span.trace_id, os.urandom(16))
        span.span_id = number.to_bytes(8, "big")
    intake.submit(request.SerializeToString()).result()
    rows = opened.queries.spans(list(trace_ids.values())).to_pylist()
    assert sorted(map(stored, rows), key=by_ids) == sorted(otlp.flat(request), key=by_ids)


def by_ids(span: dict[str, Any]) -> Any:
    return span["ids"]
