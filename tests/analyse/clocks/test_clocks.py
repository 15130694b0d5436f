"""The clocks as they are kept, and as the list of numbers that is written."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analyse.clocks.test_learner import traces_of
from tests.analyse.clocks.world import MS, US, S, World, drift, off, right, steps
from tests.analyse.traces import EPOCH_NS

from weft.analyse.clocks.clocks import NO_CLOCKS, Clocks
from weft.analyse.clocks.learner import learn
from weft.analyse.clocks.link import Place
from weft.analyse.clocks.window import Window
from weft.model.shape import ShapeError

WORLD = World({"a": right, "b": drift(8, 2 * MS), "c": off(-5 * MS), "d": right})
CLOCKS = learn(traces_of(WORLD, ("a", "b"), ("c", "b"), ("d", "a")))


def of_pair(clocks: Clocks, one: str, other: str) -> list[Window]:
    return [each for each in clocks.windows() if (each.from_host, each.to_host) == (one, other)]


def test_a_window_has_the_fields_of_the_report() -> None:
    fields = list(CLOCKS.windows()[0].to_json())
    assert fields[:6] == ["from_host", "to_host", "offset_ns", "bound_ns", "from_ns", "until_ns"]


@pytest.mark.parametrize("pair", [("a", "b"), ("b", "a"), ("a", "c"), ("d", "c"), ("a", "d")])
def test_at_every_time_of_a_window_the_truth_is_within_its_bound(pair: tuple[str, str]) -> None:
    found = of_pair(CLOCKS, *pair)
    for window in found:
        for at_ns in (window.from_ns, (window.from_ns + window.until_ns) // 2, window.until_ns):
            truth = WORLD.offset(*pair, at_ns - EPOCH_NS)
            assert abs(window.offset_ns - truth) <= window.bound_ns
    near = [abs(each.offset_ns - WORLD.offset(*pair, each.from_ns - EPOCH_NS)) for each in found]
    assert max(near[: len(near) // 2]) < 50 * US


@pytest.mark.parametrize("pair", [("a", "b"), ("c", "a"), ("a", "d")])
def test_windows_follow_each_other_for_twice_the_time_of_the_evidence(pair: tuple[str, str]) -> None:
    found = of_pair(CLOCKS, *pair)
    assert all(one.until_ns == other.from_ns for one, other in pairwise(found))
    assert 110 * S < found[-1].until_ns - found[0].from_ns <= 120 * S
    assert len(found) <= 80


def test_a_window_says_how_fast_the_difference_grows() -> None:
    assert {round(each.drift_ppb, -3) for each in of_pair(CLOCKS, "a", "b")} == {8000}
    assert {each.drift_ppb for each in of_pair(CLOCKS, "a", "d")} == {0}


def test_a_clock_that_was_set_has_a_window_before_and_one_after() -> None:
    world = World({"a": right, "b": steps((0, 2 * MS), (30, 9 * MS))})
    found = of_pair(learn(traces_of(world, ("a", "b"))), "a", "b")
    before = [each for each in found if each.until_ns < EPOCH_NS + 29 * S]
    after = [each for each in found if each.from_ns > EPOCH_NS + 31 * S]
    assert before
    assert after
    assert all(each.offset_ns == pytest.approx(2 * MS, abs=0.1 * MS) for each in before)
    assert all(each.offset_ns == pytest.approx(9 * MS, abs=0.1 * MS) for each in after)


def test_all_pairs_of_few_hosts_are_listed_and_of_many_those_that_met() -> None:
    few = {(each.from_host, each.to_host) for each in CLOCKS.windows()}
    assert few == {(one, other) for one in "abcd" for other in "abcd" if one != other}
    hosts = {f"h{number}": Place(0) for number in range(65)}
    many = Clocks(hosts, {}, frozenset({("h0", "h1"), ("h1", "h0")}), 0, 1)
    assert {(each.from_host, each.to_host) for each in many.windows()} == {("h0", "h1"), ("h1", "h0")}


def test_no_clocks_have_no_windows() -> None:
    assert NO_CLOCKS.windows() == []


def test_what_is_written_is_read_back() -> None:
    written = json.loads(json.dumps(CLOCKS.to_json()))
    assert Clocks.from_json(written).to_json() == CLOCKS.to_json()
    assert Clocks.from_json(written).windows() == CLOCKS.windows()


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] * bool(at) + [path for key, each in inner for path in paths(each, (*at, key))]


@given(
    st.sampled_from(paths(CLOCKS.to_json())),
    st.sampled_from([None, "x", -1, 1.5, 1e999, float("nan"), True, [], {}, [1], [["a", "b"]], 2**70]),
)
def test_clocks_from_elsewhere_are_refused_or_usable(path: tuple[Any, ...], value: object) -> None:
    written = json.loads(json.dumps(CLOCKS.to_json()))
    inner = written
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    try:
        clocks = Clocks.from_json(written)
    except ShapeError:
        return
    clocks.windows()
    clocks.offset("a", "c", EPOCH_NS)
