"""baggage, rule by rule (W3C Baggage, sections 3.2 and 3.3)."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.context.grammar import BAGGAGE_VALUE, TOKEN, assert_baggage

from weft.context import baggage
from weft.context.baggage import Value


def taken(*fields: str) -> list[tuple[str, object]]:
    return list(baggage.read(list(fields))[0].items())


@pytest.mark.parametrize(
    "fields",
    [
        ["userId=alice,serverNode=DF%2028,isProduction=false"],
        ["userId=alice", "serverNode=DF%2028,isProduction=false"],
        ["userId =   alice", "serverNode = DF%2028, isProduction = false"],
        ["userId=alice ,\tserverNode\t=\tDF%2028 , isProduction=false\t"],
        [",userId=alice,, ,serverNode=DF%2028,isProduction=false,"],
        ["", "userId=alice,serverNode=DF%2028", "", "isProduction=false"],
    ],
)
def test_3_3_several_fields_are_one_list_with_white_space_and_empty_members(fields: list[str]) -> None:
    assert taken(*fields) == [("userId", "alice"), ("serverNode", "DF 28"), ("isProduction", "false")]


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ("a%20b", "a b"),
        ("a+b", "a+b"),
        ("%2B", "+"),
        ("%C3%A9", "é"),
        ("%c3%a9", "é"),
        ("%F0%9F%A7%B5", "🧵"),
        ("a=b==c", "a=b==c"),
        ("%22%2C%3B%5C%25", '",;\\%'),
        ("%E9", "\ufffd"),
        ("a%C3b", "a\ufffdb"),
        ("%ED%A0%80", "\ufffd\ufffd\ufffd"),
        ("100%", "100%"),
        ("%zz%4", "%zz%4"),
        ("%00%0A", "\x00\n"),
        ("", ""),
        ("!#$%26'()*+-./:<=>?@[]^_`{|}~", "!#$&'()*+-./:<=>?@[]^_`{|}~"),
    ],
)
def test_3_2_1_3_values_are_percent_encoded_and_never_a_plus_for_a_space(sent: str, value: str) -> None:
    assert taken(f"key={sent}") == [("key", value)]
    assert taken(baggage.write({"key": value})) == [("key", value)]


@pytest.mark.parametrize("key", ["a", "0", "!#$%&'*+-.^_`|~", "sentry-trace_id", "A%20"])
def test_3_2_1_2_a_key_is_a_token_and_is_not_decoded(key: str) -> None:
    assert taken(f"{key}=1") == [(key, "1")]
    assert baggage.write({key: "1"}) == f"{key}=1"


@pytest.mark.parametrize(
    "key", ["", "a b", "a(b", "ü", "a/b", "a:b", "a@b", "[a]", '"a"', "a\n", "a,b", "a;b", "a=b", 7, None]
)
def test_3_2_1_2_what_is_no_token_cannot_be_sent_and_costs_nothing_else(key: Any) -> None:
    assert baggage.write({"first": "1", key: "x", "last": "2"}) == "first=1,last=2"


@pytest.mark.parametrize(
    "member",
    [
        "no-value", "=1", "a b=1", "k=a b", 'k="a"', "k=a\\b", "k=ü", "k=\x7f", "k=a\tb", "k=1\n", "ü=1",
        "a(=1", "k=1;", "k=1;;p", "k=1;a b", "k=1;=p", "k=1;p=a b", "k=1;p=ü", "k=1;p\n",
    ],
)  # fmt: skip
def test_3_2_a_member_that_is_not_of_the_grammar_costs_itself_only(member: str) -> None:
    found, dropped = baggage.read([f"first=1,{member},last=2"])
    assert (list(found.items()), dropped) == ([("first", "1"), ("last", "2")], 1)


@pytest.mark.parametrize(
    ("sent", "properties"),
    [
        ("k=v;p", ";p"),
        ("k=v;p1;p2=x;p3 = y", ";p1;p2=x;p3 = y"),
        ("k=v ; p=%20+ ", "; p=%20+"),
        ("k = v;p=a=b", ";p=a=b"),
    ],
)
def test_3_2_1_4_properties_stay_with_their_value_as_they_came(sent: str, properties: str) -> None:
    (value,) = baggage.read([sent])[0].values()
    assert isinstance(value, Value)
    assert (value, value.properties) == ("v", properties)
    assert baggage.write({"k": value}) == f"k=v{properties}"
    for again in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
        assert (again, again.properties) == ("v", properties)


def test_the_example_of_the_specification() -> None:
    field = "key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue"
    assert taken(field) == [("key1", "value1"), ("key2", "value2"), ("key3", "value3")]
    written = baggage.write(baggage.read([field])[0])
    assert written == "key1=value1;property1;property2,key2=value2,key3=value3; propertyKey=propertyValue"


def test_of_two_members_with_one_key_the_last_stays_and_none_is_written_twice() -> None:
    assert taken("a=1,b=2,a=3") == [("b", "2"), ("a", "3")]


def test_3_3_2_64_members_and_8192_bytes_are_taken_and_written_and_no_part_of_a_member() -> None:
    many = {f"k{number}": "v" for number in range(65)}
    found, dropped = baggage.read([",".join(f"{key}=v" for key in many)])
    assert (len(found), dropped) == (64, 1)
    assert baggage.write(many).count("=") == 64
    exact = {"a": "x" * 4000, "b": "y" * (8192 - 4000 - 5)}
    field = baggage.write(exact)
    assert len(field) == 8192
    assert baggage.read([field]) == (exact, 0)
    assert baggage.write({**exact, "c": "1"}) == field
    assert baggage.read([f"{field},c=1"]) == (exact, 1)


def test_3_3_2_what_does_not_fit_is_left_out_and_what_comes_behind_it_is_not() -> None:
    assert baggage.read([f"a=1,big={'x' * 9000},b=2"]) == ({"a": "1", "b": "2"}, 1)
    assert baggage.read([f"big{'x' * 9000},b=2"]) == ({"b": "2"}, 1)
    assert baggage.write({"a": "1", "big": "é" * 2000, "b": "2"}) == "a=1,b=2"


def test_malformed_members_do_not_count_against_the_limits() -> None:
    assert taken("," * 300 + "bad," * 300 + "a=1") == [("a", "1")]


def test_only_the_keys_that_are_wanted_are_taken_and_written() -> None:
    keys = frozenset({"tenant"})
    assert baggage.read(["user=alice,tenant=7", "secret=x"], keys) == ({"tenant": "7"}, 0)
    assert baggage.write({"user": "alice", "tenant": "7"}, keys) == "tenant=7"
    assert baggage.write({"tenant": "7"}, frozenset()) == ""


class Unprintable:
    """No text can be made of it."""

    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (7, "k=7"),
        (None, "k=None"),
        (1.5, "k=1.5"),
        (b"x", "k=b'x'"),
        ("\ud800", "k=?"),
        (Unprintable(), ""),
    ],
)
def test_any_object_is_written_as_its_text_or_not_at_all(value: object, written: str) -> None:
    assert baggage.write({"k": value}) == written


texts = st.text(max_size=30) | st.text(min_size=500, max_size=3000)
anything = texts | st.integers() | st.none() | st.floats() | st.binary(max_size=20)


@given(
    st.dictionaries(st.text("abc-_.!~%", min_size=1, max_size=8) | st.text(max_size=8), anything, max_size=80)
)
def test_whatever_a_program_puts_in_what_is_written_has_the_grammar_and_reads_the_same(
    held: dict[str, object],
) -> None:
    field = baggage.write(held)
    if not field:
        return
    assert_baggage(field)
    found, dropped = baggage.read([field])
    assert dropped == 0
    for key, value in found.items():
        assert value == str(held[key]).encode(errors="replace").decode()


octets = st.text(sorted(BAGGAGE_VALUE - {"%"}), max_size=20)
tokens = st.text(sorted(TOKEN), min_size=1, max_size=8)
spaces = st.sampled_from(["", " ", "\t", " \t "])


@given(
    st.lists(
        st.tuples(tokens, octets, st.lists(tokens, max_size=2), spaces),
        max_size=20,
        unique_by=lambda each: each[0],
    )
)
def test_what_has_the_grammar_is_read_and_written_again_as_it_came(
    members: list[tuple[str, str, list[str], str]],
) -> None:
    tidy = [f"{key}={value}{''.join(f';{name}' for name in names)}" for key, value, names, _ in members]
    loose = [f"{space}{member}{space}" for member, (*_, space) in zip(tidy, members, strict=True)]
    found, dropped = baggage.read([",".join(loose)])
    assert dropped == 0
    assert baggage.read(loose or [""])[0] == found
    assert baggage.write(found) == ",".join(tidy)


@given(st.lists(st.text(max_size=60) | st.text('ab=;,% \t\\"\n', max_size=60), min_size=1, max_size=3))
def test_no_text_makes_reading_raise_and_what_is_read_is_written_in_the_grammar(fields: list[str]) -> None:
    found, _ = baggage.read(fields)
    written = baggage.write(found)
    if written:
        assert_baggage(written)
        assert baggage.write(baggage.read([written])[0]) == written
