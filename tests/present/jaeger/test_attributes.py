"""The attribute maps of many rows as numbers."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.present.jaeger.attributes import Attributes

TEXT = pa.string()

Rows = list[list[tuple[str, str]]]

rows_of_text = st.lists(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), max_size=5), min_size=1)


def maps(rows: Rows, kind: pa.DataType = TEXT) -> pa.MapArray:
    return pa.array(rows, pa.map_(kind, kind))


def attributes(rows: Rows) -> Attributes:
    return Attributes.of(maps(rows), pa.array(["s" * len(row) for row in rows], pa.string()))


def pairs(found: Attributes) -> Rows:
    return [[attribute[:2] for attribute in found.row(row)] for row in range(len(found.offsets) - 1)]


@given(rows_of_text)
def test_rows_are_what_they_were(rows: Rows) -> None:
    assert pairs(attributes(rows)) == rows


@given(rows_of_text)
def test_the_json_of_a_row_is_its_attributes(rows: Rows) -> None:
    written = [json.loads(b"[%b]" % row) for row in attributes(rows).json()]
    assert written == [[{"key": k, "type": "string", "value": v} for k, v in row] for row in rows]


@given(rows_of_text)
def test_attributes_are_sorted_by_key_and_otherwise_keep_their_order(rows: Rows) -> None:
    assert pairs(attributes(rows).by_key()) == [sorted(row, key=lambda pair: pair[0]) for row in rows]


@given(rows_of_text, st.sets(st.text(max_size=3)))
def test_attributes_are_left_out_by_key(rows: Rows, names: set[str]) -> None:
    found = attributes(rows)
    left = found.without(found.named(names))
    assert pairs(left) == [[pair for pair in row if pair[0] not in names] for row in rows]
    assert left.rows().tolist() == [n for n, row in enumerate(pairs(left)) for _ in row]


@pytest.mark.parametrize("kind", [TEXT, pa.dictionary(pa.int32(), TEXT)])
def test_a_part_of_a_column_is_read_like_a_column(kind: pa.DataType) -> None:
    rows = [[("a", "1")], [("b", "2"), ("a", "3")], [], [("c", "4")]]
    part = maps(rows, kind).slice(1, 2)
    assert pairs(Attributes.of(part, pa.array(["ss", ""]))) == rows[1:3]


def test_type_codes_of_payloads_are_those_of_their_values() -> None:
    found = Attributes.of(maps([[("a", "1")], [("b", "[]")]]), pa.array(["S", "J"]))
    assert found.code.tolist() == [ord("s"), ord("j")]


def test_equal_texts_of_different_types_are_different_values() -> None:
    found = Attributes.of(maps([[("a", "1"), ("a", "1"), ("a", "true")]]), pa.array(["isb"]))
    assert [tag["value"] for tag in json.loads(b"[%b]" % found.json()[0])] == [1, "1", True]


def test_rows_without_attributes_are_rows() -> None:
    found = attributes([[], []])
    assert found.json() == [b"", b""]
    assert found.by_key().without(np.zeros(0, np.bool_)).json() == [b"", b""]
