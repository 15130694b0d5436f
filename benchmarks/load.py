"""The load: OTLP bodies as Jaeger's tracegen makes them, with fresh ids for every send.

11 attributes a span over 97 keys and 1,000 values, 10 spans a trace: the data set of Jaeger's ClickHouse
benchmark, so that figures compare.
"""

import random
import time

import numpy as np
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

SPANS_A_TRACE = 10
ATTRIBUTES, KEYS, VALUES = 11, 97, 1000


class Template:
    """One serialized request whose ids can be made fresh without parsing it.

    Attributes:
        body: The request as bytes.
        spans: How many spans it holds.
    """

    def __init__(self, seed: int, spans: int) -> None:
        self._random = random.Random(seed)
        self.spans = spans
        request = ExportTraceServiceRequest()
        resource_spans = request.resource_spans.add()
        service = f"service-{seed % 10}"
        for key, value in (
            ("service.name", service),
            ("host.name", f"host-{seed % 4}"),
            ("process.pid", str(seed % 10)),
        ):
            resource_spans.resource.attributes.add(key=key).value.string_value = value
        scope_spans = resource_spans.scope_spans.add()
        scope_spans.scope.name, scope_spans.scope.version = "tracegen", "1.0"
        ids = self._fill(scope_spans.spans, spans)
        self.body = request.SerializeToString()
        self._bytes = np.frombuffer(self.body, np.uint8)
        self._id_bytes = self._positions(ids)

    def fresh(self, number: int) -> bytes:
        """The request with ids of its own: one key is mixed into every id, so that parents still match."""
        key = np.frombuffer(random.Random(number).randbytes(8), np.uint8)
        body = self._bytes.copy()
        body[self._id_bytes] ^= np.tile(key, len(self._id_bytes) // 8)
        return body.tobytes()

    def _fill(self, spans: "list[Span]", count: int) -> list[bytes]:
        ids = []
        start = time.time_ns() + self._random.randrange(10**9)
        for number in range(count):
            if number % SPANS_A_TRACE == 0:
                trace_id, parent = self._random.randbytes(16), b""
            span = spans.add()
            span.trace_id, span.span_id, span.parent_span_id = trace_id, self._random.randbytes(8), parent
            ids += [span.trace_id, span.span_id, parent]
            parent = span.span_id
            span.name = f"operation-{self._random.randrange(20)}"
            span.kind, span.flags = self._random.randrange(1, 6), 0x101
            span.start_time_unix_nano = start + number * 100_000 + self._random.randrange(100_000)
            span.end_time_unix_nano = span.start_time_unix_nano + self._random.randrange(10**9)
            for key in self._random.sample(range(KEYS), ATTRIBUTES):
                value = span.attributes.add(key=f"attribute.key.{key}").value
                value.string_value = f"value-{self._random.randrange(VALUES)}"
        return ids

    def _positions(self, ids: list[bytes]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """Where the bytes of the ids are, in order."""
        positions: list[int] = []
        at = 0
        for identifier in filter(None, ids):
            at = self.body.index(identifier, at)
            positions.extend(range(at, at + len(identifier)))
            at += len(identifier)
        return np.array(positions)
