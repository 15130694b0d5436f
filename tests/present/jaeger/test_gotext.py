"""Go's words for numbers, durations and times. The expected texts and numbers were printed by Go 1.26."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.present.jaeger import gotext

NINES = "9" * 20
OVERFLOW = "9223372036854775808ns9223372036854775.999us"
INT64 = st.integers(-(2**63), 2**63 - 1)


@pytest.mark.parametrize(
    ("text", "bits", "number"),
    [
        ("5", 64, 5),
        ("-5", 64, -5),
        ("+5", 64, 5),
        ("0" * 9000 + "1", 64, 1),
        ("9223372036854775807", 64, 2**63 - 1),
        ("-9223372036854775808", 64, -(2**63)),
        ("2147483647", 32, 2**31 - 1),
        ("-2147483648", 32, -(2**31)),
    ],
)
def test_decimal_numbers_are_read(text: str, bits: int, number: int) -> None:
    assert gotext.parse_int(text, bits) == number


@pytest.mark.parametrize(
    ("text", "bits", "message"),
    [
        ("", 64, 'strconv.ParseInt: parsing "": invalid syntax'),
        ("-", 64, 'strconv.ParseInt: parsing "-": invalid syntax'),
        ("1_0", 64, 'strconv.ParseInt: parsing "1_0": invalid syntax'),
        (" 5", 64, 'strconv.ParseInt: parsing " 5": invalid syntax'),
        ("5.0", 64, 'strconv.ParseInt: parsing "5.0": invalid syntax'),
        ("٣", 64, 'strconv.ParseInt: parsing "٣": invalid syntax'),
        ('é"\\\n\x00', 64, r'strconv.ParseInt: parsing "é\"\\\n\x00": invalid syntax'),
        ("\u200b\U000e0001", 64, r'strconv.ParseInt: parsing "\u200b\U000e0001": invalid syntax'),
        ("9223372036854775808", 64, 'strconv.ParseInt: parsing "9223372036854775808": value out of range'),
        (
            f"{NINES}x",
            64,
            f'strconv.ParseInt: parsing "{NINES}x": value out of range',
        ),
        ("2147483648", 32, 'strconv.ParseInt: parsing "2147483648": value out of range'),
        ("4294967296x", 32, 'strconv.ParseInt: parsing "4294967296x": value out of range'),
    ],
)
def test_what_is_no_number_is_said_in_gos_words(text: str, bits: int, message: str) -> None:
    with pytest.raises(ValueError, match=r"strconv") as raised:
        gotext.parse_int(text, bits)
    assert str(raised.value) == message


@given(INT64)
def test_every_64_bit_number_is_read_back(number: int) -> None:
    assert gotext.parse_int(str(number)) == number


@pytest.mark.parametrize("text", ["1", "t", "T", "true", "TRUE", "True"])
def test_go_has_six_words_for_true(text: str) -> None:
    assert gotext.parse_bool(text) is True


@pytest.mark.parametrize("text", ["0", "f", "F", "false", "FALSE", "False"])
def test_go_has_six_words_for_false(text: str) -> None:
    assert gotext.parse_bool(text) is False


@pytest.mark.parametrize("text", ["", "yes", "tRUE"])
def test_other_words_are_no_truth_value(text: str) -> None:
    with pytest.raises(ValueError, match=f'^strconv.ParseBool: parsing "{text}": invalid syntax$'):
        gotext.parse_bool(text)


@pytest.mark.parametrize(
    ("text", "duration_ns"),
    [
        ("0", 0),
        ("-0", 0),
        ("20s", 20_000_000_000),
        ("1h2m3.5s", 3_723_500_000_000),
        ("-1.5h", -5_400_000_000_000),
        (".5ms", 500_000),
        ("5.us", 5_000),
        ("1.9ns", 1),
        ("3\u00b5s", 3_000),
        ("3\u03bcs", 3_000),
        ("0" * 9000 + "1s", 1_000_000_000),
        ("0.33333333333333333333333h", 1_200_000_000_000),
        ("9223372036854775807ns", 2**63 - 1),
        ("-9223372036854775808ns", -(2**63)),
        ("9223372036854775808ns9223372036854775808ns", 0),
    ],
)
def test_durations_are_read(text: str, duration_ns: int) -> None:
    assert gotext.parse_duration(text) == duration_ns


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'time: invalid duration ""'),
        ("-", 'time: invalid duration "-"'),
        (".s", 'time: invalid duration ".s"'),
        ("s", 'time: invalid duration "s"'),
        ("20", 'time: missing unit in duration "20"'),
        ("1.5.s", 'time: missing unit in duration "1.5.s"'),
        ("1x", 'time: unknown unit "x" in duration "1x"'),
        ("1S", 'time: unknown unit "S" in duration "1S"'),
        ("1 s", 'time: unknown unit " s" in duration "1 s"'),
        ("1\u00e9", r'time: unknown unit "\xc3\xa9" in duration "1\xc3\xa9"'),
        ('1"\\\t', r'time: unknown unit "\"\\\x09" in duration "1\"\\\x09"'),
        ("9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"'),
        ("9999999999999999999999s", 'time: invalid duration "9999999999999999999999s"'),
        ("2562048h", 'time: invalid duration "2562048h"'),
        (OVERFLOW, f'time: invalid duration "{OVERFLOW}"'),
    ],
)
def test_what_is_no_duration_is_said_in_gos_words(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"time") as raised:
        gotext.parse_duration(text)
    assert str(raised.value) == message


@given(st.text() | st.from_regex(r"[-+]?([0-9]{0,22}\.?[0-9]{0,22}([nuµm]?s|m|h|x)?){0,3}", fullmatch=True))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    try:
        duration_ns = gotext.parse_duration(text)
    except ValueError:
        return
    assert -(2**63) <= duration_ns < 2**63


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (0, "0s"),
        (100, "100ns"),
        (1_500, "1.5µs"),
        (1_500_000, "1.5ms"),
        (-2_300_000_000, "-2.3s"),
        (60_000_000_000, "1m0s"),
        (3_723_000_000_000, "1h2m3s"),
        (-(2**63), "-2562047h47m16.854775808s"),
    ],
)
def test_durations_are_written(duration_ns: int, text: str) -> None:
    assert gotext.format_duration(duration_ns) == text


@given(INT64)
def test_a_duration_that_was_written_is_read_back(duration_ns: int) -> None:
    assert gotext.parse_duration(gotext.format_duration(duration_ns)) == duration_ns


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (0, "1970-01-01 00:00:00 +0000 UTC"),
        (1_700_000_000_123_456_000, "2023-11-14 22:13:20.123456 +0000 UTC"),
        (2**63 - 1, "2262-04-11 23:47:16.854775807 +0000 UTC"),
    ],
)
def test_times_are_written(time_ns: int, text: str) -> None:
    assert gotext.format_time(time_ns) == text


def test_bytes_that_are_not_utf_8_are_quoted_one_by_one() -> None:
    assert gotext.quote(b"a\xff\xc3") == r'"a\xff\xc3"'
