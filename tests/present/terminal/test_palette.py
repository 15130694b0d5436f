"""One colour a service."""

from hypothesis import given
from hypothesis import strategies as st

from weft.present.terminal.palette import COLOURS, colours


@given(st.lists(st.text(), max_size=len(COLOURS), unique=True))
def test_services_differ_as_long_as_there_are_colours(services: list[str]) -> None:
    assert len(set(colours(services).values())) == len(services)


@given(st.lists(st.text(), max_size=30, unique=True), st.randoms(use_true_random=False))
def test_the_order_of_the_services_does_not_matter(services: list[str], random: object) -> None:
    shuffled = services[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis' Random

    assert colours(services) == colours(shuffled)


def test_a_service_keeps_its_colour_from_trace_to_trace() -> None:
    alone = colours(["agent-writer"])["agent-writer"]

    assert colours(["agent-writer", "agent-orchestrator"])["agent-writer"] == alone
    assert alone == "color(73)"
