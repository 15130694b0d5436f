"""What is kept, in how much memory."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from weft.analyse.clocks.record import Limits, Record

times = st.integers(0, 2**64)
limits = st.tuples(times, st.none() | st.integers(-1000, 0), st.none() | st.integers(0, 1000))


def kept(entries: list[tuple[int, int | None, int | None]]) -> tuple[list[Limits], list[Limits]]:
    record = Record(0)
    for entry in entries:
        record.add(*entry)
    return list(record.narrowest()), list(record.extremes())


def test_the_narrowest_limits_of_each_second_are_kept() -> None:
    second = 1 << 30
    entries = [(second * number + each, -each, each) for number in range(3) for each in range(1, 100)]
    narrowest, _ = kept(entries)
    assert [(at_ns // second, limit.slack_ns) for limit in narrowest for at_ns in [limit.at_ns]] == [
        (number, 2 * each) for number in range(3) for each in range(1, 5)
    ]


def test_limits_of_one_side_are_kept_where_they_are_the_tightest() -> None:
    _, extremes = kept([(1, None, 50), (2, None, 40), (3, -7, None), (4, -9, None)])
    assert extremes == [Limits(2, None, 40), Limits(3, -7, None)]


def test_memory_is_bounded_however_long_the_time() -> None:
    narrowest, extremes = kept([(number * 10**12, -number, 1) for number in range(5000)])
    assert 256 <= len(narrowest) + len(extremes) <= 256 * 6


@settings(max_examples=50)
@given(st.lists(limits, max_size=40), st.integers(0, 5), st.randoms(use_true_random=False))
def test_what_is_kept_does_not_depend_on_the_order(
    entries: list[tuple[int, int | None, int | None]], many: int, chance: random.Random
) -> None:
    entries = entries + [(number << 33, -1, 1) for number in range(many * 100)]
    shuffled = entries.copy()
    chance.shuffle(shuffled)
    assert kept(entries) == kept(shuffled)
