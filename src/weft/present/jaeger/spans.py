"""The spans of an answer as columns: what the adjusters change before the JSON is written.

Source of the placeholders and of the warning: Jaeger v2.20.0, `internal/jptrace/sanitizer/`, which Jaeger
applies to spans as they arrive. Here they are stored as they came and read so.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa

from weft.present.jaeger.attributes import Attributes
from weft.present.jaeger.columns import Numbers, plain
from weft.present.jaeger.gotext import format_time
from weft.present.jaeger.ids import Ids, span_ids
from weft.present.jaeger.tags import Attribute

SERVICE_NAME: Final = "service.name"


@dataclass(slots=True)
class Resource:
    """Where spans of one trace come from.

    Attributes:
        service: The name of the service; one of Jaeger's placeholders where it has none.
        attributes: All attributes of the resource, `service.name` too.
    """

    service: str
    attributes: list[Attribute]


@dataclass(slots=True)
class Spans:
    """n spans of t traces, those of a trace side by side.

    Attributes:
        trace_ids: t trace ids, 16 bytes each.
        bounds: t + 1 numbers; trace i owns the spans from `bounds[i]` up to `bounds[i + 1]`.
        ids: n span ids.
        parent_ids: n span ids, zero for none.
        kinds: n OTLP span kinds.
        start_ns: n times, nanoseconds since the Unix epoch.
        duration_ns: n durations, none of them negative.
        attributes: The attributes of n spans.
        resources: The distinct resources of each trace.
        resource: n indices into `resources`.
        warnings: What is odd about a span, by its index.
    """

    trace_ids: list[bytes]
    bounds: list[int]
    ids: Ids
    parent_ids: Ids
    kinds: Numbers
    start_ns: list[int]
    duration_ns: list[int]
    attributes: Attributes
    resources: list[Resource]
    resource: list[int]
    warnings: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, table: pa.Table) -> "Spans":
        """Read the columns that `traces` takes.

        Args:
            table: At least one row; rows of one trace side by side.
        """
        row_ids = plain(table.column("trace_id")).to_pylist()
        begins = [row for row, trace_id in enumerate(row_ids) if row == 0 or trace_id != row_ids[row - 1]]
        bounds = [*begins, len(row_ids)]
        resources, resource = _resources(table, bounds)
        spans = cls(
            trace_ids=[row_ids[row] for row in begins],
            bounds=bounds,
            ids=span_ids(plain(table.column("span_id")).to_pylist()),
            parent_ids=span_ids(plain(table.column("parent_span_id")).to_pylist()),
            kinds=plain(table.column("kind")).to_numpy().astype(np.int64),
            start_ns=plain(table.column("start_ns")).to_pylist(),
            duration_ns=plain(table.column("duration_ns")).to_pylist(),
            attributes=Attributes.of(plain(table.column("attributes")), table.column("attribute_types")),
            resources=resources,
            resource=resource,
        )
        spans._mend_durations()
        return spans

    def _mend_durations(self) -> None:
        """Let spans that end before they start last one nanosecond, and say so."""
        for row, duration_ns in enumerate(self.duration_ns):
            if duration_ns < 0:
                start_ns = self.start_ns[row]
                end = format_time((start_ns + duration_ns) % (1 << 64))
                self.duration_ns[row] = 1
                self.warnings[row].append(
                    "Negative duration detected, sanitizing end timestamp. "
                    f"Original end timestamp: {end}, adjusted to: {format_time(start_ns + 1)}"
                )


def _resources(table: pa.Table, bounds: list[int]) -> tuple[list[Resource], list[int]]:
    """The distinct resources of each trace, and for each span the index of its own."""
    columns = Attributes.of(
        plain(table.column("resource_attributes")), table.column("resource_attribute_types")
    )
    services = plain(table.column("service")).to_pylist()
    packed = (columns.name << 40 | columns.text << 8 | columns.code).tobytes()
    edges = (columns.offsets * 8).tolist()
    resources: list[Resource] = []
    resource: list[int] = []
    for first, last in pairwise(bounds):
        known: dict[bytes, int] = {}
        for row in range(first, last):
            content = packed[edges[row] : edges[row + 1]]
            index = known.get(content)
            if index is None:
                index = known[content] = len(resources)
                resources.append(Resource(services[row], columns.row(row)))
            resource.append(index)
    return resources, resource
