"""Nested Arrow to the flat columns of the span table.

Each level of OTLP (resource, scope, span) is flattened by Arrow's own kernels; the levels above a span are
spread over its row by index. The names here are the names of the columns in `store/sql`.
"""

import json
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weft.decode.payloads import Payloads, set_aside
from weft.decode.spans import Spans as Spans
from weft.decode.values import Codes, texts

ZERO_SPAN_ID: Final = bytes(8)


def table(spans: Spans, payloads: Payloads) -> pa.Table:
    """Flatten spans into the columns of the span table.

    Args:
        spans: Spans whose ids are valid (see `validate`).
        payloads: Takes the large values.

    Returns:
        One row a span. Times are nanoseconds; `duration_ns` is end - start in 64-bit arithmetic that wraps,
        so that any pair of times comes back.
    """
    span = spans.spans
    start = span.field("start_time_unix_nano")
    duration = pc.subtract(span.field("end_time_unix_nano"), start).view(pa.int64())
    status = span.field("status")
    columns: dict[str, pa.Array] = {
        "trace_id": span.field("trace_id").cast(pa.binary(16)),
        "span_id": span.field("span_id").cast(pa.binary(8)),
        "parent_span_id": _parent_ids(span.field("parent_span_id")),
        "trace_state": span.field("trace_state"),
        "flags": span.field("flags"),
        "name": span.field("name"),
        "kind": span.field("kind"),
        "start_ns": start,
        "duration_ns": duration,
        "status_code": _filled(status, "code", 0),
        "status_message": _filled(status, "message", ""),
        "dropped_attributes": span.field("dropped_attributes_count"),
        "dropped_events": span.field("dropped_events_count"),
        "dropped_links": span.field("dropped_links_count"),
    }
    columns["attributes"], columns["attribute_types"] = _attributes(span.field("attributes"), payloads)
    columns |= _events(span.field("events"), payloads)
    columns |= _links(span.field("links"), payloads)
    scopes = _scopes(spans.scopes, payloads)
    resource_of_span = spans.resource_of_scope.take(spans.scope_of_span)
    columns |= {name: column.take(spans.scope_of_span) for name, column in scopes.items()}
    resources = _resources(spans.resources, payloads)
    columns |= {name: column.take(resource_of_span) for name, column in resources.items()}
    return pa.table(columns)


def _parent_ids(ids: pa.Array) -> pa.Array:
    """Parent ids, all zeros for none (an empty id, which is how OTLP says root)."""
    empty = pc.equal(pc.binary_length(ids), 0)
    if pc.any(empty).as_py():
        ids = pc.if_else(empty, pa.scalar(ZERO_SPAN_ID, pa.binary()), ids)
    return ids.cast(pa.binary(8))


def _filled(struct: pa.StructArray, field: str, default: str | int) -> pa.Array:
    """A field of a message that may be missing."""
    column = pc.struct_field(struct, field)
    return column if column.null_count == 0 else pc.fill_null(column, default)


def _attributes(lists: pa.ListArray, payloads: Payloads) -> tuple[pa.Array, pa.Array]:
    """Lists of `KeyValue` as maps of text, and the type codes of each map as one string."""
    pairs = lists.flatten()
    values, codes = set_aside(*texts(pairs.field("value")), payloads)
    offsets = lists.offsets
    maps = pa.MapArray.from_arrays(offsets, pairs.field("key"), values)
    return maps, _strings(offsets, codes)


def _strings(offsets: pa.Array, codes: Codes) -> pa.Array:
    """Cut a run of codes into strings at `offsets`."""
    return pa.StringArray.from_buffers(
        len(offsets) - 1, offsets.buffers()[1].slice(offsets.offset * 4), pa.py_buffer(codes)
    )


def _events(lists: pa.ListArray, payloads: Payloads) -> dict[str, pa.Array]:
    event = lists.flatten()
    maps, types = _attributes(event.field("attributes"), payloads)
    return _nested(
        lists,
        {
            "event_times_ns": event.field("time_unix_nano"),
            "event_names": event.field("name"),
            "event_attributes": maps,
            "event_attribute_types": types,
            "event_dropped_attributes": event.field("dropped_attributes_count"),
        },
    )


def _links(lists: pa.ListArray, payloads: Payloads) -> dict[str, pa.Array]:
    link = lists.flatten()
    maps, types = _attributes(link.field("attributes"), payloads)
    return _nested(
        lists,
        {
            "link_trace_ids": link.field("trace_id"),
            "link_span_ids": link.field("span_id"),
            "link_trace_states": link.field("trace_state"),
            "link_flags": link.field("flags"),
            "link_attributes": maps,
            "link_attribute_types": types,
            "link_dropped_attributes": link.field("dropped_attributes_count"),
        },
    )


def _nested(lists: pa.ListArray, columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """Give columns of list elements the shape of their lists."""
    return {name: pa.ListArray.from_arrays(lists.offsets, column) for name, column in columns.items()}


def _scopes(scopes: pa.StructArray, payloads: Payloads) -> dict[str, pa.Array]:
    scope = scopes.field("scope")
    maps, types = _attributes(_lists(scope, "attributes"), payloads)
    return {
        "scope_name": _filled(scope, "name", ""),
        "scope_version": _filled(scope, "version", ""),
        "scope_attributes": maps,
        "scope_attribute_types": types,
        "scope_dropped_attributes": _filled(scope, "dropped_attributes_count", 0),
        "scope_schema_url": scopes.field("schema_url"),
    }


def _resources(resources: pa.StructArray, payloads: Payloads) -> dict[str, pa.Array]:
    resource = resources.field("resource")
    lists = _lists(resource, "attributes")
    maps, types = _attributes(lists, payloads)
    return {
        "service": _service(maps),
        "resource_attributes": maps,
        "resource_attribute_types": types,
        "resource_dropped_attributes": _filled(resource, "dropped_attributes_count", 0),
        "resource_schema_url": resources.field("schema_url"),
        "resource_entities": _entities(_lists(resource, "entity_refs")),
    }


def _lists(struct: pa.StructArray, field: str) -> pa.ListArray:
    """A list field of a message that may be missing: missing is empty."""
    lists = pc.struct_field(struct, field)
    if lists.null_count == 0:
        return lists
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), lists.flatten())


def _service(maps: pa.MapArray) -> pa.Array:
    """The `service.name` of each resource; the words for none are Jaeger's."""
    names = pc.fill_null(pc.map_lookup(maps, pa.scalar("service.name"), "first"), "missing-service-name")
    return pc.if_else(pc.equal(names, ""), "empty-service-name", names)


def _entities(lists: pa.ListArray) -> pa.Array:
    """Entity references as JSON, empty for none: they are rare and nothing asks for them yet."""
    if len(lists.flatten()) == 0:
        return pa.array([""] * len(lists), pa.string())
    return pa.array(
        [json.dumps(references) if references else "" for references in lists.to_pylist()], pa.string()
    )
