"""What all requests hold together has a bound."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.receive.budget import ByteBudget
from weft.receive.intake import Overloaded


def test_what_is_over_the_limit_is_refused_and_changes_nothing() -> None:
    budget = ByteBudget(10)
    with budget.share() as one, budget.share() as two:
        one.resize(6)
        two.resize(4)
        with pytest.raises(Overloaded):
            two.resize(5)
        assert (one.held, two.held, budget.held) == (6, 4, 10)
        one.resize(5)
        two.resize(5)
    assert budget.held == 0


def test_the_only_one_may_hold_more_than_the_limit_at_once() -> None:
    """Otherwise a body larger than the budget would be told to come again for ever."""
    budget = ByteBudget(10)
    with budget.share() as share:
        share.resize(25)
        with budget.share() as other, pytest.raises(Overloaded):
            other.resize(1)
    assert budget.held == 0


def test_a_share_is_given_back_when_its_request_fails() -> None:
    budget = ByteBudget(10)

    def fail() -> None:
        with budget.share() as share:
            share.resize(7)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert budget.held == 0


@given(sizes=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 15)), max_size=30))
def test_the_budget_knows_what_its_shares_hold(sizes: list[tuple[int, int]]) -> None:
    budget = ByteBudget(20)
    with budget.share() as a, budget.share() as b, budget.share() as c, budget.share() as d:
        shares = (a, b, c, d)
        for which, size in sizes:
            before = shares[which].held
            try:
                shares[which].resize(size)
            except Overloaded:
                assert size > before
                assert budget.held - before + size > 20
                assert shares[which].held == before
            assert budget.held == sum(share.held for share in shares) <= 20
    assert budget.held == 0


def test_many_threads_do_not_confuse_it() -> None:
    budget = ByteBudget(1 << 40)

    def work() -> None:
        for size in range(300):
            with budget.share() as share:
                share.resize(size)
                share.resize(size // 2)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budget.held == 0
