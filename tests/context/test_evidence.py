"""The weft member, by docs/reference/evidence.md: examples and names are read from there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.context.grammar import is_state_value

from weft.context import evidence
from weft.context.arrival import arrival_in
from weft.context.evidence import Evidence
from weft.context.formats.order import FORMATS
from weft.context.propagator import Propagator
from weft.model import keys

SPECIFICATION = (Path(__file__).parents[2] / "docs" / "reference" / "evidence.md").read_text(encoding="utf-8")

READ = re.findall(r"^\| `(1;\S*)` \| `(\w{16})` \| (\d+) \| (.*?) ?\|$", SPECIFICATION, flags=re.MULTILINE)
IGNORED = re.findall(r"^ +\| `(\d;\S*)` \| .* \|$", SPECIFICATION, flags=re.MULTILINE)
HOP = re.findall(r"```http\ntraceparent: (\S+)\ntracestate: (\S+)\n```", SPECIFICATION)
SENT_AT = re.findall(r"sends, at (\d+):", SPECIFICATION)


def test_the_specification_has_its_examples() -> None:
    assert (len(READ), len(IGNORED), len(HOP), len(SENT_AT)) == (4, 6, 2, 1)


@pytest.mark.parametrize(("value", "span_id", "sent_ns", "agent"), READ)
def test_an_example_is_read_and_written(value: str, span_id: str, sent_ns: str, agent: str) -> None:
    assert evidence.read(value) == Evidence(int(span_id, 16), int(sent_ns), agent)
    assert evidence.member(int(span_id, 16), int(sent_ns), agent) == f"weft={value}"


@pytest.mark.parametrize("value", IGNORED)
def test_an_example_of_what_is_ignored(value: str) -> None:
    assert evidence.read(value) is None


def test_extensions_are_ignored() -> None:
    (extended,) = re.findall(r"`(1;\S+;queue;7)` reads", SPECIFICATION)
    assert evidence.read(extended) == evidence.read(READ[0][0])


def test_the_hop_of_the_specification() -> None:
    (received, state), (parent, written) = HOP
    _, _, span_id, _ = parent.split("-")
    arrival = arrival_in(Propagator().extract({"traceparent": received, "tracestate": state}))
    assert arrival is not None
    assert arrival.remote is not None
    vendors = arrival.remote.trace_state
    ours = evidence.member(int(span_id, 16), int(SENT_AT[0]), "researcher")
    assert evidence.beside(ours, vendors.to_header(), len(vendors)) == written
    assert arrival.attributes()[keys.PROPAGATION_SENDER_AGENT] == "orchestrator"


def test_the_specification_names_every_attribute_and_format() -> None:
    named = set(re.findall(r"^\| `(weft\.\S+)` \|", SPECIFICATION, flags=re.MULTILINE))
    assert named == {value for name, value in vars(keys).items() if name.startswith("PROPAGATION_")}
    order = re.search(r"then\n((?:`\w+`[,.\s]+)+)", SPECIFICATION)
    assert order is not None
    assert re.findall(r"\w+", order[1]) == ["tracecontext", *(each.name for each in FORMATS)]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1",
        "1;",
        "x",
        "1;b7ad6b7169203331;;a",
        "1;b7ad6b7169203331;0 ;a",
        "1;b7ad6b7169203331;0;a b",
        "01;b7ad6b7169203331;0;a",
        "1;b7ad6b7169203331;00000000000000001;a",
        " 1;b7ad6b7169203331;0;a",
        "1;b7ad6b7169203331;0;a\n",
        "1;b7ad6b7169203331;-1;a",
    ],
)
def test_what_has_not_the_form_is_ignored(value: str) -> None:
    assert evidence.read(value) is None


def test_an_agents_name_is_cut_at_a_whole_character() -> None:
    assert evidence.member(1, 1, "x" * 100).endswith(";" + "x" * 64)
    assert evidence.member(1, 1, "x" * 10_000).endswith(";" + "x" * 64)
    assert evidence.member(1, 1, "🧵" * 100).endswith(";" + "%F0%9F%A7%B5" * 5)


def test_there_is_room_for_32_members_and_512_characters_and_not_for_more() -> None:
    assert evidence.beside("weft=1", "a=1", 31) == "weft=1,a=1"
    assert evidence.beside("weft=1", "a=1", 32) == "a=1"
    assert len(evidence.beside("weft=1", "x" * 505, 1)) == 512
    assert evidence.beside("weft=1", "x" * 506, 1) == "x" * 506


names = st.text(max_size=80) | st.text("🧵é\n\x00;,=% \ud800", max_size=40)


@given(st.integers(1, 2**64 - 1), st.integers(0, 2**63 - 1), names)
def test_whatever_an_agent_is_called_the_member_fits_and_reads_the_same(
    span_id: int, sent_ns: int, agent: str
) -> None:
    member = evidence.member(span_id, sent_ns, agent)
    assert len(member) <= 105
    assert member.startswith("weft=")
    assert is_state_value(member[5:])
    found = evidence.read(member[5:])
    assert found is not None
    assert (found.span_id, found.sent_ns) == (span_id, sent_ns)
    assert agent.encode(errors="replace").decode().startswith(found.agent)


@given(
    st.text(max_size=120)
    | st.text("0123456789abcdef;1%", max_size=60).map(lambda rest: f"1;b7ad6b7169203331;{rest}")
)
def test_no_text_makes_reading_raise(value: str) -> None:
    found = evidence.read(value)
    assert found is None or (0 < found.span_id < 2**64 and 0 <= found.sent_ns < 2**63)
