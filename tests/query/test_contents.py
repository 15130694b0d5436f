"""Large values come back where the spans hold their hashes, and nothing else is touched."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from weft.model.payloads import content_hash
from weft.query.contents import MAPS, restore

MAP = pa.map_(pa.string(), pa.string())
Attribute = tuple[str, str, str]
#: Key, text and lower-case code; and whether it is stored apart.
attributes = st.lists(
    st.tuples(st.sampled_from("abc"), st.text(max_size=5), st.sampled_from("sbidxjpren"), st.booleans()),
    max_size=4,
)


def row(pairs: list[tuple[str, str, str, bool]]) -> tuple[list[tuple[str, str]], str]:
    """As it is stored."""
    return (
        [(key, content_hash(text) if apart else text) for key, text, _, apart in pairs],
        "".join(code.upper() if apart else code for _, _, code, apart in pairs),
    )


def table(spans: list[list[Any]], events: list[list[list[Any]]]) -> pa.Table:
    own, nested = [row(pairs) for pairs in spans], [[row(pairs) for pairs in one] for one in events]
    columns: dict[str, pa.Array] = {}
    for name, types in MAPS.items():
        if name == "attributes":
            columns[name] = pa.array([pairs for pairs, _ in own], MAP)
            columns[types] = pa.array([codes for _, codes in own], pa.string())
        else:
            columns[name] = pa.array([[pairs for pairs, _ in one] for one in nested], pa.list_(MAP))
            columns[types] = pa.array([[codes for _, codes in one] for one in nested], pa.list_(pa.string()))
    return pa.table(columns)


class Contents:
    """A lookup that remembers what it was asked for."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.by_hash = {content_hash(text): text for text in texts}
        self.asked: list[set[str]] = []

    def __call__(self, hashes: Iterable[str]) -> Mapping[str, str]:
        wanted = set(hashes)
        self.asked.append(wanted)
        return {name: text for name, text in self.by_hash.items() if name in wanted}


@given(rows=st.lists(st.tuples(attributes, st.lists(attributes, max_size=3)), max_size=4))
def test_every_value_comes_back_in_its_place(rows: list[Any]) -> None:
    spans, events = [own for own, _ in rows], [nested for _, nested in rows]
    every = [pair for own, nested in rows for pairs in (own, *nested) for pair in pairs]
    restored = restore(table(spans, events), Contents(text for _, text, _, _ in every)).to_pylist()
    for found, (own, nested) in zip(restored, rows, strict=True):
        assert found["attributes"] == [(key, text) for key, text, _, _ in own]
        assert found["attribute_types"] == "".join(code for _, _, code, _ in own)
        for kind in ("event", "link"):
            assert found[f"{kind}_attributes"] == [[(k, text) for k, text, _, _ in one] for one in nested]
            assert found[f"{kind}_attribute_types"] == ["".join(c for _, _, c, _ in one) for one in nested]


def test_a_table_without_large_values_is_not_touched_and_nothing_is_looked_up() -> None:
    small = table([[("a", "text", "s", False)]], [[]])
    contents = Contents([])
    assert restore(small, contents) is small
    assert contents.asked == []


def test_a_content_is_looked_up_once_however_often_it_stands_there() -> None:
    pairs = [("a", "history", "s", True), ("b", "history", "s", True)]
    contents = Contents(["history"])
    restore(table([pairs] * 5, [[]] * 5), contents)
    assert contents.asked == [{content_hash("history")}]


def test_a_content_that_is_gone_leaves_its_hash() -> None:
    [found] = restore(table([[("a", "history", "s", True)]], [[]]), Contents([])).to_pylist()
    assert found["attributes"] == [("a", content_hash("history"))]
    assert found["attribute_types"] == "s"


def test_a_text_that_looks_like_a_hash_stays_as_it_is() -> None:
    text = content_hash("history")
    pairs = [("a", text, "s", False), ("b", "history", "s", True)]
    [found] = restore(table([pairs], [[]]), Contents(["history"])).to_pylist()
    assert found["attributes"] == [("a", text), ("b", "history")]
