"""Large values are kept once per content, and the rest stays where it is."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from weft.decode.payloads import set_aside
from weft.model.payloads import LARGE, content_hash

texts = st.text(max_size=3) | st.sampled_from(
    ["x" * (LARGE - 1), "x" * LARGE, "y" * LARGE, "é" * (LARGE // 2), "é" * (LARGE // 2 - 1), "x" * 50_000]
)


@given(values=st.lists(st.tuples(texts, st.sampled_from("sbidxjpr")), max_size=8))
def test_large_texts_become_their_hashes_and_nothing_else_changes(values: list[tuple[str, str]]) -> None:
    payloads: dict[str, str] = {}
    codes = np.frombuffer("".join(code for _, code in values).encode(), np.uint8)
    found, marked = set_aside(pa.array([text for text, _ in values], pa.string()), codes, payloads)
    large = {text for text, _ in values if len(text.encode()) >= LARGE}
    assert payloads == {content_hash(text): text for text in large}
    for (text, code), now, mark in zip(values, found.to_pylist(), marked.tobytes().decode(), strict=True):
        assert (now, mark) == ((content_hash(text), code.upper()) if text in large else (text, code))


def test_the_codes_that_were_given_are_not_changed() -> None:
    codes = np.frombuffer(b"ss", np.uint8)
    set_aside(pa.array(["x" * LARGE, "y"]), codes, {})
    assert codes.tobytes() == b"ss"


def test_payloads_of_several_columns_are_gathered() -> None:
    payloads: dict[str, str] = {}
    for text in ("a" * LARGE, "b" * LARGE, "a" * LARGE):
        set_aside(pa.array([text]), np.frombuffer(b"s", np.uint8), payloads)
    assert sorted(payloads.values()) == ["a" * LARGE, "b" * LARGE]


def test_a_column_that_is_a_slice_is_measured_by_its_own_rows() -> None:
    whole = pa.array(["x" * LARGE, "small", "y" * LARGE])
    payloads: dict[str, str] = {}
    found, marked = set_aside(whole.slice(1, 2), np.frombuffer(b"ss", np.uint8), payloads)
    assert found.to_pylist() == ["small", content_hash("y" * LARGE)]
    assert marked.tobytes() == b"sS"


def test_a_hash_is_that_of_the_content() -> None:
    """The name of a payload is kept on disk: another hash would lose every stored content."""
    assert content_hash("") == "cae66941d9efbd404e4d88758ea67670"
    assert content_hash("é") != content_hash("e")
    assert len(content_hash("x")) == 32
