"""Baggage in fields of its own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.context.formats.wire import keys

from weft.context.formats import baggage


@given(
    st.dictionaries(
        keys, st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=20), max_size=20
    )
)
def test_entries_come_back(entries: dict[str, str]) -> None:
    written = baggage.write(entries, "p-", str)
    assert baggage.read({name: [value] for name, value in written.items()}, "p-", str) == entries


def test_only_names_with_the_prefix_are_entries() -> None:
    fields = {"p-a": ["1"], "pb": ["2"], "p-": ["3"], "xp-c": ["4"]}
    assert baggage.read(fields, "p-", str) == {"a": "1"}


def test_an_entry_that_occurs_twice_is_left_out() -> None:
    assert baggage.read({"p-a": ["1", "2"], "p-b": ["3"], "p-c": []}, "p-", str) == {"b": "3"}


def test_white_space_around_a_value_does_not_count() -> None:
    assert baggage.read({"p-a": [" 1\t"]}, "p-", str) == {"a": "1"}


def test_a_key_that_is_no_token_is_left_out() -> None:
    bad = {"": "1", "a b": "1", "a:b": "1", "a\r\nb": "1", "ä": "1", "a=b": "1", "a,b": "1"}
    assert baggage.write(bad, "p-", str) == {}
    assert baggage.read({f"p-{key}": ["1"] for key in bad}, "p-", str) == {}
    assert baggage.write({"user-id": "1"}, "p-", str) == {"p-user-id": "1"}


def test_64_entries_are_kept() -> None:
    entries = {f"k{number}": "v" for number in range(70)}
    assert list(baggage.write(entries, "p-", str)) == [f"p-k{number}" for number in range(64)]
    assert len(baggage.read({f"p-{key}": ["v"] for key in entries}, "p-", str)) == 64


def test_8192_characters_are_kept_and_what_does_not_fit_is_passed_over() -> None:
    entries = {"a": "x" * 4000, "b": "x" * 4187, "c": "x" * 4186, "d": "x"}
    assert list(baggage.write(entries, "p-", str)) == ["p-a", "p-c"]
    assert list(baggage.read({f"p-{key}": [value] for key, value in entries.items()}, "p-", str)) == [
        "a",
        "c",
    ]


def test_a_value_that_is_too_long_is_not_encoded_first() -> None:
    encoded: list[str] = []

    def encode(value: str) -> str:
        encoded.append(value)
        return value

    baggage.write({"a": "x" * 8193, "b": "1"}, "p-", encode)
    assert encoded == ["1"]


def test_a_value_without_an_encoding_is_left_out() -> None:
    assert baggage.write({"a": "1", "b": "2"}, "p-", lambda value: None if value == "1" else value) == {
        "p-b": "2"
    }
