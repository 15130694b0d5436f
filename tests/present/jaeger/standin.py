"""Spans for the tests of the Jaeger API, and a stand-in for the store that holds them.

The table is the real one: it is decoded from OTLP bytes by `weft.decode`. The questions are answered by plain
Python over its rows; that the real store answers them alike is what the end-to-end tests are for.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from weft.decode.request import decode
from weft.query.assemble import assemble
from weft.query.contents import restore
from weft.query.open_spans import with_open
from weft.query.search import Search

TRACE_ID = bytes.fromhex("0af7651916cd43dd8448eb211c80319c")
START_NS = 1_700_000_000_123_456_789
SECOND_NS = 1_000_000_000


def any_value(value: Any) -> AnyValue:
    """A Python value as OTLP says it; None is a value of no kind, an `AnyValue` is itself."""
    match value:
        case None:
            return AnyValue()
        case AnyValue():
            return value
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=value)
        case bytes():
            return AnyValue(bytes_value=value)
        case Mapping():
            pairs = AnyValue()
            pairs.kvlist_value.SetInParent()
            pairs.kvlist_value.values.extend(attributes(value))
            return pairs
        case _:
            items = AnyValue()
            items.array_value.SetInParent()
            items.array_value.values.extend(any_value(item) for item in value)
            return items


def attributes(values: Mapping[str, Any]) -> list[KeyValue]:
    """Python values by key as OTLP says them."""
    return [KeyValue(key=key, value=any_value(value)) for key, value in values.items()]


def span(
    number: int,
    parent: int = 0,
    *,
    trace_id: bytes = TRACE_ID,
    start_ns: int = START_NS,
    duration_ns: int = SECOND_NS,
    tags: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Span:
    """A span whose id and whose parent's id are numbers."""
    return Span(
        trace_id=trace_id,
        span_id=number.to_bytes(8),
        parent_span_id=parent.to_bytes(8) if parent else b"",
        start_time_unix_nano=start_ns,
        end_time_unix_nano=start_ns + duration_ns,
        attributes=attributes(tags or {}),
        **{"name": "work", **fields},
    )


def request(
    *spans: Span, resource: Mapping[str, Any] | None = None, scope: str = "", version: str = ""
) -> ExportTraceServiceRequest:
    """Spans of one resource and one scope; the resource is a service named `planner` unless given."""
    sent = ExportTraceServiceRequest()
    resource_spans = sent.resource_spans.add()
    resource_spans.resource.attributes.extend(
        attributes({"service.name": "planner"} if resource is None else resource)
    )
    scope_spans = resource_spans.scope_spans.add(spans=spans)
    scope_spans.scope.name, scope_spans.scope.version = scope, version
    return sent


def table(*requests: ExportTraceServiceRequest | bytes) -> pa.Table:
    """The columns that `weft.query` gives for these spans, in its order."""
    contents: dict[str, str] = {}
    bodies = [each if isinstance(each, bytes) else each.SerializeToString() for each in requests]
    tables = decode(bodies).tables(contents)
    spans = tables["spans"]
    maps = pa.array(spans.column("attributes").to_pylist(), pa.map_(pa.string(), pa.string()))
    spans = spans.set_column(spans.schema.get_field_index("attributes"), "attributes", maps)
    rows = spans.select(["trace_id", "start_ns", "span_id"]).to_pylist()
    order = sorted(range(len(rows)), key=lambda row: list(rows[row].values()))
    ordered = spans.take(pa.array(order, pa.int64()))
    ended = assemble(ordered, tables["events"], tables["links"])
    return restore(with_open(ended, _pending(tables)), lambda _: contents)


def _pending(tables: Mapping[str, pa.Table]) -> pa.Table:
    """The rows of the table `pending` as they are read: last announced three seconds ago, lost or not."""
    if "pending" not in tables:
        return pa.table({})
    rows = tables["pending"]
    lost = [name.startswith("lost") for name in rows.column("name").to_pylist()]
    maps = pa.array(rows.column("attributes").to_pylist(), pa.map_(pa.string(), pa.string()))
    more = {
        "attributes": maps,
        "duration_ns": rows.column("open_ns").cast(pa.int64()),
        "state": pa.array([1 + each for each in lost], pa.uint8()),
        "silent_s": pa.array([300 if each else 3 for each in lost], pa.int64()),
    }
    columns = {name: rows.column(name) for name in rows.column_names if name != "open_ns"}
    return pa.table(columns | more)


class MemoryQueries:
    """A stand-in for `weft.query.queries.Queries` over a table in memory.

    Attributes:
        searches: What was searched for, in order. Tags are not looked at.
        error: Raised by every question when set.
    """

    def __init__(self, *requests: ExportTraceServiceRequest) -> None:
        self._table = table(*requests) if requests else None
        self.searches: list[Search] = []
        self.spans_asked_for: list[Sequence[bytes]] = []
        self.calls: list[tuple[str, str, int]] = []
        self.calls_asked_for: list[tuple[int, int]] = []
        self.error: Exception | None = None

    def services(self) -> list[str]:
        return sorted({row["service"] for row in self._rows()})

    def operations(self, service: str) -> list[tuple[str, int]]:
        return sorted({(row["name"], row["kind"]) for row in self._rows() if row["service"] == service})

    def find(self, search: Search) -> list[bytes]:
        self.searches.append(search)
        newest: dict[bytes, int] = {}
        for row in self._rows():
            if (
                search.start_ns <= row["start_ns"] <= search.end_ns
                and search.service in {None, row["service"]}
                and search.operation in {None, row["name"]}
            ):
                newest[row["trace_id"]] = max(newest.get(row["trace_id"], 0), row["start_ns"])
        return sorted(newest, key=lambda trace_id: -newest[trace_id])[: search.limit]

    def spans(self, trace_ids: Sequence[bytes]) -> pa.Table:
        self.spans_asked_for.append(trace_ids)
        if self.error:
            raise self.error
        if self._table is None:
            return table(request(span(1))).slice(0, 0)
        wanted = pa.array(list(trace_ids), pa.binary(16))
        return self._table.filter(pc.is_in(self._table.column("trace_id"), wanted))

    def dependencies(self, start_ns: int, end_ns: int) -> list[tuple[str, str, int]]:
        self.calls_asked_for.append((start_ns, end_ns))
        return self.calls

    def _rows(self) -> list[dict[str, Any]]:
        if self.error:
            raise self.error
        if self._table is None:
            return []
        return self._table.select(["trace_id", "service", "name", "kind", "start_ns"]).to_pylist()
