"""How the columns of the span table are read, whichever form Arrow delivers them in."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Numbers = npt.NDArray[np.int64]


def plain(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column in one chunk and without dictionary encoding."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def encoded(column: pa.Array) -> tuple[list[str], Numbers]:
    """The distinct strings of a column, and for each row the index of its own."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return column.dictionary.to_pylist(), column.indices.to_numpy().astype(np.int64)


def offsets(lists: pa.ListArray | pa.MapArray) -> Numbers:
    """Where each list of n begins, and where the last one ends, in the flattened column: n + 1 numbers."""
    begins = lists.offsets.to_numpy().astype(np.int64)
    bounds: Numbers = begins - begins[0]
    return bounds


def flat(lists: pa.ListArray) -> pa.Array:
    """The elements of all lists, without dictionary encoding."""
    return plain(lists.flatten())
