"""Clocks that are wrong in known ways, learned from traces."""

import random
from collections.abc import Iterable
from dataclasses import replace
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analyse.clocks.world import MS, US, Clock, Delay, S, World, both, delay, drift, off, right, steps
from tests.analyse.traces import EPOCH_NS, span, trace

from weft.analyse.clocks.clocks import NO_CLOCKS, Clocks
from weft.analyse.clocks.learner import Learner, learn
from weft.analyse.clocks.offset import Offset
from weft.model.span import Span
from weft.model.trace import Trace

NEAR = delay(250 * US, 150 * US)


def two(
    clock: Clock, *, out: Delay = NEAR, back: Delay = NEAR, count: int = 200
) -> tuple[list[Offset], list[float]]:
    """What is learned of a clock from calls during ten minutes, and the truth, at the times of the calls."""
    world = World({"a": right, "b": clock})
    calls = list(world.calls("a", "b", 600, count, out, back))
    clocks = learn(trace for _, trace in calls)
    found = [clocks.offset("a", "b", trace.root.span.start_ns) for _, trace in calls]
    return [each for each in found if each], [world.offset("a", "b", at_ns) for at_ns, _ in calls]


def errors(found: Iterable[Offset], truth: Iterable[float]) -> list[float]:
    return [abs(each.offset_ns - true_ns) for each, true_ns in zip(found, truth, strict=True)]


@pytest.mark.parametrize(
    "clock",
    [
        off(5 * MS),
        off(-30 * S),
        drift(40),
        drift(-2, 3 * MS),
        steps((300, 20 * MS)),
        steps((0, 2 * MS), (200, -1 * MS)),
        both(off(5 * MS), steps((300, 300 * US))),
        both(drift(15), steps((100, -30 * MS), (400, 10 * MS))),
    ],
    ids=["ahead", "behind", "drift", "slow drift", "set", "set back", "set a little", "drift and set twice"],
)
def test_a_clock_is_learned_to_a_fraction_of_the_round_trip(clock: Clock) -> None:
    found, truth = two(clock)
    wrong = errors(found, truth)
    assert len(found) == 200
    assert fmean(wrong) < 30 * US
    assert all(error_ns <= each.bound_ns for error_ns, each in zip(wrong, found, strict=True))
    # Half the fastest round trip is what cause and effect leave, whoever measures.
    assert fmean(each.bound_ns for each in found) < 700 * US
    assert all(each.apart for each, true_ns in zip(found, truth, strict=True) if abs(true_ns) > MS)


@pytest.mark.parametrize("count", [6, 12, 40])
def test_a_clock_that_was_set_is_seen_by_few_calls(count: int) -> None:
    for second in range(60, 600, 60):
        found, truth = two(both(off(5 * MS), steps((second, -100 * MS))), count=count)
        wrong = errors(found, truth)
        assert all(error_ns <= each.bound_ns for error_ns, each in zip(wrong, found, strict=True))
        assert fmean(wrong) < 200 * US


@settings(max_examples=60, deadline=None)
@given(
    offset_ns=st.integers(-20 * MS, 20 * MS),
    ppm=st.floats(-60, 60),
    least=st.tuples(st.integers(0, 5 * MS), st.integers(0, 5 * MS)),
    wait=st.tuples(st.integers(0, 3 * MS), st.integers(0, 3 * MS)),
    count=st.integers(1, 60),
    seed=st.integers(0, 1000),
)
def test_the_truth_is_within_the_bound_whatever_the_delays(
    offset_ns: int, ppm: float, least: tuple[int, int], wait: tuple[int, int], count: int, seed: int
) -> None:
    world = World({"a": right, "b": drift(ppm, offset_ns)}, chance=random.Random(seed))
    out, back = (delay(*each) for each in zip(least, wait, strict=True))
    calls = list(world.calls("a", "b", 60, count, out, back))
    clocks = learn(trace for _, trace in calls)
    for at_ns, made in calls:
        found = clocks.offset("a", "b", made.root.span.start_ns)
        assert found is not None
        assert abs(found.offset_ns - world.offset("a", "b", at_ns)) <= found.bound_ns


def test_asymmetric_ways_are_within_the_bound() -> None:
    found, truth = two(off(5 * MS), out=delay(750 * US, 150 * US), back=NEAR)
    wrong = errors(found, truth)
    # A quarter of the difference of the ways is the error, and nobody can know.
    assert 200 * US < fmean(wrong) < 300 * US
    assert all(error_ns <= each.bound_ns for error_ns, each in zip(wrong, found, strict=True))


@pytest.mark.parametrize("pair", [("a", "d"), ("d", "a")], ids=["caller", "called"])
def test_what_calls_have_in_common_between_hosts_of_one_clock_is_not_taken_for_a_difference(
    pair: tuple[str, str],
) -> None:
    late, soon = delay(330 * US, 100 * US), delay(190 * US, 100 * US)
    world = World({"a": right, "b": right, "c": right, "d": off(4 * MS)})
    calls = [
        made
        for each in (("a", "b"), ("b", "c"), ("c", "a"), ("a", "c"), pair)
        for _, made in world.calls(*each, 60, 100, late, soon)
    ]
    found = learn(calls).offset("a", "d", EPOCH_NS + 30 * S)
    assert found is not None
    assert abs(found.offset_ns - 4 * MS) < 35 * US  # the ways make 70 µs


def test_far_hosts_are_not_said_to_have_one_clock() -> None:
    far = delay(20 * MS, 3 * MS)
    found, truth = two(drift(5), out=far, back=far)
    assert fmean(errors(found, truth)) < 500 * US
    assert not any(each.apart for each in found)


def test_hosts_whose_clocks_agree_have_no_difference_at_all() -> None:
    found, _ = two(off(40 * US))
    assert {(each.offset_ns, each.apart) for each in found} == {(0, False)}
    assert all(each.bound_ns >= 40 * US for each in found)


def test_what_hosts_of_one_clock_differ_is_in_the_bound_of_what_was_measured_to_one_of_them() -> None:
    world = World({"a": right, "b": off(60 * US), "c": off(4 * MS)})
    close = delay(10 * US, 5 * US)
    calls = [
        *traces_of(world, ("a", "b")),
        *(made for _, made in world.calls("b", "c", 60, 60, close, close)),
    ]
    found = learn(calls).offset("a", "c", EPOCH_NS + 30 * S)
    assert found is not None
    assert abs(found.offset_ns - 4 * MS) > 40 * US
    assert abs(found.offset_ns - 4 * MS) <= found.bound_ns
    assert found.basis == "shared"


def test_a_host_of_unknown_clock_has_no_offset() -> None:
    assert NO_CLOCKS.offset("a", "b", EPOCH_NS) is None
    assert learn([]) is NO_CLOCKS


def test_a_host_differs_from_itself_by_nothing() -> None:
    assert NO_CLOCKS.offset("a", "a", EPOCH_NS) == Offset(0, 0, "causal", apart=False)


def several() -> World:
    return World({"a": right, "b": drift(5, 3 * MS), "c": off(-8 * MS), "d": right, "e": right})


def traces_of(world: World, *pairs: tuple[str, str]) -> list[Trace]:
    return [made for pair in pairs for _, made in world.calls(*pair, 60, 60, NEAR, NEAR)]


def test_a_difference_is_put_together_where_nothing_went_directly() -> None:
    world = several()
    clocks = learn(traces_of(world, ("a", "b"), ("c", "b"), ("d", "c")))
    for one, other in (("a", "c"), ("c", "a"), ("d", "b"), ("a", "d")):
        found = clocks.offset(one, other, EPOCH_NS + 30 * S)
        assert found is not None
        error_ns = abs(found.offset_ns - world.offset(one, other, 30 * S))
        assert error_ns < min(80 * US, found.bound_ns)


@given(st.integers(-600 * S, 600 * S))
@settings(max_examples=30)
def test_one_direction_is_the_other_with_its_sign_changed(at_ns: int) -> None:
    for one, other in (("a", "b"), ("b", "c"), ("a", "c"), ("d", "a"), ("d", "c")):
        there, back = (SEVERAL.offset(*pair, EPOCH_NS + at_ns) for pair in ((one, other), (other, one)))
        assert there is not None
        assert back == there._replace(offset_ns=-there.offset_ns)


SEVERAL = learn(traces_of(several(), ("a", "b"), ("c", "b"), ("d", "c"), ("b", "e")))


def test_the_order_of_the_traces_does_not_matter() -> None:
    traces = traces_of(several(), ("a", "b"), ("c", "b"), ("d", "c"), ("b", "a"), ("e", "a"))
    shuffled = random.Random(1).sample(traces, len(traces))
    assert learn(traces).to_json() == learn(shuffled).to_json()


def test_beyond_the_evidence_the_drift_goes_on_and_the_bound_grows() -> None:
    world = World({"a": right, "b": drift(10, 2 * MS)})
    clocks = learn(traces_of(world, ("a", "b")))
    last: Offset | None = None
    for second in (60, 90, 120, 600):
        found = clocks.offset("a", "b", EPOCH_NS + second * S)
        assert found is not None
        assert abs(found.offset_ns - world.offset("a", "b", second * S)) < 100 * US + second * US
        assert last is None or found.bound_ns > last.bound_ns
        last = found
    assert last is not None
    assert last.basis == "extrapolated"


def test_messages_in_one_direction_say_nothing_of_the_difference() -> None:
    world = World({"a": right, "b": off(3 * MS)})
    there = [world.message("a", "b", second * S, NEAR) for second in range(60)]
    assert learn(there).offset("a", "b", EPOCH_NS) is None


def test_messages_in_both_directions_limit_it_on_both_sides() -> None:
    world = World({"a": right, "b": off(3 * MS)})
    there = [world.message("a", "b", second * S, NEAR) for second in range(60)]
    back = [world.message("b", "a", second * S, NEAR) for second in range(60)]
    found = learn([*there, *back]).offset("a", "b", EPOCH_NS + 30 * S)
    assert found is not None
    assert abs(found.offset_ns - 3 * MS) < 50 * US < found.bound_ns < 500 * US


def booking(world: World, at_ns: int) -> Trace:
    """A trace of the hotel: search calls two others, then reservation is called, then profile."""

    def call(
        parent: Span, client: str, server: str, at_ns: float, work_ns: float
    ) -> tuple[list[Span], float]:
        begun = at_ns + NEAR(world.chance)
        back = begun + work_ns + NEAR(world.chance)
        outer = world.span(client, at_ns, back, parent, "client")
        return [outer, world.span(server, begun, begun + work_ns, outer, "server")], back + 0.2 * MS

    root = world.span("front", at_ns, at_ns + 60 * MS, kind="server")
    search, after = call(root, "front", "search", at_ns + 0.3 * MS, world.chance.uniform(5, 20) * MS)
    begun = search[1].start_ns - EPOCH_NS - world.clocks["search"](at_ns)
    rate, _ = call(search[1], "search", "rate", begun + 0.2 * MS, 2 * MS)
    reserved, after = call(root, "front", "reservation", after, world.chance.uniform(0.1, 3) * MS)
    profile, after = call(root, "front", "profile", after, 1 * MS)
    root = replace(root, end_ns=root.start_ns + round(after - at_ns))
    return Trace(root.trace_id, [root, *search, *rate, *reserved, *profile])


def bookings(other: Clock, resources: dict[str, dict[str, str]] | None = None) -> list[Trace]:
    """Bookings in which the span of the call of search is missing."""
    clocks = dict.fromkeys(("front", "profile"), right) | dict.fromkeys(
        ("search", "rate", "reservation"), other
    )
    world = World(clocks, resources or {})
    traces = []
    for second in range(100):
        made = booking(world, second * S)
        search = next(each for each in made.spans if each.service == "search" and each.kind == "server")
        traces.append(Trace(made.trace_id, [each for each in made.spans if each.span_id != search.parent_id]))
    return traces


ADDRESSES = {
    host: {"ip": address}
    for address, *hosts in (("10.0.2.221", "front"), ("10.0.2.7", "profile"), ("10.0.1.61", "reservation"))
    for host in hosts
} | {"search": {"ip": "10.0.1.142"}, "rate": {"ip": "10.0.1.3"}}


@pytest.mark.parametrize("clock", [off(-3 * MS), drift(4, 1 * MS)], ids=["far", "near"])
@pytest.mark.parametrize("resources", [ADDRESSES, {}], ids=["addresses", "no addresses"])
def test_a_clock_without_calls_is_presumed_to_be_one_that_fits(
    clock: Clock, resources: dict[str, dict[str, str]]
) -> None:
    clocks = learn(bookings(clock, resources))
    for second in (0, 50, 99):
        found = clocks.offset("front", "search", EPOCH_NS + second * S)
        assert found is not None
        assert abs(found.offset_ns - clock(second * S)) < 60 * US < found.bound_ns < 2 * MS
        assert found.basis == "presumed"
    for pair in (("front", "profile"), ("search", "rate"), ("rate", "reservation")):
        found = clocks.offset(*pair, EPOCH_NS)
        assert found is not None
        assert found.offset_ns == 0


def test_hosts_on_one_machine_that_do_not_differ_over_a_third_have_one_clock() -> None:
    world = World(
        {
            "front": right,
            "profile": right,
            "search": off(-3 * MS),
            "reservation": off(-3 * MS),
            "rate": right,
        },
        ADDRESSES,
    )
    clocks = learn(booking(world, second * S) for second in range(100))
    found = clocks.offset("search", "reservation", EPOCH_NS + 50 * S)
    assert found is not None
    assert (found.offset_ns, found.basis) == (0, "causal")


def test_an_address_that_cannot_be_right_is_not_believed() -> None:
    world = World(
        {"front": right, "near": off(3 * MS), "search": off(-9 * MS)},
        {"near": {"ip": "10.0.1.9"}, "search": {"ip": "10.0.1.8"}},
    )
    traces = traces_of(world, ("front", "near"))
    for second in range(60):
        root = world.span("front", second * S, second * S + 100 * MS, kind="server")
        inner = world.span("search", second * S + 1 * MS, second * S + 60 * MS, root, "server")
        traces.append(Trace(root.trace_id, [root, inner]))
    found = learn(traces).offset("front", "search", EPOCH_NS + 30 * S)
    assert found is not None
    assert abs(found.offset_ns + 9 * MS) <= found.bound_ns


def test_a_clock_without_calls_that_fits_none_is_bounded_by_what_it_was_inside() -> None:
    traces = bookings(off(-3 * MS))
    left = [
        Trace(made.trace_id, [each for each in made.spans if each.service in {"front", "search"}])
        for made in traces
    ]
    clocks = learn(left)
    found = clocks.offset("front", "search", EPOCH_NS + 50 * S)
    assert found is not None
    assert found.basis == "presumed"
    assert abs(found.offset_ns + 3 * MS) <= found.bound_ns < 20 * MS
    assert abs(found.offset_ns + 3 * MS) < 1 * MS


def test_an_address_decides_between_clocks_that_both_fit() -> None:
    """Search was inside a call of 100 ms: both clocks are possible, and neither is in the middle."""
    hosts = {"front": right, "near": off(3 * MS), "far": off(9 * MS), "search": off(9 * MS)}
    networks = {"front": 0, "near": 1, "far": 2, "search": 2}
    resources = {host: {"ip": f"10.0.{network}.9"} for host, network in networks.items()}
    for known in (resources, {}):
        world = World(hosts, known)
        traces = traces_of(world, ("front", "near"), ("front", "far"))
        for second in range(60):
            root = world.span("front", second * S, second * S + 100 * MS, kind="server")
            inner = world.span("search", second * S + 1 * MS, second * S + 60 * MS, root, "server")
            traces.append(Trace(root.trace_id, [root, inner]))
        found = learn(traces).offset("front", "search", EPOCH_NS + 30 * S)
        assert found is not None
        assert found.basis == "presumed"
        assert abs(found.offset_ns - 9 * MS) <= found.bound_ns
        assert (abs(found.offset_ns - 9 * MS) < 50 * US) == bool(known)


def test_work_that_outlives_the_work_above_it_does_not_shift_a_clock() -> None:
    world = World({"a": right, "b": off(50 * US)}, {host: {"k8s.node.name": "n"} for host in "ab"})
    traces = []
    for second in range(200):
        root = world.span("a", second * S, second * S + 20 * MS, kind="server")
        late = 10 * MS if second % 12 == 0 else 0
        inner = world.span("b", second * S + 1 * MS + late, second * S + 15 * MS + late, root, "server")
        traces.append(Trace(root.trace_id, [root, inner]))
    clocks = learn(traces)
    found = clocks.offset("a", "b", EPOCH_NS + 100 * S)
    assert found is not None
    assert found.offset_ns == 0
    assert list(clocks.domains().values()) == [["a", "b"]]


def test_many_pairs_of_hosts_take_no_more_memory() -> None:
    learner = Learner()
    for number in range(5000):
        root = span("root", None, number, number + 10, kind="client", host=f"a{number}")
        learner.add(trace(root, span("inner", "root", number + 1, number + 8, kind="server", host="b")))
    hosts = learner.clocks().hosts
    assert len(hosts) <= 4097
    assert "a4999" in hosts


def everything(clocks: Clocks) -> None:
    Clocks.from_json(clocks.to_json())
    for window in clocks.windows():
        assert window.from_ns < window.until_ns
        assert window.bound_ns >= 0


times = st.integers(0, 2**64 - 1) | st.integers(EPOCH_NS, EPOCH_NS + 10**10)
spans = st.builds(
    Span,
    trace_id=st.just("1"),
    span_id=st.integers(0, 6).map(str),
    parent_id=st.none() | st.integers(0, 7).map(str),
    service=st.just("s"),
    name=st.just(""),
    kind=st.sampled_from(["internal", "client", "server", "producer", "consumer"]),
    start_ns=times,
    end_ns=times,
    state=st.sampled_from(["ended", "open"]),
    attributes=st.sampled_from(
        [{}, {"weft.propagation.sent_ns": 2**63 - 1}, {"weft.propagation.sent_ns": "x"}]
    ),
    resource=st.sampled_from(
        [{}, *({"host.name": host, "ip": ip} for host in "abcd" for ip in ("10.0.0.1", "::1", "[", "9" * 50))]
    ),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(spans, min_size=1, max_size=12), max_size=6))
def test_nothing_that_is_sent_makes_it_fail(made: list[list[Span]]) -> None:
    everything(learn(Trace("1", each) for each in made))
