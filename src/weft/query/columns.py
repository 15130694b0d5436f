"""Columns of a table as lists."""

from typing import Any

import pyarrow as pa


def values(table: pa.Table, name: str) -> list[Any]:
    """Give a column as Python's own values; text that occurs again and again is one object."""
    return shared(table.column(name).combine_chunks())


def shared(array: pa.Array) -> list[Any]:
    """Give an array as Python's own values; text that occurs again and again is one object."""
    if not pa.types.is_dictionary(array.type):
        if not pa.types.is_string(array.type):
            found: list[Any] = array.to_pylist()
            return found
        array = array.dictionary_encode()
    distinct = array.dictionary.to_pylist()
    return [distinct[index] for index in array.indices.to_pylist()]
