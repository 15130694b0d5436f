"""Durations, counts and moments in words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.model.usage import Usage
from weft.present.terminal.quantity import ago, cost, count, duration, moment

S = 1_000_000_000


@pytest.mark.parametrize(
    ("ns", "words"),
    [
        (0, "0"),
        (1, "1 ns"),
        (999, "999 ns"),
        (1_000, "1.00 µs"),
        (9_994, "9.99 µs"),
        (9_995, "10.0 µs"),
        (99_949, "99.9 µs"),
        (99_950, "100 µs"),
        (999_499, "999 µs"),
        (999_500, "1.00 ms"),
        (842_000_000, "842 ms"),
        (1_240_000_000, "1.24 s"),
        (59_940_000_000, "59.9 s"),
        (59_950_000_000, "1 min 00 s"),
        (123 * S, "2 min 03 s"),
        (3_599 * S + S // 2, "1 h 00 min"),
        (5 * 3_600 * S + 7 * 60 * S, "5 h 07 min"),
        (48 * 3_600 * S, "2 days"),
        (400_000 * 86_400 * S, "400,000 days"),
        (-1_500_000, "-1.50 ms"),
    ],
)
def test_a_duration_has_three_digits_and_a_unit(ns: int, words: str) -> None:
    assert duration(ns) == words


@given(st.integers(1, 59 * S))
def test_a_short_duration_is_true_to_half_a_percent(ns: int) -> None:
    match = re.fullmatch(r"(\d+(?:\.\d+)?) (ns|µs|ms|s)", duration(ns))
    assert match
    said = float(match[1]) * {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9}[match[2]]
    assert abs(said - ns) <= 0.0051 * ns


@given(st.integers(-(2**70), 2**70))
def test_every_duration_fits_a_column(ns: int) -> None:
    assert len(duration(ns)) <= 24


def test_a_count_agrees_with_its_noun() -> None:
    assert [count(n, "span") for n in (0, 1, 2, 12_345)] == ["0 spans", "1 span", "2 spans", "12,345 spans"]


def test_a_moment_is_local_time() -> None:
    assert moment(1_795_615_402_999_999_999) == "2026-11-25 14:03:22"


def test_a_moment_beyond_the_calendar_is_a_number() -> None:
    assert moment(10**30) == f"{10**30:,} ns"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "now"),
        (0, "now"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (3_600, "1 h ago"),
        (86_400, "1 day ago"),
        (172_800, "2 days ago"),
    ],
)
def test_how_long_ago(seconds: int, words: str) -> None:
    assert ago(1_000_000 * S, (1_000_000 + seconds) * S) == words


@pytest.mark.parametrize(
    ("known", "unpriced", "said"),
    [(None, 0, ""), (None, 2, "unknown"), (1.2, 0, "$1.20"), (1.2, 2, "at least $1.20"), (0.0, 0, "$0.00")],
)
def test_a_cost_says_how_far_it_is_known(known: float | None, unpriced: int, said: str) -> None:
    assert cost(Usage(cost=known, unpriced=unpriced)) == said
