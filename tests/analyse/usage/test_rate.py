"""What tokens cost."""

import pytest

from weft.analyse.usage.rate import FREE, Rate, flat
from weft.model.work import Tokens


def test_a_call_above_a_step_costs_more_for_all_its_tokens() -> None:
    rate = Rate(input=((-1, 1.0), (200, 2.0)), output=flat(4.0))

    assert rate.cost(Tokens(200, 1)) == pytest.approx(204e-6)
    assert rate.cost(Tokens(201, 1)) == pytest.approx(406e-6)


def test_what_has_no_price_of_its_own_costs_what_its_kind_costs() -> None:
    rate = Rate(input=flat(1.0), output=flat(10.0), cache_read=flat(0.5))

    assert rate.cost(Tokens(100, 20, 30, 40, 5)) == pytest.approx((70 + 15 + 200) / 1e6)


def test_parts_that_are_larger_than_the_whole_are_not_taken_off() -> None:
    assert Rate(input=flat(1.0)).cost(Tokens(10, 0, 100)) == pytest.approx(100e-6)


def test_a_call_may_have_a_price_itself() -> None:
    assert Rate(call=0.5).cost(Tokens(1)) == 0.5
    assert FREE.cost(Tokens(10**9, 10**9)) == 0
