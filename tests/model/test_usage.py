"""Usage is added up at once as it is one after the other."""

import math

from hypothesis import given
from hypothesis import strategies as st

from weft.model.usage import NO_USAGE, Usage, total
from weft.model.work import Tokens

COUNTS = st.integers(0, 10**6)
USAGES = st.builds(
    Usage,
    st.builds(Tokens, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS),
    st.none() | st.floats(0, 100),
    st.integers(0, 5),
)


@given(st.lists(USAGES, max_size=8))
def test_a_total_is_what_adding_one_after_the_other_gives(parts: list[Usage]) -> None:
    added = sum(parts, NO_USAGE)

    found = total(parts)

    assert (found.tokens, found.unpriced) == (added.tokens, added.unpriced)
    assert (found.cost is None) == (added.cost is None)
    assert math.isclose(found.cost or 0, added.cost or 0)
