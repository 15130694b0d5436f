"""Plain data as text that is equal exactly where the data is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.instrument.canonical import Canonical

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=3)
    | st.binary(max_size=3)
)
plain = st.recursive(
    scalars,
    lambda held: (
        st.lists(held, max_size=3)
        | st.dictionaries(st.text(max_size=2) | st.integers(0, 9), held, max_size=3)
        | st.frozensets(scalars, max_size=3)
    ),
    max_leaves=8,
)


def typed(value: Any) -> Any:
    """A value that is equal to others of the same types only: 1 is neither True nor 1.0, nor is 0.0 -0.0."""
    if isinstance(value, list):
        return ["list", *map(typed, value)]
    if isinstance(value, dict):
        return "dict", {repr(key): typed(held) for key, held in value.items()}
    if isinstance(value, frozenset):
        return "set", {repr(held) for held in value}
    return repr(value)


@given(st.lists(plain, max_size=3), st.lists(plain, max_size=3))
def test_texts_are_equal_where_values_are_also_one_after_the_other(one: list[Any], other: list[Any]) -> None:
    together = ["".join(map(Canonical().text, values)) for values in (one, other)]

    assert (together[0] == together[1]) == (typed(one) == typed(other))


def test_the_order_of_dicts_and_sets_is_not_told() -> None:
    assert Canonical().text({"a": 1, "b": {3, 1}}) == Canonical().text({"b": frozenset([1, 3]), "a": 1})


def test_a_tuple_is_as_a_list() -> None:
    assert Canonical().text((1, "a")) == Canonical().text([1, "a"])


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


ITSELF: list[Any] = []
ITSELF.append(ITSELF)
DOUBLED: list[Any] = []
for _ in range(30):
    DOUBLED = [DOUBLED, DOUBLED]


@pytest.mark.parametrize(
    "large",
    ["x" * 70_000, b"x" * 70_000, 1 << 400_000, [0] * 1_100, nested(40), nested(100_000), ITSELF, DOUBLED],
    ids=["text", "bytes", "number", "items", "deep", "deeper than the stack", "itself", "2^30 lists"],
)
def test_what_is_large_is_no_text(large: Any) -> None:
    with pytest.raises(ValueError, match="too"):
        Canonical().text(large)


def test_values_share_the_room() -> None:
    canonical = Canonical()
    canonical.text("x" * 40_000)
    with pytest.raises(ValueError, match="too large"):
        canonical.text("x" * 40_000)
