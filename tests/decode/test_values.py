"""A value as text and a code is the same value, whatever it was."""

import base64
import json
import math
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from tests import otlp
from tests.decode.requests import field, value_from, values

from weft.decode.values import texts
from weft.model.values import restore


def told(*given: AnyValue | None) -> list[tuple[str, str]]:
    """Each value's text and code."""
    text, codes = texts(values(*given))
    return list(zip(text.to_pylist(), map(chr, codes.tolist()), strict=True))


def value(**kind: Any) -> AnyValue:
    return AnyValue(**kind)


def array(*items: AnyValue) -> AnyValue:
    made = AnyValue()
    made.array_value.SetInParent()
    made.array_value.values.extend(items)
    return made


def mapping(**items: AnyValue) -> AnyValue:
    made = AnyValue()
    made.kvlist_value.SetInParent()
    for key, item in items.items():
        made.kvlist_value.values.add(key=key, value=item)
    return made


def nested(levels: int) -> AnyValue:
    made = value(int_value=1)
    for _ in range(levels):
        made = array(made)
    return made


@pytest.mark.parametrize(
    ("given", "text", "code"),
    [
        (value(string_value="text"), "text", "s"),
        (value(string_value=""), "", "s"),
        (value(string_value="\x00 é 🦜 \u2028"), "\x00 é 🦜 \u2028", "s"),
        (value(bool_value=True), "true", "b"),
        (value(bool_value=False), "false", "b"),
        (value(int_value=0), "0", "i"),
        (value(int_value=-(2**63)), "-9223372036854775808", "i"),
        (value(int_value=2**63 - 1), "9223372036854775807", "i"),
        (value(double_value=0.5), "0.5", "d"),
        (value(bytes_value=b""), "", "x"),
        (value(bytes_value=b"\x00\xff"), "AP8=", "x"),
        (array(), "[]", "j"),
        (array(value(string_value="é"), value(int_value=2**60)), '["é",1152921504606846976]', "j"),
        (array(value(double_value=1.0), AnyValue()), "[1.0,null]", "j"),
        (mapping(), "{}", "j"),
        (mapping(a=array(), b=mapping(c=value(int_value=1))), '{"a":[],"b":{"c":1}}', "j"),
        (AnyValue(), "", "e"),
        (None, "", "n"),
    ],
    ids=str,
)  # fmt: skip
def test_a_value_is_text_that_a_person_reads_and_a_code(given: AnyValue | None, text: str, code: str) -> None:
    assert told(given) == [(text, code)]
    among = told(value(string_value="before"), given, value(int_value=7), given, None)
    assert among == [("before", "s"), (text, code), ("7", "i"), (text, code), ("", "n")]


@pytest.mark.parametrize(
    "given",
    [
        array(value(bytes_value=b"\xff")),
        array(value(double_value=math.nan)),
        mapping(a=value(double_value=-math.inf)),
    ],
    ids=str,
)
def test_what_plain_json_cannot_say_is_otlp_json(given: AnyValue) -> None:
    [(text, code)] = told(given)
    assert code == "p"
    assert otlp.plain(ParseDict(json.loads(text), AnyValue())) == otlp.plain(given)


def test_a_repeated_key_and_a_key_without_a_value_are_kept() -> None:
    twice, without = mapping(a=value(int_value=1)), mapping()
    twice.kvlist_value.values.add(key="a").value.int_value = 2
    without.kvlist_value.values.add(key="a")
    for kept in (twice, without):
        [(text, code)] = told(kept)
        assert code == "p"
        assert otlp.plain(ParseDict(json.loads(text), AnyValue())) == otlp.plain(kept)


def test_what_is_nested_beyond_a_parser_is_kept_as_bytes() -> None:
    assert told(nested(2))[0][1] == "j"
    assert told(nested(40))[0][1] in "jr"
    body = b""
    for _ in range(5000):  # deeper than any protobuf library builds it
        body = field(5, field(1, body))
    parsed = value_from(body)
    text, codes = texts(parsed)
    assert chr(codes[0]) == "r"
    assert base64.b64decode(text[0].as_py()) == body


@pytest.mark.parametrize("inner", [b"\x0a\x01\xff", b"\xff", b"\x0a\x05x", b"\x0b" * 2000])
def test_a_nested_value_that_no_parser_reads_is_kept_as_bytes(inner: bytes) -> None:
    """The parser does not look into arrays: what it lets in must neither be lost nor be fatal."""
    body = field(5, field(1, inner))
    text, codes = texts(value_from(body))
    assert (base64.b64decode(text[0].as_py()), chr(codes[0])) == (body, "r")


relaxed = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@relaxed
@given(given=st.lists(st.none() | otlp.values, max_size=8))
@example(given=[None])
@example(given=[None, value(string_value="x")])
def test_text_and_code_are_the_value(given: list[AnyValue | None]) -> None:
    for one, (text, code) in zip(given, told(*given), strict=True):
        assert again(text, code) == (None if one is None else otlp.plain(one))


def again(text: str, code: str) -> Any:
    """The comparable form of a stored value, read by other code than the product's."""
    match code:
        case "s":
            return "string_value", text
        case "b":
            return "bool_value", {"true": True, "false": False}[text]
        case "i":
            return "int_value", int(text)
        case "d":
            return otlp.plain(value(double_value=float(text)))
        case "x":
            return "bytes_value", base64.b64decode(text, validate=True)
        case "j":
            return plain_json(json.loads(text))
        case "p":
            return otlp.plain(ParseDict(json.loads(text), AnyValue()))
        case "r":
            return otlp.plain(AnyValue.FromString(base64.b64decode(text)))
        case "e":
            return (None,)
    assert code == "n"
    return None


def plain_json(found: Any) -> Any:
    match found:
        case None:
            return (None,)
        case list():
            return "array_value", [plain_json(item) for item in found]
        case dict():
            return "kvlist_value", [(key, plain_json(item)) for key, item in found.items()]
        case float():
            return otlp.plain(value(double_value=found))
        case bool() | str() | int():
            return {bool: "bool_value", str: "string_value", int: "int_value"}[type(found)], found
    raise AssertionError(found)


@relaxed
@given(number=st.floats())
@example(number=-0.0)
@example(number=5e-324)
@example(number=1.7976931348623157e308)
@example(number=1e22)
@example(number=0.1 + 0.2)
def test_a_double_comes_back_to_the_bit(number: float) -> None:
    [(text, code)] = told(value(double_value=number))
    found = restore(text, ord(code))
    assert isinstance(found, float)
    assert otlp.plain(value(double_value=found)) == otlp.plain(value(double_value=number))


@relaxed
@given(given=otlp.values)
def test_restore_gives_python_values(given: AnyValue) -> None:
    [(text, code)] = told(given)
    found = restore(text, ord(code))
    match given.WhichOneof("value"):
        case None:
            assert found is None
        case "array_value" | "kvlist_value" as kind:
            assert isinstance(
                found, {"j": list if kind == "array_value" else dict, "p": dict, "r": bytes}[code]
            )
        case kind:
            expected = getattr(given, kind)
            assert type(found) is type(expected)
            assert found == expected or found != found
