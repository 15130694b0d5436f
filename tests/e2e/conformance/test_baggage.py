"""baggage: the cases of W3C's baggage suite (test/test_baggage.py), and the rest of sections 3.2 and 3.3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conformance.served import Service

TRACE, PARENT = "32345678901234567890123456789012", "1234567890123456"
GOOD = ("traceparent", f"00-{TRACE}-{PARENT}-01")

SENT_ON = {
    "one": (["SomeKey=SomeValue"], "SomeKey=SomeValue"),
    "two": (["SomeKey=SomeValue,SomeKey2=SomeValue2"], "SomeKey=SomeValue,SomeKey2=SomeValue2"),
    "white space": (["SomeKey \t = \t SomeValue \t "], "SomeKey=SomeValue"),
    "white space, two": (
        ["SomeKey \t = \t SomeValue \t , \t SomeKey2 \t = \t SomeValue2 \t "],
        "SomeKey=SomeValue,SomeKey2=SomeValue2",
    ),
    "a property": (["SomeKey=SomeValue;SomeProp"], "SomeKey=SomeValue;SomeProp"),
    "a property with a value": (["SomeKey=SomeValue;SomeProp=PropVal"], "SomeKey=SomeValue;SomeProp=PropVal"),
    "properties": (
        ["SomeKey=SomeValue;SomeProp;SecondProp=PropValue"],
        "SomeKey=SomeValue;SomeProp;SecondProp=PropValue",
    ),
    "properties of two": (
        ["SomeKey=SomeValue;SomeProp,SomeKey2=SomeValue2;ValueProp=PropVal"],
        "SomeKey=SomeValue;SomeProp,SomeKey2=SomeValue2;ValueProp=PropVal",
    ),
    "equals signs in a value": (["SomeKey=SomeValue=equals"], "SomeKey=SomeValue=equals"),
    "percent-encoded": (["key=a%20b%2Cc%3Bd%22%5C%25"], "key=a%20b%2Cc%3Bd%22%5C%25"),
    "percent-encoded in lower case": (["key=a%c3%a9"], "key=a%C3%A9"),
    "percent-encoded without need": (["key=%41%62c"], "key=Abc"),
    "UTF-8": (["key=%F0%9F%A7%B5"], "key=%F0%9F%A7%B5"),
    "no UTF-8": (["key=a%E9b"], "key=a%EF%BF%BDb"),
    "a plus is a plus": (["key=a+b"], "key=a+b"),
    "a percent sign alone": (["key=100%"], "key=100%25"),
    "all characters of a value": (
        ["key=!#$&'()*+-./0:<=>?@A[]^_`a{|}~"], "key=!#$&'()*+-./0:<=>?@A[]^_`a{|}~",
    ),
    "all characters of a key": (["!#$%&'*+-.^_`|~0aA=1"], "!#$%&'*+-.^_`|~0aA=1"),
    "an empty value": (["key="], "key="),
    "several fields": (["a=1,b=2", "c=3", "d=4"], "a=1,b=2,c=3,d=4"),
    "an empty field": (["a=1", "", "b=2"], "a=1,b=2"),
    "empty members": ([",a=1,, ,b=2,"], "a=1,b=2"),
    "keys have case": (["a=1,A=2"], "a=1,A=2"),
    "of one key the last": (["a=1,b=2,a=3"], "b=2,a=3"),
    "of one key in two fields the last": (["a=1", "a=2"], "a=2"),
    "a bad member costs itself": (["a=1,b c=2,d=3"], "a=1,d=3"),
    "a member without a value": (["a=1,hello,d=3"], "a=1,d=3"),
    "a member without a key": (["a=1,=2,d=3"], "a=1,d=3"),
    "a quoted value": (['a=1,b="2",d=3'], "a=1,d=3"),
    "a space in a value": (["a=1,b=2 3,d=4"], "a=1,d=4"),
    "a value that is not ASCII": (["a=1,b=caf\xe9,d=4"], "a=1,d=4"),
    "a key that is not ASCII": (["a=1,caf\xe9=2,d=4"], "a=1,d=4"),
    "a bad property": (["a=1,b=2;c d,d=4"], "a=1,d=4"),
    "an empty property": (["a=1,b=2;,d=4"], "a=1,d=4"),
    "a bad field": (["a=1", "hello", "b=2"], "a=1,b=2"),
    "64 members": (
        [",".join(f"key{number}=value" for number in range(64))],
        ",".join(f"key{number}=value" for number in range(64)),
    ),
    "65 members": (
        [",".join(f"key{number}=value" for number in range(65))],
        ",".join(f"key{number}=value" for number in range(64)),
    ),
    "8192 bytes in one": ([f"a={'0123456789' * 819}"], f"a={'0123456789' * 819}"),
    "8193 bytes in one": ([f"a={'0123456789' * 819}0", "b=1"], "b=1"),
    "8192 bytes in several": (
        [f"a={'0' * 4093}", f"b={'1' * 4094}"], f"a={'0' * 4093},b={'1' * 4094}",
    ),
    "more than 8192 bytes in several": (
        [f"a={'0' * 4093}", f"b={'1' * 4095}", "c=2"], f"a={'0' * 4093},c=2",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("values", "sent_on"), SENT_ON.values(), ids=SENT_ON.keys())
def test_3_2_baggage_goes_on_as_it_was_meant(service: Service, values: list[str], sent_on: str) -> None:
    hop = service.hop(GOOD, *(("baggage", value) for value in values))
    assert hop.baggage == sent_on
    assert (hop.outcome, hop.parent) == ("continued", f"{TRACE}-{PARENT}")


# Properties keep the white space that came with them: what they mean is their owner's business.
@pytest.mark.parametrize(
    "value",
    [
        "SomeKey \t = \t SomeValue \t ; \t SomeProp",
        "SomeKey \t = \t SomeValue \t ; \t SomeProp \t ; \t SecondProp \t = \t PropValue",
        "SomeKey \t = \t SomeValue \t ; \t SomeProp \t , \t Key2 \t = \t Value2 \t ; \t P \t = \t V \t ",
    ],
)
def test_3_2_white_space_around_properties_is_no_mistake(service: Service, value: str) -> None:
    sent_on = service.hop(GOOD, ("baggage", value)).baggage
    assert "".join(sent_on.split()) == "".join(value.split())


@pytest.mark.parametrize("name", ["baggage", "Baggage", "BAGGAGE", "bAgGaGe"])
def test_3_1_the_name_has_no_case(service: Service, name: str) -> None:
    assert service.hop(GOOD, (name, "a=1")).baggage == "a=1"


@pytest.mark.parametrize("value", ["", " ", ",", ", ,", "hello", "b c=1", "=", ";", ";=,;"])
def test_3_2_nothing_usable_is_not_sent_on(service: Service, value: str) -> None:
    hop = service.hop(GOOD, ("baggage", value))
    assert (hop.parent, hop.baggage, "baggage" in hop.fields) == (f"{TRACE}-{PARENT}", "", False)


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ([], "absent"),
        ([("traceparent", "hello")], "malformed"),
        ([GOOD, GOOD], "malformed"),
        ([GOOD, ("tracestate", "hello")], "continued"),
    ],
    ids=["no traceparent", "a malformed traceparent", "two traceparents", "a malformed tracestate"],
)
def test_3_3_baggage_does_without_a_trace(
    service: Service, lines: list[tuple[str, str]], outcome: str
) -> None:
    hop = service.hop(*lines, ("baggage", "a=1"), ("baggage", "b=2"))
    assert (hop.baggage, hop.outcome) == ("a=1,b=2", outcome)


def test_3_3_baggage_is_sent_on_with_every_call_sampled_or_not(service: Service) -> None:
    for flags in ("00", "01"):
        hop = service.hop(("traceparent", f"00-{TRACE}-{PARENT}-{flags}"), ("baggage", "a=1;p,b=2"), calls=3)
        assert [dict(lines)["baggage"] for lines in hop.requests] == ["a=1;p,b=2"] * 3


def test_what_was_left_out_is_told_as_a_number_and_not_as_text(service: Service) -> None:
    hop = service.hop(GOOD, ("baggage", "a=1,b=secret text,hello,c=3"))
    assert hop.told("problems") == ["baggage: 2 left out"]
