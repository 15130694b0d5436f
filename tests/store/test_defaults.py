"""Columns in which every row has the engine's default are left to the engine."""

from typing import Any

import pyarrow as pa
import pytest

from weft.store.defaults import without_defaults


def encoded(*texts: str) -> pa.DictionaryArray:
    return pa.array(texts).dictionary_encode()


@pytest.mark.parametrize(
    "values",
    [
        pa.array(["", ""]),
        encoded("", ""),
        pa.array([0, 0], pa.uint64()),
        pa.array([False, False]),
        pa.nulls(2, pa.float64()),
    ],
    ids=lambda values: str(values.type),
)
def test_a_column_of_defaults_is_left_out(values: pa.Array) -> None:
    rows = pa.table({"id": [7, 8], "value": values})
    assert without_defaults(rows).column_names == ["id"]


@pytest.mark.parametrize(
    "values",
    [
        pa.array(["", "x"]),
        encoded("", "x"),
        encoded("x", "x"),
        pa.array([0, 1], pa.uint64()),
        pa.array([-1, 0]),
        pa.array([False, True]),
        pa.array([None, 0.0]),
        pa.array([0.0, 0.0]),  # said to have cost nothing
        pa.array([b"12345678"] * 2, pa.binary(8)),
        pa.array([[], []], pa.list_(pa.int64())),
    ],
    ids=lambda values: f"{values.type} {values.to_pylist()}",
)
def test_a_column_that_says_anything_stays(values: pa.Array) -> None:
    rows = pa.table({"id": [7, 8], "value": values})
    assert without_defaults(rows).equals(rows)


def test_a_column_that_says_something_in_one_slice_stays() -> None:
    slices: list[Any] = [pa.table({"id": [1], "value": [""]}), pa.table({"id": [2], "value": ["x"]})]
    assert without_defaults(pa.concat_tables(slices)).column_names == ["id", "value"]


def test_rows_that_say_nothing_are_still_rows() -> None:
    assert len(without_defaults(pa.table({"a": [0, 0], "b": ["", ""]}))) == 2
