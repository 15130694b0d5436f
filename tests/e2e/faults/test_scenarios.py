"""Every program is put to every kind of fault that makes sense for it, and half stays out of sight."""

import pytest
from tests.e2e.faults.fault import HELD_KINDS, KINDS, Kind
from tests.e2e.faults.scenarios import scenarios
from tests.e2e.faults.topologies import HELD_TOPOLOGIES, TOPOLOGIES
from tests.e2e.faults.topology import REMOTE, Call, Together


def test_the_split_is_the_one_that_was_written_down() -> None:
    assert {"bad_value", "cascading_timeout"} == HELD_KINDS
    assert {
        "diamond", "fan_out", "http_chain", "mixed", "nested", "redis_team", "supervisor", "tree"
    } == HELD_TOPOLOGIES  # fmt: skip
    assert 2 * len(HELD_TOPOLOGIES) == len(TOPOLOGIES)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TOPOLOGIES)
def test_a_fault_is_at_places_that_there_are(name: str, kind: Kind) -> None:
    topology = TOPOLOGIES[name]
    places = {place.name for place in topology.places()}
    for fault in scenarios(topology, kind, 1000):
        assert fault.site in places | set(topology.agents)
        assert {fault.handler, fault.outer, fault.rejects} <= places | {""}
        assert set(fault.siblings) | {fault.unreported} <= set(topology.agents) | {""}
    assert scenarios(topology, kind, 3) == scenarios(topology, kind, 3)


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_kinds_are_left_out_only_where_they_make_no_sense(name: str) -> None:
    topology = TOPOLOGIES[name]
    left_out = {kind for kind in KINDS if not scenarios(topology, kind, 1)}
    assert ("cancelled_sibling" in left_out) == (
        not any(isinstance(place.step, Together) for place in topology.places())
    )
    assert ("dead_worker" in left_out) == (not any(call.over in REMOTE for call in topology.calls()))
    assert left_out <= {"cancelled_sibling", "dead_worker", "cascading_timeout"}


def test_a_swallowed_error_is_not_followed_by_what_looks_like_another_attempt() -> None:
    for topology in TOPOLOGIES.values():
        for fault in scenarios(topology, "swallowed", 1000):
            agent, _, number = fault.handler.partition("/")
            here, *later = topology.agents[agent].steps[int(number.partition(".")[0]) :]
            called = isinstance(here, Call | Together)
            assert not later or type(later[0]) is not type(here)
            assert not later or not (called and isinstance(later[0], Call | Together))
