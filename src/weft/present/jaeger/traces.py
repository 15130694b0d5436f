"""Traces as Jaeger's JSON, straight from the columns of the span table.

Every column is turned into JSON as a whole, what repeats once, and the spans are joined from the pieces.

Source: Jaeger v2.20.0, `internal/uimodel/model.go` for the shape; contrib
`pkg/translator/jaeger/traces_to_jaegerproto.go` for the tags that stand for fields of a span.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import orjson
import pyarrow as pa

from weft.model.jaeger import EMPTY_SPAN_NAME
from weft.model.values import BOOL
from weft.present.jaeger.adjust import adjust
from weft.present.jaeger.columns import encoded, plain
from weft.present.jaeger.ids import span_hex, trace_hex
from weft.present.jaeger.logs import logs
from weft.present.jaeger.pending import mark_open
from weft.present.jaeger.processes import Processes, process_json
from weft.present.jaeger.references import references
from weft.present.jaeger.spans import Spans
from weft.present.jaeger.tags import pair

KINDS: Final = ("", "internal", "server", "client", "producer", "consumer")
_SAMPLED: Final = 1


def traces(table: pa.Table, raw: bool = False) -> dict[bytes, bytes]:
    """Write spans as traces.

    Args:
        table: Spans as `weft.query.queries` gives them, those of one trace side by side, each once, large
            values in their place.
        raw: Leave out what Jaeger changes in a trace to show it (`adjust`).

    Returns:
        JSON by trace id (16 bytes), in the order of the table.
    """
    if table.num_rows == 0:
        return {}
    spans = Spans.of(table)
    if not raw:
        adjust(spans)
    rows = list(_spans(table, spans, raw))
    contents = [process_json(resource) for resource in spans.resources]
    written: dict[bytes, bytes] = {}
    for number, trace_id in enumerate(spans.trace_ids):
        begin, end = spans.bounds[number], spans.bounds[number + 1]
        processes = Processes(contents)
        keys = processes.keys(spans.resource[begin:end])
        own = zip(rows[begin:end], keys, range(begin, end), strict=True)
        written[trace_id] = b'{"traceID":"%b","spans":[%b],"processes":%b,"warnings":null}' % (
            trace_hex(trace_id).encode(),
            b",".join(
                [
                    b'%b%b","warnings":%b}' % (span, key, _warnings(spans.warnings.get(row)))
                    for span, key, row in own
                ]
            ),
            processes.json(),
        )
    return written


def _warnings(warnings: list[str] | None) -> bytes:
    return orjson.dumps(warnings) if warnings else b"null"


def _spans(table: pa.Table, spans: Spans, raw: bool) -> Iterator[bytes]:
    """Each span as JSON up to its `processID`, which only its trace knows."""
    span_ids = span_hex(spans.ids)
    names = _names(table)
    flags = plain(table.column("flags")).to_pylist()
    refs = references(table, spans, raw)
    tags = _tags(table, spans)
    log_of = logs(table, raw)
    for number, trace_id in enumerate(spans.trace_ids):
        start = b'{"traceID":"%b","spanID":"' % trace_hex(trace_id).encode()
        for row in range(spans.bounds[number], spans.bounds[number + 1]):
            yield b"".join(
                (
                    start,
                    span_ids[row].encode(),
                    b'","flags":1,"operationName":' if flags[row] & _SAMPLED else b'","operationName":',
                    names[row],
                    b',"references":[',
                    refs[row],
                    b'],"startTime":%d,"duration":%d,"tags":['
                    % (spans.start_ns[row] // 1_000, spans.duration_ns[row] // 1_000),
                    tags[row],
                    b'],"logs":[',
                    log_of.get(row, b""),
                    b'],"processID":"',
                )
            )


def _names(table: pa.Table) -> list[bytes]:
    distinct, name = encoded(plain(table.column("name")))
    written = [orjson.dumps(text or EMPTY_SPAN_NAME) for text in distinct]
    return [written[index] for index in name.tolist()]


def _tags(table: pa.Table, spans: Spans) -> list[bytes]:
    """The tags of each span: its scope, its attributes, its kind, status and trace state."""
    columns = (
        _pairs(table, "scope_name", "otel.scope.name"),
        _pairs(table, "scope_version", "otel.scope.version"),
        spans.attributes.json(),
        mark_open(table, spans),
        _kind_and_status(table, spans),
        _pairs(table, "status_message", "otel.status_description"),
        _pairs(table, "trace_state", "w3c.tracestate"),
    )
    return [b",".join(filter(None, row)) for row in zip(*columns, strict=True)]


def _pairs(table: pa.Table, column: str, key: str) -> list[bytes]:
    """A column of text as tags of one key, nothing where it is empty."""
    distinct, index = encoded(plain(table.column(column)))
    written = [pair(key, text) if text else b"" for text in distinct]
    return [written[number] for number in index.tolist()]


def _kind_and_status(table: pa.Table, spans: Spans) -> list[bytes]:
    status = plain(table.column("status_code")).to_pylist()
    return list(map(_kind_and_status_json, spans.kinds.tolist(), status))


@lru_cache(maxsize=64)
def _kind_and_status_json(kind: int, status: int) -> bytes:
    tags = []
    if 0 < kind < len(KINDS):
        tags.append(pair("span.kind", KINDS[kind]))
    if status == 1:
        tags.append(pair("otel.status_code", "OK"))
    elif status == 2:
        tags += [pair("otel.status_code", "ERROR"), pair("error", "true", BOOL)]
    return b",".join(tags)
