"""The references of spans: to the parent, and to what links point at.

Source: contrib `pkg/translator/jaeger/traces_to_jaegerproto.go` (`makeJaegerProtoReferences`), and Jaeger
v2.20.0, `adjuster/spanlinks.go`, for the warning.
"""

from typing import Final

import numpy as np
import pyarrow as pa

from weft.present.jaeger.attributes import Attributes
from weft.present.jaeger.columns import flat, offsets, plain
from weft.present.jaeger.ids import SPAN_ID_BYTES, TRACE_ID_BYTES, span_hex, trace_hex
from weft.present.jaeger.spans import Spans

CHILD_OF: Final = "CHILD_OF"
FOLLOWS_FROM: Final = "FOLLOWS_FROM"
_NO_TRACE: Final = bytes(TRACE_ID_BYTES)

#: Type, trace id and span id of a reference.
Reference = tuple[str, bytes, str]


def references(table: pa.Table, spans: Spans, raw: bool) -> list[bytes]:
    """The references of each span as JSON, joined by commas.

    The parent comes first. A link to the parent is no second reference, but its type is the parent's.

    Args:
        table: Spans as `traces` takes them.
        spans: The same spans adjusted. Gets a warning for each link without a trace id, which is left out.
        raw: Keep such links, without a warning.
    """
    links = _links(table)
    ids = span_hex(spans.parent_ids)
    has_parent = (spans.parent_ids != 0).tolist()
    rows: list[bytes] = []
    for number, trace_id in enumerate(spans.trace_ids):
        # Nearly all spans have a parent and no links: that case is one concatenation.
        start = _json(CHILD_OF, trace_id, "")[:-2]
        for row in range(spans.bounds[number], spans.bounds[number + 1]):
            if row in links:
                parent = (CHILD_OF, trace_id, ids[row]) if has_parent[row] else None
                kept = links[row] if raw else _valid(links[row], spans.warnings[row])
                rows.append(b",".join(_json(*reference) for reference in _merged(parent, kept)))
            else:
                rows.append(start + ids[row].encode() + b'"}' if has_parent[row] else b"")
    return rows


def _links(table: pa.Table) -> dict[int, list[Reference]]:
    """What the links of each span refer to, for the spans that have any."""
    lists = plain(table.column("link_trace_ids"))
    bounds = offsets(lists)
    if bounds[-1] == 0:
        return {}
    trace_ids = _bytes(lists)
    link_ids = _bytes(plain(table.column("link_span_ids")))
    types = _types(table)
    found: dict[int, list[Reference]] = {}
    for row in np.flatnonzero(np.diff(bounds)).tolist():
        found[row] = [
            (
                types.get(link, FOLLOWS_FROM),
                trace_ids[link].rjust(TRACE_ID_BYTES, b"\0"),
                link_ids[link].rjust(SPAN_ID_BYTES, b"\0").hex(),
            )
            for link in range(int(bounds[row]), int(bounds[row + 1]))
        ]
    return found


def _bytes(lists: pa.ListArray) -> list[bytes]:
    """The ids of all links: bytes, even where the store calls them text."""
    ids: list[bytes] = flat(lists).cast(pa.binary()).to_pylist()
    return ids


def _types(table: pa.Table) -> dict[int, str]:
    """The links that say by attribute that they are not what links are by default."""
    maps, codes = (flat(plain(table.column(name))) for name in ("link_attributes", "link_attribute_types"))
    attributes = Attributes.of(maps, codes)
    rows = attributes.rows()
    return {
        int(rows[index]): CHILD_OF
        for index in np.flatnonzero(attributes.named({"opentracing.ref_type"})).tolist()
        if attributes.at(index)[1] == "child_of"
    }


def _valid(links: list[Reference], warnings: list[str]) -> list[Reference]:
    valid = [link for link in links if link[1] != _NO_TRACE]
    warnings += ["Invalid span link removed"] * (len(links) - len(valid))
    return valid


def _merged(parent: Reference | None, links: list[Reference]) -> list[Reference]:
    if parent is None:
        return links
    merged = [parent]
    for link in links:
        if link[1:] == parent[1:]:
            merged[0] = link
        else:
            merged.append(link)
    return merged


def _json(kind: str, trace_id: bytes, span_id: str) -> bytes:
    return f'{{"refType":"{kind}","traceID":"{trace_hex(trace_id)}","spanID":"{span_id}"}}'.encode()
