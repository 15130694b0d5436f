"""Tests of agents: catch the spans that a test makes, say what they should be, and make traces by hand.

    from weft.testing import assert_agents, assert_no_error_origin, assert_one_trace

    def test_the_report(weft_traces):  # a fixture of Weft's pytest plugin
        report("tea")
        assert_one_trace(weft_traces)
        assert_agents(weft_traces, "planner", "researcher", "writer")

Nothing here needs the backend (`pip install weft` does), but for `file_traces`.
"""

from weft.analyse.checks.check import Check, Violation
from weft.testing.assertions import (
    Checked,
    assert_agents,
    assert_cost_below,
    assert_no_error_origin,
    assert_no_hand_off_above,
    assert_no_loops,
    assert_no_orphans,
    assert_one_trace,
    assert_spans_at_least,
    assert_tokens_below,
    expect,
)
from weft.testing.backend import backend_traces
from weft.testing.builder import TraceBuilder
from weft.testing.caught import caught_spans
from weft.testing.clock import FakeClock
from weft.testing.files import file_traces
from weft.testing.ids import SeededIds
from weft.testing.traces import Traces

__all__ = [
    "Check",
    "Checked",
    "FakeClock",
    "SeededIds",
    "TraceBuilder",
    "Traces",
    "Violation",
    "assert_agents",
    "assert_cost_below",
    "assert_no_error_origin",
    "assert_no_hand_off_above",
    "assert_no_loops",
    "assert_no_orphans",
    "assert_one_trace",
    "assert_spans_at_least",
    "assert_tokens_below",
    "backend_traces",
    "caught_spans",
    "expect",
    "file_traces",
]
