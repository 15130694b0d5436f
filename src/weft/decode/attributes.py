"""Lists of OTLP attributes as maps of text with a string of type codes beside each."""

import pyarrow as pa

from weft.decode.payloads import Payloads, set_aside
from weft.decode.values import texts


def attribute_maps(lists: pa.ListArray, payloads: Payloads) -> tuple[pa.MapArray, pa.StringArray]:
    """Turn lists of `KeyValue` into maps, order and repeated keys kept.

    Args:
        lists: n lists of `KeyValue` structs.
        payloads: Takes the large values.

    Returns:
        n maps from key to text, and n strings of type codes, one byte an attribute.
    """
    pairs = lists.flatten()
    values, codes = set_aside(*texts(pairs.field("value")), payloads)
    maps = pa.MapArray.from_arrays(lists.offsets, pairs.field("key"), values)
    # The codes of all lists are one run of bytes; the lists' own offsets cut it into strings.
    offsets = lists.offsets.buffers()[1].slice(lists.offsets.offset * 4)
    return maps, pa.StringArray.from_buffers(len(lists), offsets, pa.py_buffer(codes))
