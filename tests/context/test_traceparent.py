"""traceparent, rule by rule (W3C Trace Context Level 2, section 3.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.context import traceparent

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
VALID = f"00-{TRACE}-{SPAN}-01"

bits_128 = st.integers(1, 2**128 - 1)
bits_64 = st.integers(1, 2**64 - 1)


def test_version_00_has_55_characters_that_say_trace_parent_and_flags() -> None:
    assert traceparent.read([VALID]) == (int(TRACE, 16), int(SPAN, 16), 1)


@pytest.mark.parametrize("rest", ["", "-", "-what-the-future-will-be-like", "-=?ü"])
def test_3_2_4_a_higher_version_is_read_as_00_alone_or_before_a_dash(rest: str) -> None:
    for version in range(0x01, 0xFF):
        value = f"{version:02x}-{TRACE}-{SPAN}-01{rest}"
        assert traceparent.read([value]) == (int(TRACE, 16), int(SPAN, 16), 1), value


@pytest.mark.parametrize(
    ("section", "value"),
    [
        ("3.2.2.1 version ff is invalid", f"ff-{TRACE}-{SPAN}-01"),
        ("3.2.2.1 version ff is invalid", f"ff-{TRACE}-{SPAN}-01-more"),
        ("3.2.2.1 version is lower-case hex", f"CC-{TRACE}-{SPAN}-01"),
        ("3.2.2.1 version is hex", f".0-{TRACE}-{SPAN}-01"),
        ("3.2.2.1 version is hex", f"0.-{TRACE}-{SPAN}-01"),
        ("3.2.2.1 version has two digits", f"0-{TRACE}-{SPAN}-01"),
        ("3.2.2.1 version has two digits", f"000-{TRACE}-{SPAN}-01"),
        ("3.2.2.1 version has two digits", f"0000-{TRACE}-{SPAN}-01"),
        ("3.2.2.1 version comes first", f"-{TRACE}-{SPAN}-01"),
        ("3.2.2.2 version 00 has nothing behind it", f"{VALID}-what-the-future-will-be-like"),
        ("3.2.2.2 version 00 has nothing behind it", f"{VALID}."),
        ("3.2.2.2 version 00 has nothing behind it", f"{VALID}-"),
        ("3.2.4 a higher version is followed by a dash", f"cc-{TRACE}-{SPAN}-01.what-the-future"),
        ("3.2.4 a higher version has 55 characters", f"cc-{TRACE}-{SPAN}-0"),
        ("3.2.4 a higher version has 55 characters", f"cc-{TRACE}-{SPAN}"),
        ("3.2.2.3 trace-id is not zero", f"00-{'0' * 32}-{SPAN}-01"),
        ("3.2.2.3 trace-id is not zero", f"cc-{'0' * 32}-{SPAN}-01"),
        ("3.2.2.3 trace-id is lower-case hex", f"00-{TRACE.upper()}-{SPAN}-01"),
        ("3.2.2.3 trace-id is hex", f"00-.{TRACE[1:]}-{SPAN}-01"),
        ("3.2.2.3 trace-id is hex", f"00-{TRACE[:-1]}.-{SPAN}-01"),
        ("3.2.2.3 trace-id is of ASCII digits", f"00-{TRACE[:-1]}٣-{SPAN}-01"),
        ("3.2.2.3 trace-id is no Python number", f"00-0x{TRACE[2:]}-{SPAN}-01"),
        ("3.2.2.3 trace-id is no Python number", f"00-{TRACE[:5]}_{TRACE[6:]}-{SPAN}-01"),
        ("3.2.2.3 trace-id has 32 digits", f"00-{TRACE}0-{SPAN}-01"),
        ("3.2.2.3 trace-id has 32 digits", f"00-{TRACE[:-1]}-{SPAN}-01"),
        ("3.2.2.3 trace-id has 32 digits", f"00-{TRACE[:16]}-{SPAN}-01"),
        ("3.2.2.4 parent-id is not zero", f"00-{TRACE}-{'0' * 16}-01"),
        ("3.2.2.4 parent-id is lower-case hex", f"00-{TRACE}-{SPAN.upper()}-01"),
        ("3.2.2.4 parent-id is hex", f"00-{TRACE}-.{SPAN[1:]}-01"),
        ("3.2.2.4 parent-id is hex", f"00-{TRACE}-{SPAN[:-1]}.-01"),
        ("3.2.2.4 parent-id has 16 digits", f"00-{TRACE}-{SPAN}0-01"),
        ("3.2.2.4 parent-id has 16 digits", f"00-{TRACE}-{SPAN[:-1]}-01"),
        ("3.2.2.5 trace-flags are hex", f"00-{TRACE}-{SPAN}-.0"),
        ("3.2.2.5 trace-flags are hex", f"00-{TRACE}-{SPAN}-0."),
        ("3.2.2.5 trace-flags are lower-case hex", f"00-{TRACE}-{SPAN}-0A"),
        ("3.2.2.5 trace-flags have two digits", f"00-{TRACE}-{SPAN}-001"),
        ("3.2.2.5 trace-flags have two digits", f"00-{TRACE}-{SPAN}-1"),
        ("3.2.2.5 trace-flags are there", f"00-{TRACE}-{SPAN}-"),
        ("3.2.2 nothing is around it", f"{VALID}\n"),
        ("3.2.2 nothing is around it", f"\n{VALID}"),
        ("3.2.2 nothing is around it", f"cc-{TRACE}-{SPAN}-01\n"),
        ("3.2.2 nothing is around it", f"cc-{TRACE}-{SPAN}-01-more\n"),
        ("3.2.2 nothing is around it", f"{VALID}\x00"),
        ("3.2.2 nothing is around it", f'"{VALID}"'),
        ("3.2.2 dashes are dashes", f"00_{TRACE}_{SPAN}_01"),
        ("3.2.2 dashes are dashes", f"00{TRACE}{SPAN}01"),
        ("3.2.2 it is one value", f"{VALID},{VALID}"),
        ("3.2.2 it is one value", f"{VALID}, 00-{TRACE}-{SPAN}-00"),
        ("3.2.2 it is one value", f"{VALID},"),
        ("3.2.2 it is one value", f",{VALID}"),
        ("3.2.2 it is not empty", ""),
    ],
)
def test_what_is_not_of_the_grammar_is_ignored_and_the_reason_repeats_none_of_it(
    section: str, value: str
) -> None:
    reason = traceparent.read([value])
    assert isinstance(reason, str), section
    assert TRACE[4:] not in reason


@pytest.mark.parametrize("other", [VALID, f"00-{TRACE}-{SPAN}-00", "", "garbage"])
def test_3_2_two_fields_are_none_whatever_they_say(other: str) -> None:
    assert isinstance(traceparent.read([VALID, other]), str)
    assert isinstance(traceparent.read([other, VALID]), str)


def test_3_2_2_5_the_two_flags_are_kept_both_ways_and_the_others_are_zero_in_what_is_written() -> None:
    for flags in range(0x100):
        known = flags & 0b11
        assert traceparent.read([f"00-{TRACE}-{SPAN}-{flags:02x}"]) == (int(TRACE, 16), int(SPAN, 16), known)
        assert traceparent.write(int(TRACE, 16), int(SPAN, 16), flags) == f"00-{TRACE}-{SPAN}-{known:02x}"


@given(bits_128, bits_64, st.integers(0, 255))
def test_what_is_written_is_55_characters_of_version_00_and_reads_the_same(
    trace_id: int, span_id: int, flags: int
) -> None:
    written = traceparent.write(trace_id, span_id, flags)
    version, trace, span, byte = written.split("-")
    assert (version, len(trace), len(span), len(byte)) == ("00", 32, 16, 2)
    assert set(trace + span + byte) <= set("0123456789abcdef")
    assert traceparent.read([written]) == (trace_id, span_id, flags & 0b11)


@given(st.lists(st.text() | st.text("0123456789abcdef-", max_size=60), min_size=1, max_size=3))
def test_no_text_makes_reading_raise(values: list[str]) -> None:
    read = traceparent.read(values)
    assert isinstance(read, str) or (read[0] > 0 and read[1] > 0 and read[2] <= 3)
