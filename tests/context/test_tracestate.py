"""tracestate, rule by rule (W3C Trace Context Level 2, section 3.3)."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import TraceState
from tests.context.grammar import STATE_KEY, STATE_VALUE, assert_tracestate, is_state_key, is_state_value

from weft.context import tracestate
from weft.context.tracestate import State

keys = st.text(STATE_KEY, min_size=1, max_size=256).filter(is_state_key)
values = st.text(STATE_VALUE, min_size=1, max_size=256).filter(is_state_value)
states = st.dictionaries(
    keys.filter(lambda key: len(key) < 40),
    values.filter(lambda value: len(value) < 60),
    min_size=1,
    max_size=32,
)


def members(*fields: str) -> list[tuple[str, str]]:
    state = tracestate.read(list(fields))
    assert isinstance(state, State), state
    return list(state.items())


@pytest.mark.parametrize(
    "fields",
    [
        ["foo=1,bar=2,rojo=1"],
        ["foo=1", "bar=2", "rojo=1"],
        ["foo=1,bar=2", "rojo=1"],
        ["foo=1", "", "bar=2,rojo=1"],
        ["", "foo=1,bar=2,rojo=1", ""],
        ["foo=1 \t , \t bar=2, \t rojo=1"],
        ["foo=1\t \t,\t \tbar=2,\t \trojo=1"],
        [" foo=1,bar=2,rojo=1"],
        ["\tfoo=1,bar=2,rojo=1\t"],
        ["\t foo=1,bar=2,rojo=1 \t"],
        ["foo=1,,bar=2, ,\t,rojo=1,"],
        [",foo=1,bar=2,rojo=1"],
    ],
)
def test_3_3_1_several_fields_are_one_list_in_order_with_empty_members_and_white_space(
    fields: list[str],
) -> None:
    assert members(*fields) == [("foo", "1"), ("bar", "2"), ("rojo", "1")]


@pytest.mark.parametrize("fields", [[""], [" \t"], [",", ""], [" , ,\t"]])
def test_3_3_1_an_empty_field_is_accepted(fields: list[str]) -> None:
    assert members(*fields) == []


@pytest.mark.parametrize(
    "key",
    [
        "a",
        "0",
        "1special",
        "foo@",
        "foo@@bar",
        "foo@bar@baz",
        "t" * 242 + "@v",
        "t@" + "v" * 15,
        "z" * 256,
        f"a{STATE_KEY}",
    ],
)
def test_3_3_1_3_1_a_key_of_level_2(key: str) -> None:
    assert members(f"{key}=1,foo=2") == [(key, "1"), ("foo", "2")]
    assert members(f"{key}= 1,foo=2") == [(key, " 1"), ("foo", "2")]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "foo ",
        "FOO",
        "fOo",
        "foo.bar",
        "@foo",
        "_foo",
        "-foo",
        "*foo",
        "/foo",
        "z" * 257,
        "ü",
        "f\u00e9",
        "a\tb",
        "a:b",
        "a;b",
        "foo\n",
    ],
)
def test_3_3_1_3_1_what_is_no_key_costs_the_field(key: str) -> None:
    assert isinstance(tracestate.read([f"{key}=1,bar=2"]), str)
    assert isinstance(tracestate.read([f"bar=2,{key}=1"]), str)


@pytest.mark.parametrize(
    "value", ["1", " 1", "   1  2", "x" * 256, " " * 255 + "x", STATE_VALUE.strip(), "!", "~", "a;b:c"]
)
def test_3_3_1_3_2_a_value_keeps_its_leading_spaces(value: str) -> None:
    assert members(f"foo={value}") == [("foo", value)]
    assert members(f"foo={value}  ,bar= 2 \t") == [("foo", value), ("bar", " 2")]


@pytest.mark.parametrize(
    "value", ["", " ", "bar=baz", "x" * 257, " " * 256 + "x", "a\tb", "\tx", "a\nb", "a\x7fb", "ü", "a\x00b"]
)
def test_3_3_1_3_2_what_is_no_value_costs_the_field(value: str) -> None:
    assert isinstance(tracestate.read([f"foo={value},bar=3"]), str)
    assert isinstance(tracestate.read([f"bar=3,foo={value}"]), str)


@pytest.mark.parametrize("text", ["foo", "foo=1,bar", "foo=1;bar=2\x0b", "=", "foo=1\n", "foo=1\r\n,bar=2"])
def test_3_3_1_2_what_is_no_member_costs_the_field(text: str) -> None:
    assert isinstance(tracestate.read([text]), str)


def test_3_3_1_1_there_are_32_members_at_most() -> None:
    many = [f"bar{number:02d}={number:02d}" for number in range(1, 34)]
    assert len(members(",".join(many[:32]))) == 32
    assert len(members(",".join(many[:10]), ",".join(many[10:20]), ",".join(many[20:32]))) == 32
    assert len(members(",".join(many[:32]) + ",,,")) == 32
    assert isinstance(tracestate.read([",".join(many)]), str)
    assert isinstance(tracestate.read([",".join(many[:32]), many[32]]), str)


@pytest.mark.parametrize(
    ("fields", "value"),
    [(["foo=1,foo=1"], "1"), (["foo=1,foo=2"], "1"), (["foo=1", "foo=1"], "1"), (["foo=2", "foo=1"], "2")],
)
def test_3_3_1_4_of_members_with_one_key_the_most_recent_stays_and_the_others_are_not_hurt(
    fields: list[str], value: str
) -> None:
    assert members(*fields) == [("foo", value)]
    assert members(*fields, "bar=7") == [("foo", value), ("bar", "7")]


def test_3_3_1_5_512_characters_and_more_are_kept() -> None:
    assert members(f"foo={'1' * 250},bar={'2' * 250}") == [("foo", "1" * 250), ("bar", "2" * 250)]
    whole = ",".join(f"k{number}={'v' * 250}" for number in range(16))[: tracestate.MAX_CHARS]
    assert len(members(whole)) == 16


def test_3_3_1_5_whole_members_are_cut_the_long_ones_first_and_then_from_the_end() -> None:
    short = [(f"s{number:02d}", "s" * 124) for number in range(22)]  # 128 characters each
    long = [(f"l{number}", "l" * 256) for number in range(8)]
    kept = members(",".join(f"{key}={value}" for key, value in [*long, *short]))
    assert [each for each in kept if each in short] == short
    assert [key for key, _ in kept if key.startswith("l")] == ["l0", "l1", "l2", "l3"]
    only_short = [(f"s{number:02d}", "s" * 124) for number in range(32)]
    kept = members(",".join(f"{key}={value}" for key, value in only_short))
    assert kept == only_short[: len(kept)]
    assert len(State(dict(kept)).to_header()) <= tracestate.MAX_CHARS < 129 * (len(kept) + 1) - 1


def test_3_3_1_5_white_space_that_makes_it_long_costs_no_member() -> None:
    assert members("foo=1" + " " * tracestate.MAX_CHARS + ",bar=2") == [("foo", "1"), ("bar", "2")]


def test_3_4_a_changed_member_moves_to_the_left_and_the_others_keep_their_order() -> None:
    state = State({"foo": "1", "bar": "2", "rojo": "3"})
    assert state.update("rojo", "4").to_header() == "rojo=4,foo=1,bar=2"
    assert state.update("new", "4").to_header() == "new=4,foo=1,bar=2,rojo=3"
    assert state.add("new", "4").to_header() == "new=4,foo=1,bar=2,rojo=3"
    assert state.add("foo", "4") is state
    assert state.delete("bar").to_header() == "foo=1,rojo=3"
    assert state.delete("none").to_header() == state.to_header() == "foo=1,bar=2,rojo=3"


def test_3_4_what_is_invalid_or_too_much_is_not_added() -> None:
    full = State({f"k{number}": "v" for number in range(32)})
    assert full.add("new", "v") is full
    assert full.update("new", "v") is full
    assert full.update("k31", "w").to_header().startswith("k31=w,k0=v,")
    for key, value in [("FOO", "1"), ("foo", "1,2"), ("foo", ""), ("foo", "1 "), ("foo", "a\nb")]:
        assert State({"a": "1"}).add(key, value).to_header() == "a=1"
        assert State({"a": "1"}).update(key, value).to_header() == "a=1"


def test_a_state_is_an_opentelemetry_trace_state_in_every_respect() -> None:
    state = State({"foo": "1", "bar": "2"})
    theirs = TraceState([("foo", "1"), ("bar", "2")])
    assert isinstance(state, TraceState)
    assert state == theirs
    assert theirs == state
    assert state.to_header() == theirs.to_header()
    assert (list(state), len(state), state["foo"], "bar" in state, "x" in state) == (
        ["foo", "bar"],
        2,
        "1",
        True,
        False,
    )
    assert (list(state.keys()), list(state.values())) == (["foo", "bar"], ["1", "2"])
    assert state.get("none") is None
    assert bool(State()) is False
    assert State.get_default() == TraceState.get_default()
    assert State.from_header(["foo=1", "bar=2"]).to_header() == "foo=1,bar=2"
    assert State.from_header(["no member"]).to_header() == ""
    for again in (pickle.loads(pickle.dumps(state)), copy.copy(state), copy.deepcopy(state)):
        assert again == state
    assert "foo" in repr(state)


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        (["weft=x"], ([], "x", "weft=x")),
        (["weft=x,a=1"], ([("a", "1")], "x", "weft=x,a=1")),
        (["a=1, weft=x ,b=2"], ([("a", "1"), ("b", "2")], "x", "a=1,weft=x,b=2")),
        (["a=1", "weft= x"], ([("a", "1")], " x", "a=1,weft= x")),
        (["weft=x,weft=y"], ([], "x", "weft=x")),
        (["weft=x,"], ([], "x", "weft=x")),
        (["weftless=x"], ([("weftless", "x")], "", "weftless=x")),
        ([""], ([], "", "")),
    ],
)
def test_one_member_is_taken_out_and_the_others_stay(
    fields: list[str], taken: tuple[list[tuple[str, str]], str, str]
) -> None:
    found = tracestate.take(fields, "weft")
    assert not isinstance(found, str)
    state, value, whole = found
    assert (list(state.items()), value, whole) == taken


@pytest.mark.parametrize(
    "field", ["weft=", "weft=x=y", "weft=x,A=1", "weft=ü", "weft=x\n", f"weft={'x' * 257}"]
)
def test_nothing_is_taken_of_what_is_malformed(field: str) -> None:
    assert isinstance(tracestate.take([field], "weft"), str)


@given(states, st.lists(st.sampled_from(["", " ", "\t ", ",", " ,"]), min_size=64, max_size=64))
def test_what_has_the_grammar_is_read_whole_and_in_order(state: dict[str, str], spaces: list[str]) -> None:
    parts = [
        f"{spaces[2 * n]}{key}={value}{spaces[2 * n + 1]}" for n, (key, value) in enumerate(state.items())
    ]
    header = State(state).to_header()
    assert_tracestate(header)
    if len(header) <= tracestate.MAX_CHARS:
        assert members(",".join(parts)) == members(*parts) == list(state.items())
        assert members(header) == list(state.items())


@given(st.lists(st.text(f"{STATE_VALUE},=\t", max_size=40) | st.text(max_size=20), max_size=4, min_size=1))
def test_no_text_makes_reading_raise_and_what_is_read_has_the_grammar(fields: list[str]) -> None:
    state = tracestate.read(fields)
    if isinstance(state, State) and state:
        header = state.to_header()
        assert_tracestate(header)
        assert members(header) == list(state.items())


@given(st.dictionaries(keys, values, min_size=20, max_size=32))
def test_however_long_it_is_what_stays_fits_and_is_in_order(state: dict[str, str]) -> None:
    kept = members(State(state).to_header())
    assert len(State(dict(kept)).to_header()) <= tracestate.MAX_CHARS
    assert [each for each in state.items() if each in kept] == kept
