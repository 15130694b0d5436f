"""A trace in one line of a list, and its JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.model.shape import ShapeError
from weft.model.summary import TraceSummary

SUMMARY = TraceSummary(
    trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
    root_service="agent-orchestrator",
    root_name="invoke_workflow weekly-brief",
    start_ns=1_795_615_402_000_000_123,
    end_ns=1_795_615_406_812_000_124,
    spans=20,
    errors=5,
    services=("agent-orchestrator", "agent-writer"),
    open=2,
    lost=1,
)


def test_json_gives_nanoseconds_as_text_so_that_javascript_keeps_them() -> None:
    assert SUMMARY.to_json() == {
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "root": {"service": "agent-orchestrator", "name": "invoke_workflow weekly-brief"},
        "start_ns": "1795615402000000123",
        "duration_ns": "4812000001",
        "spans": 20,
        "errors": 5,
        "services": ["agent-orchestrator", "agent-writer"],
        "open": 2,
        "lost": 1,
    }


@given(
    st.builds(
        TraceSummary,
        trace_id=st.integers(0, 2**128 - 1).map("{:032x}".format),
        root_service=st.text(),
        root_name=st.text(),
        start_ns=st.integers(0, 2**63),
        end_ns=st.just(2**64 - 1),
        spans=st.integers(0, 2**63),
        errors=st.integers(0, 2**63),
        services=st.lists(st.text()).map(tuple),
        open=st.integers(0, 2**63),
        lost=st.integers(0, 2**63),
    )
)
def test_what_is_written_is_read_back(summary: TraceSummary) -> None:
    assert TraceSummary.from_json(json.loads(json.dumps(summary.to_json()))) == summary


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"root": None}, "trace.root should be an object, not nothing"),
        ({"root": {"service": "a"}}, "trace.root.name should be text, not nothing"),
        ({"start_ns": "1e9"}, "trace.start_ns should be a whole number from 0 to 2^64 - 1, not '1e9'"),
        (
            {"start_ns": "9" * 5_000},
            f"trace.start_ns should be a whole number from 0 to 2^64 - 1, not '{'9' * 39}\\u2026'",
        ),
        ({"spans": True}, "trace.spans should be a whole number from 0 to 2^64 - 1, not True"),
        ({"spans": -1}, "trace.spans should be a whole number from 0 to 2^64 - 1, not -1"),
        ({"services": {}}, "trace.services should be a list, not an object"),
        ({"open": "many"}, "trace.open should be a whole number from 0 to 2^64 - 1, not 'many'"),
        ({"trace_id": "../etc"}, "trace.trace_id should be an id of up to 32 hex digits, not '../etc'"),
    ],
)
def test_another_shape_is_named_by_its_place(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(ShapeError) as caught:
        TraceSummary.from_json(SUMMARY.to_json() | change)
    assert str(caught.value) == complaint


def test_a_backend_that_says_nothing_of_open_spans_has_none() -> None:
    old = SUMMARY.to_json()
    del old["open"], old["lost"]
    read = TraceSummary.from_json(old)
    assert (read.open, read.lost) == (0, 0)


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(ShapeError, match="trace should be an object, not a list"):
        TraceSummary.from_json([])


def test_an_id_of_64_bits_is_written_as_jaeger_does() -> None:
    short = TraceSummary.from_json(SUMMARY.to_json() | {"trace_id": "00634564cbf93fbd"})

    assert short.trace_id == "000000000000000000634564cbf93fbd"
    assert short.written_id == "00634564cbf93fbd"
    assert SUMMARY.written_id == SUMMARY.trace_id
