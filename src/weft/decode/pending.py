"""Spans without an end: announcements of work that is still going on, rows of a table of their own.

Whoever sends `end_time_unix_nano` 0 means that. A row holds the span's events and links too, as lists: the
next announcement of the span, or the span itself when it has ended, takes the place of all of it.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weft.decode.children import EVENT_FIELDS, LINK_FIELDS, child_columns
from weft.decode.payloads import Payloads
from weft.decode.spans import Spans
from weft.model.pending import OPEN_NS


def split(spans: Spans) -> tuple[Spans, Spans | None]:
    """Tell the spans that have ended from those that have not; None where all of them have."""
    ended = spans.ended()
    if ended.false_count == 0:
        return spans, None
    mask = ended.to_numpy(zero_copy_only=False)
    return spans.only(mask), spans.only(~mask)


def pending(spans: Spans, columns: dict[str, pa.Array], payloads: Payloads) -> pa.Table:
    """The rows of the table `pending`.

    Args:
        spans: Spans that have not ended.
        columns: What the span table would say of them.
        payloads: Takes the large values.

    Returns:
        The columns of the span table, with `open_ns` in place of the duration, and those of its events and
        links as lists (`event_*`, `link_*`).
    """
    span = spans.spans
    columns = {name: column for name, column in columns.items() if name != "duration_ns"}
    columns["open_ns"] = open_ns(span.field("attributes"))
    for prefix, lists, fields in (
        ("event", span.field("events"), EVENT_FIELDS),
        ("link", span.field("links"), LINK_FIELDS),
    ):
        for name, column in child_columns(lists.flatten(), payloads, fields).items():
            columns[f"{prefix}_{name}"] = pa.ListArray.from_arrays(lists.offsets, column)
    return pa.table(columns)


def open_ns(attributes: pa.ListArray) -> pa.Array:
    """How long each span says that it has been open, in nanoseconds; 0 where it does not say."""
    pairs = attributes.flatten()
    said = pc.equal(pairs.field("key"), OPEN_NS)
    values = pairs.field("value").field("int_value").filter(said).fill_null(0).to_numpy()
    found = np.zeros(len(attributes), np.uint64)
    found[pc.list_parent_indices(attributes).filter(said).to_numpy()] = np.maximum(values, 0)
    return pa.array(found)
