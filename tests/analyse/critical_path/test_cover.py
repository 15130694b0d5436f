"""The cover of a span is the nearest span above that does not end before it."""

from hypothesis import given
from hypothesis import strategies as st

from weft.analyse.critical_path.cover import covers


def plainly(parents: list[int], ends: list[int], index: int) -> int:
    above = parents[index]
    while above >= 0 and ends[above] < ends[index]:
        above = parents[above]
    return above


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 20)), min_size=1, max_size=80))
def test_it_is_what_climbing_step_by_step_finds(rows: list[tuple[int, int]]) -> None:
    parents = [-1] + [choice % index for index, (choice, _) in enumerate(rows) if index]
    ends = [end for _, end in rows]

    found = covers(parents, ends)

    assert found == [plainly(parents, ends, index) for index in range(len(rows))]


def test_many_late_leaves_below_a_deep_chain_are_climbed_from_in_few_steps() -> None:
    deep, wide = 3_000, 3_000
    ends = [deep - index for index in range(deep)] + [deep * 2] * wide
    parents = list(range(-1, deep - 1)) + [deep - 1] * wide
    looked = 0

    class Counted(list[int]):
        def __getitem__(self, index: object) -> int:  # type: ignore[override]
            nonlocal looked
            looked += 1
            return super().__getitem__(index)  # type: ignore[call-overload, no-any-return]

    assert set(covers(parents, Counted(ends))[deep:]) == {-1}
    assert looked < (deep + wide) * 60
