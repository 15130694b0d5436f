"""tracestate: the cases of W3C's trace-context suite (test/test.py), and the rest of section 3.3 of Level 2.

The suite is of Level 1 in two points, in which Level 2 holds here: ``@`` may stand anywhere in a key but at
its beginning, and a key may begin with a digit. In one more it is stricter than either: of members with the
same key the first stays, where the suite wants the whole field discarded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conformance.hop import Hop
    from tests.e2e.conformance.served import Service

TRACE, PARENT = "22345678901234567890123456789012", "1234567890123456"
GOOD = ("traceparent", f"00-{TRACE}-{PARENT}-01")
KEY = "abcdefghijklmnopqrstuvwxyz0123456789_-*/"
VALUE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in ",=")


def sent(service: Service, *values: str, name: str = "tracestate") -> Hop:
    """Send values beside a good traceparent, which they must not affect."""
    hop = service.hop(GOOD, *((name, value) for value in values))
    assert (hop.outcome, hop.parent) == ("continued", f"{TRACE}-{PARENT}")
    return hop


def members(first: int, last: int) -> str:
    return ",".join(f"bar{number:02d}={number:02d}" for number in range(first, last + 1))


INHERITED = {
    "one": (["foo=1"], "foo=1"),
    "two": (["foo=1,bar=2"], "foo=1,bar=2"),
    "several fields, in order": (
        ["foo=1,bar=2", "rojo=1,congo=2", "baz=3"], "foo=1,bar=2,rojo=1,congo=2,baz=3",
    ),
    "an empty field behind": (["foo=1", ""], "foo=1"),
    "an empty field before": (["", "foo=1"], "foo=1"),
    "an empty field between": (["foo=1", "", "bar=2"], "foo=1,bar=2"),
    "empty members": ([",foo=1,, ,\t,bar=2,"], "foo=1,bar=2"),
    "all characters": ([f"{KEY}={VALUE}"], f"{KEY}={VALUE}"),
    "all characters, and a vendor": ([f"{KEY}@a-z0-9_-*/={VALUE}"], f"{KEY}@a-z0-9_-*/={VALUE}"),
    "spaces and tabs": (["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"),
    "tabs and spaces": (["foo=1\t \t,\t \tbar=2,\t \tbaz=3"], "foo=1,bar=2,baz=3"),
    "a space before": ([" foo=1"], "foo=1"),
    "a tab before": (["\tfoo=1"], "foo=1"),
    "a space behind": (["foo=1 "], "foo=1"),
    "a tab behind": (["foo=1\t"], "foo=1"),
    "both around": (["\t foo=1 \t"], "foo=1"),
    "a value's leading spaces are its own": (["foo=  1,bar= a b"], "foo=  1,bar= a b"),
    "32 members in several fields": (
        [members(1, 10), members(11, 20), members(21, 30), members(31, 32)], members(1, 32),
    ),
    "32 members and empty ones": ([f",,{members(1, 32)},,"], members(1, 32)),
    "a key of 256 characters": (["foo=1", f"{'z' * 256}=1"], f"foo=1,{'z' * 256}=1"),
    "a value of 256 characters": ([f"foo={'v' * 256}"], f"foo={'v' * 256}"),
    "a key with a long tenant": (["foo=1", f"{'t' * 241}@{'v' * 14}=1"], f"foo=1,{'t' * 241}@{'v' * 14}=1"),
    "Level 2: a longer tenant": (["foo=1", f"{'t' * 242}@v=1"], f"foo=1,{'t' * 242}@v=1"),
    "Level 2: a long vendor": (["foo=1", f"t@{'v' * 15}=1"], f"foo=1,t@{'v' * 15}=1"),
    "Level 2: @ at the end": (["foo@=1,bar=2"], "foo@=1,bar=2"),
    "Level 2: @ twice": (["foo@@bar=1,bar=2"], "foo@@bar=1,bar=2"),
    "Level 2: @ apart": (["foo@bar@baz=1,bar=2"], "foo@bar@baz=1,bar=2"),
    "Level 2: a digit first": (["0=1,9foo=2,1@2=3"], "0=1,9foo=2,1@2=3"),
    "the same key twice": (["foo=1,foo=1"], "foo=1"),
    "the same key with two values": (["foo=1,foo=2"], "foo=1"),
    "the same key in two fields": (["foo=1", "foo=1"], "foo=1"),
    "the same key with two values in two fields": (["foo=1,bar=3", "foo=2"], "foo=1,bar=3"),
    "512 characters": ([f"a={'x' * 254},b={'y' * 253}"], f"a={'x' * 254},b={'y' * 253}"),
    "4096 characters": (
        [",".join(f"{key}={'x' * 252}" for key in "abcdefghijklmnop") + "x"],
        ",".join(f"{key}={'x' * 252}" for key in "abcdefghijklmnop") + "x",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("values", "sent_on"), INHERITED.values(), ids=INHERITED.keys())
def test_3_3_what_is_valid_is_inherited(service: Service, values: list[str], sent_on: str) -> None:
    hop = sent(service, *values)
    assert hop.state == sent_on
    assert hop.told("problems") is None


DISCARDED = {
    "a space in the key": ["foo =1"],
    "a tab in the key": ["fo\to=1"],
    "an upper-case key": ["FOO=1"],
    "a dot in the key": ["foo.bar=1"],
    "@ first": ["@foo=1,bar=2"],
    "_ first": ["_foo=1,bar=2"],
    "- first": ["-foo=1"],
    "* first": ["*foo=1"],
    "/ first": ["/foo=1"],
    "no key": ["=1"],
    "no value": ["foo=,bar=3"],
    "a value of spaces": ["foo=   ,bar=3"],
    "no equals sign": ["foo"],
    "two equals signs": ["foo=bar=baz"],
    "an equals sign at the end": ["foo=bar="],
    "a semicolon for a comma, and so two equals signs": ["foo=1;bar=2"],
    "a tab in the value": ["foo=a\tb"],
    "a value that is not ASCII": ["foo=caf\xe9"],
    "a key that is not ASCII": ["caf\xe9=1"],
    "a bad one among good ones": ["foo=1,bar=2,Baz=3,congo=4"],
    "a bad field among good ones": ["foo=1", "hello", "bar=2"],
    "33 members": [members(1, 33)],
    "33 members in several fields": [members(1, 10), members(11, 20), members(21, 30), members(31, 33)],
    "a key of 257 characters": ["foo=1", f"{'z' * 257}=1"],
    "a value of 257 characters": [f"foo={'v' * 257}"],
}


@pytest.mark.parametrize("values", DISCARDED.values(), ids=DISCARDED.keys())
def test_3_3_what_is_invalid_is_discarded_and_harms_no_traceparent(
    service: Service, values: list[str]
) -> None:
    hop = sent(service, *values)
    assert hop.state == ""
    (problem,) = hop.told("problems") or ()
    assert problem.startswith("tracestate: ")


@pytest.mark.parametrize("value", ["", " ", "\t", ",", " , ,"])
def test_3_3_an_empty_field_is_no_mistake(service: Service, value: str) -> None:
    hop = sent(service, value)
    assert (hop.state, hop.told("problems")) == ("", None)


@pytest.mark.parametrize("name", ["TraceState", "TrAcEsTaTe", "TRACESTATE"])
def test_3_3_the_name_has_no_case(service: Service, name: str) -> None:
    assert sent(service, "foo=1", name=name).state == "foo=1"


def test_3_3_names_in_several_cases_are_one_list(service: Service) -> None:
    assert service.hop(GOOD, ("Tracestate", "foo=1"), ("tracestate", "bar=2")).state == "foo=1,bar=2"


@pytest.mark.parametrize("name", ["trace-state", "trace.state", "trace_state"])
def test_3_3_another_name_is_another_header(service: Service, name: str) -> None:
    assert sent(service, "foo=1", name=name).state == ""


def test_3_3_the_order_of_the_headers_means_nothing(service: Service) -> None:
    hop = service.hop(("tracestate", "foo=1"), ("x-other", "1"), GOOD, ("tracestate", "bar=2"))
    assert (hop.parent, hop.state) == (f"{TRACE}-{PARENT}", "foo=1,bar=2")


@pytest.mark.parametrize("flags", ["00", "01", "02", "03"])
def test_3_3_a_tracestate_is_inherited_sampled_or_not(service: Service, flags: str) -> None:
    hop = service.hop(("traceparent", f"00-{TRACE}-{PARENT}-{flags}"), ("tracestate", "foo=1,bar=2"))
    assert (hop.trace_id, hop.state) == (TRACE, "foo=1,bar=2")


def test_3_3_1_5_whole_members_go_where_it_is_too_long_those_above_128_characters_first(
    service: Service,
) -> None:
    long = [f"long{number}={'x' * 250}" for number in range(16)]
    short = [f"short{number}=1" for number in range(16)]
    state = ",".join(part for pair in zip(long, short, strict=True) for part in pair)
    kept = sent(service, state).state.split(",")
    assert 512 <= len(",".join(kept)) <= 4096
    assert [member for member in kept if member.startswith("short")] == short
    gone = [member for member in long if member not in kept]
    assert gone
    assert gone == long[-len(gone) :]


EVIDENCE = "weft=1;b7ad6b7169203331;18eaef8f47bc6d15;orchestrator"


@pytest.mark.parametrize(
    ("state", "sent_on"),
    [
        (EVIDENCE, ""),
        (f"{EVIDENCE},foo=1", "foo=1"),
        (f"foo=1,{EVIDENCE},bar=2", "foo=1,bar=2"),
        ("foo=1,weft=whatever", "foo=1"),
        (f"foo=1,{EVIDENCE},{EVIDENCE}", "foo=1"),
    ],
)
def test_our_member_is_replaced_and_moves_to_the_front_the_others_keep_their_order(
    service: Service, state: str, sent_on: str
) -> None:
    hop = sent(service, state)
    assert hop.state == sent_on
    assert hop.evidence
    assert hop.fields["tracestate"].count("weft=") == 1
    told = [hop.told("sender.agent"), hop.told("sender.span_id"), hop.told("sent_ns")]
    assert told == (
        ["orchestrator", "b7ad6b7169203331", 0x18EAEF8F47BC6D15] if EVIDENCE in state else [None] * 3
    )


@pytest.mark.parametrize(
    ("state", "has_room"),
    [(members(1, 31), True), (members(1, 32), False), (f"a={'x' * 254},b={'y' * 253}", False), ("a=1", True)],
    ids=["31 members", "32 members", "512 characters", "3 characters"],
)
def test_our_member_goes_along_only_where_no_other_has_to_go(
    service: Service, state: str, has_room: bool
) -> None:
    hop = sent(service, state)
    assert (hop.state, bool(hop.evidence)) == (state, has_room)
