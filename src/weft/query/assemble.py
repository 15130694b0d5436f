"""Spans, events and links of some traces put together again: one row a span, everything it said."""

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_SPAN_KEY: Final = ("trace_id", "start_ns", "span_id", "kind", "service", "name")
_CHILD_KEY: Final = ("trace_id", "start_ns", "span_id", "kind", "service", "span_name")

#: Columns of lists, one a span, from columns of the event table and of the link table.
EVENTS: Final = {
    "event_times_ns": "time_ns",
    "event_names": "name",
    "event_attributes": "attributes",
    "event_attribute_types": "attribute_types",
    "event_dropped_attributes": "dropped_attributes",
}
LINKS: Final = {
    "link_trace_ids": "linked_trace_id",
    "link_span_ids": "linked_span_id",
    "link_trace_states": "trace_state",
    "link_flags": "flags",
    "link_attributes": "attributes",
    "link_attribute_types": "attribute_types",
    "link_dropped_attributes": "dropped_attributes",
}


def assemble(spans: pa.Table, events: pa.Table, links: pa.Table) -> pa.Table:
    """Put the rows of the three tables together.

    Args:
        spans: Rows of the span table.
        events: Rows of the event table for these spans, in the order of their numbers.
        links: Rows of the link table for these spans, in the order of their numbers.

    Returns:
        One row a span, in the order of `spans`: its own columns, the columns of its events and links as lists
        (`event_*`, `link_*`), and the columns of its resource and scope (`resource_*`, `scope_*`) beside the
        JSON that they were made of.
    """
    spans, events, links = (rows.combine_chunks() for rows in (spans, events, links))
    columns: dict[str, pa.Array] = {
        name: plain(spans.column(name)) for name in spans.column_names if name not in ("resource", "scope")
    }
    columns |= lists(spans, events, EVENTS)
    columns |= lists(spans, links, LINKS)
    return pa.table(columns | described(spans))


def described(spans: pa.Table) -> dict[str, pa.Array]:
    """The resource and the scope of each span: whole, as JSON that is there once, and as columns."""
    return _origin(spans.column("resource"), "resource") | _origin(spans.column("scope"), "scope")


def plain(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column in one chunk and without dictionary encoding."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def lists(spans: pa.Table, children: pa.Table, names: Mapping[str, str]) -> dict[str, pa.Array]:
    """The columns of the children (events, or links) as one list a span.

    Args:
        spans: Rows of the span table, in one chunk.
        children: Rows of the event table or the link table for these spans, in the order of their numbers.
        names: The columns wanted of them, by the names that they get.
    """
    parents = _parents(spans, children)
    # A commit between the reads brings children of spans that were not read: they sort to the front.
    order = np.argsort(parents, kind="stable")[np.count_nonzero(parents < 0) :]
    counts = np.bincount(parents[parents >= 0], minlength=len(spans))
    offsets = pa.array(np.concatenate(([0], np.cumsum(counts))).astype(np.int32))
    return {
        name: pa.ListArray.from_arrays(offsets, plain(children.column(column)).take(pa.array(order)))
        for name, column in names.items()
    }


def _parents(spans: pa.Table, children: pa.Table) -> npt.NDArray[np.int64]:
    """For each child the row of its span, by the span's identity; -1 where it is not among them."""
    # Keys are tuples of Python's own objects, 3 µs each: only spans whose id is among the children's get one.
    candidates = np.flatnonzero(
        np.isin(_numbers(spans.column("span_id")), _numbers(children.column("span_id")))
    )
    rows = dict(zip(_keys(spans.take(pa.array(candidates)), _SPAN_KEY), candidates.tolist(), strict=True))
    return np.fromiter((rows.get(key, -1) for key in _keys(children, _CHILD_KEY)), np.int64, len(children))


def _numbers(span_ids: pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    """Span ids as numbers of 64 bits."""
    return np.frombuffer(b"".join(plain(span_ids).to_pylist()), np.uint64)


def _keys(rows: pa.Table, names: tuple[str, ...]) -> Any:
    return zip(*(rows.column(name).to_pylist() for name in names), strict=True) if len(rows) else iter(())


def _origin(column: pa.ChunkedArray, name: str) -> dict[str, pa.Array]:
    """Resources or scopes, told as JSON (see `decode/origins.py`), as columns."""
    encoded = plain(column).dictionary_encode()
    index = encoded.indices
    described = [json.loads(line) for line in encoded.dictionary.to_pylist()]
    attributes = [described_one["attributes"] for described_one in described]
    columns = {
        f"{name}_attributes": pa.array(
            [[(key, text) for key, text, _ in pairs] for pairs in attributes],
            pa.map_(pa.string(), pa.string()),
        ),
        f"{name}_attribute_types": pa.array(
            ["".join(code for _, _, code in pairs) for pairs in attributes], pa.string()
        ),
        f"{name}_dropped_attributes": pa.array([one["dropped"] for one in described], pa.uint32()),
        f"{name}_schema_url": pa.array([one["schema_url"] for one in described], pa.string()),
    }
    if name == "scope":
        columns["scope_name"] = pa.array([one["name"] for one in described], pa.string())
        columns["scope_version"] = pa.array([one["version"] for one in described], pa.string())
    else:
        columns["resource_entities"] = pa.array(
            [json.dumps(one["entities"]) if one["entities"] else "" for one in described], pa.string()
        )
    return {name: encoded, **{key: values.take(index) for key, values in columns.items()}}
