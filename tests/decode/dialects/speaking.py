"""One span through both appliers of the table: as a column at ingest, and read on its own."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.decode.requests import SPAN_ID, TRACE_ID
from tests.present.jaeger.standin import attributes as otlp_attributes

from weft.decode.dialects.read import read
from weft.decode.request import decode
from weft.model.span import Kind, Value
from weft.model.work import Tokens, Work

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Spoken:
    """A span as an SDK writes it."""

    attributes: Mapping[str, Any] = field(default_factory=dict)
    name: str = "work"
    kind: Kind = "internal"
    scope: str = ""


def ingested(spans: Sequence[Spoken], *, ended: bool = True) -> list[Work]:
    """What the columns say of spans that arrive together, each in a scope of its own."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    for span in spans:
        scope_spans = resource_spans.scope_spans.add()
        scope_spans.scope.name = span.scope
        scope_spans.spans.append(
            Span(
                trace_id=TRACE_ID,
                span_id=SPAN_ID,
                name=span.name,
                kind=KINDS.index(span.kind),  # type: ignore[arg-type]
                end_time_unix_nano=int(ended),
                attributes=otlp_attributes(span.attributes),
            )
        )
    tables = decode([request.SerializeToString()]).tables({})
    return [work_of(row) for row in tables["spans" if ended else "pending"].to_pylist()]


def work_of(row: Mapping[str, Any]) -> Work:
    """The columns of one row."""
    tokens = Tokens(
        row["input_tokens"],
        row["output_tokens"],
        row["cache_read_tokens"],
        row["cache_write_tokens"],
        row["reasoning_tokens"],
    )
    assert row["has_tokens"] or tokens == Tokens()
    return Work(
        **{name: row[name] for name in ("agent", "operation", "model", "provider", "tool")},
        conversation=row["conversation"],
        workflow=row["workflow"],
        tokens=tokens if row["has_tokens"] else None,
        cost=row["cost"],
    )


def read_alone(span: Spoken) -> Work:
    """What the span says by itself, all of it."""
    return read(
        {key: plain(value) for key, value in span.attributes.items()},
        name=span.name,
        kind=span.kind,
        scope=span.scope,
    )


def plain(value: Any) -> Value:
    """A value as `Span.attributes` has it."""
    return (
        json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        if isinstance(value, (dict, list))
        else value
    )


def in_columns(work: Work) -> Work:
    """A span's work without what is in no column."""
    return replace(work, agent_id="", arguments="")
