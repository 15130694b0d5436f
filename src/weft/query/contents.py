"""Put large attribute values back where the spans hold their hashes."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

#: The columns of attribute maps, each with the column of its type codes.
MAPS: Final = {
    "attributes": "attribute_types",
    "event_attributes": "event_attribute_types",
    "link_attributes": "link_attribute_types",
}

Lookup = Callable[[Iterable[str]], Mapping[str, str]]


def restore(spans: pa.Table, lookup: Lookup) -> pa.Table:
    """Replace content hashes by their contents, and upper-case type codes by lower-case ones.

    A content that is gone (its day was deleted before the span's) leaves its hash.

    Args:
        spans: Columns of the span table, in one chunk each.
        lookup: Contents by hash.
    """
    for column, types in MAPS.items():
        codes = spans.column(types).combine_chunks()
        text = codes.flatten() if pa.types.is_list(codes.type) else codes
        if not pc.any(pc.match_substring_regex(text, "[A-Z]")).as_py():
            continue
        restored = _restore(spans.column(column).combine_chunks(), text, lookup)
        spans = spans.set_column(spans.schema.get_field_index(column), column, restored)
        lowered = pc.utf8_lower(text)
        if pa.types.is_list(codes.type):
            lowered = pa.ListArray.from_arrays(codes.offsets, lowered)
        spans = spans.set_column(spans.schema.get_field_index(types), types, lowered)
    return spans


def _restore(maps: pa.Array, types: pa.StringArray, lookup: Lookup) -> pa.Array:
    if pa.types.is_map(maps.type):
        items = maps.items
        large = _upper_case(types)
        hashes = items.filter(pa.array(large)).to_pylist()
        contents = lookup(set(hashes))
        values = pa.array([contents.get(name, name) for name in hashes], pa.string())
        return pa.MapArray.from_arrays(
            maps.offsets, maps.keys, pc.replace_with_mask(items, pa.array(large), values)
        )
    return pa.ListArray.from_arrays(maps.offsets, _restore(maps.values, types, lookup))


def _upper_case(types: pa.StringArray) -> npt.NDArray[np.bool_]:
    """For each attribute, in order, whether its type code is upper case."""
    codes = np.frombuffer("".join(types.to_pylist()).encode("ascii"), np.uint8)
    return codes < ord("a")
