"""Attributes as typed key-value pairs."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.model import values as codes
from weft.present.jaeger import tags


def written(text: str, code: int) -> Any:
    return json.loads(tags.pair("key", text, code))


@pytest.mark.parametrize(
    ("text", "code", "kind", "value"),
    [
        ("text", codes.STRING, "string", "text"),
        ("true", codes.BOOL, "bool", True),
        ("false", codes.BOOL, "bool", False),
        ("-5", codes.INT, "int64", -5),
        ("9007199254740991", codes.INT, "int64", 9007199254740991),
        ("9007199254740992", codes.INT, "int64", "9007199254740992"),
        ("-9007199254740992", codes.INT, "int64", "-9007199254740992"),
        ("-9223372036854775808", codes.INT, "int64", "-9223372036854775808"),
        ("0.1", codes.DOUBLE, "float64", 0.1),
        ("1e+300", codes.DOUBLE, "float64", 1e300),
        ("nan", codes.DOUBLE, "float64", "NaN"),
        ("inf", codes.DOUBLE, "float64", "Infinity"),
        ("-inf", codes.DOUBLE, "float64", "-Infinity"),
        ("AP8=", codes.BYTES, "binary", "AP8="),
        ('["a",1]', codes.JSON, "string", '["a",1]'),
        ("KgA=", codes.RAW, "binary", "KgA="),
        ("", codes.EMPTY, "string", ""),
        ("", codes.ABSENT, "string", ""),
    ],
)
def test_a_pair_has_a_key_a_type_and_a_value(text: str, code: int, kind: str, value: Any) -> None:
    pair = written(text, code)
    assert pair == {"key": "key", "type": kind, "value": value}
    assert list(pair) == ["key", "type", "value"]
    assert type(pair["value"]) is type(value)


def test_what_plain_json_cannot_say_is_said_as_well_as_it_can() -> None:
    otlp = {
        "kvlistValue": {
            "values": [
                {"key": "bytes", "value": {"bytesValue": "AP8="}},
                {
                    "key": "numbers",
                    "value": {"arrayValue": {"values": [{"doubleValue": "NaN"}, {"intValue": "3"}]}},
                },
                {"key": "twice", "value": {"boolValue": False}},
                {"key": "twice", "value": {"stringValue": "é"}},
                {"key": "absent"},
                {"value": {"kvlistValue": {}}},
                {"key": "empty", "value": {"arrayValue": {}}},
            ]
        }
    }
    pair = written(json.dumps(otlp), codes.OTLP)
    assert pair["type"] == "string"
    assert pair["value"] == (
        '{"bytes":"AP8=","numbers":["NaN",3],"twice":"é","absent":null,"":{},"empty":[]}'
    )


@given(st.text(), st.text())
def test_any_text_is_written_so_that_it_is_read_back(key: str, text: str) -> None:
    assert json.loads(tags.pair(key, text)) == {"key": key, "type": "string", "value": text}


@pytest.mark.parametrize(
    ("text", "code", "ip"),
    [
        (str(1 << 24 | 2 << 16 | 3 << 8 | 4), codes.INT, "1.2.3.4"),
        (str(float(1 << 26 | 2 << 16 | 3 << 8 | 4)), codes.DOUBLE, "4.2.3.4"),
        ("-1", codes.INT, "255.255.255.255"),
        (str(1 << 40 | 7), codes.INT, "0.0.0.7"),
        ("1.2.3.4", codes.STRING, None),
        ("nan", codes.DOUBLE, None),
        ("true", codes.BOOL, None),
    ],
)
def test_a_number_is_an_ip_address(text: str, code: int, ip: str | None) -> None:
    assert tags.dotted_ip(text, code) == ip
