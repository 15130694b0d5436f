"""What checks say of traces, a line a check."""

import io

from rich.console import Console

from weft.analyse.checks.connection import no_orphans, one_root
from weft.analyse.checks.limits import no_longer_than
from weft.analyse.checks.verdict import Verdict
from weft.analyse.explain import explain
from weft.present.terminal.verdict import render_verdict
from weft.testing import TraceBuilder


def drawn(count: int, width: int = 100, encoding: str = "utf-8") -> list[str]:
    verdict = Verdict([one_root(), no_orphans(), no_longer_than(1_500)])
    for _ in range(count):
        build = TraceBuilder()
        build.agent("planner")
        build.agent("writer", parent="00000000000000aa")
        verdict.add(build.trace(), explain(build.trace()))
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    Console(file=out, width=width).print(render_verdict(verdict))
    out.seek(0)
    return out.read().splitlines()


def test_a_line_a_check_and_violations_below() -> None:
    lines = drawn(1, 200)

    assert [line for line in lines if not line.startswith(" ")] == [
        "1 trace",
        "ok        one trace",
        "violated  no orphans",
        "violated  no longer than 1.5 µs",
    ]
    assert lines[3].startswith("          span 'invoke_agent writer' of agents (")


def test_many_violations_are_counted_and_each_names_its_trace() -> None:
    lines = drawn(25)

    assert lines[0] == "25 traces"
    assert sum(line.strip() == "and 15 more" for line in lines) == 2
    assert sum(TraceBuilder().trace_id in line for line in lines) == 20


def test_long_lines_are_indented_and_have_no_spaces_at_the_end() -> None:
    for line in drawn(1, 40):
        assert len(line) <= 40
        assert line == line.rstrip()


def test_an_output_without_greek_letters_is_written_to() -> None:
    assert "violated  no longer than 1.5 us" in drawn(1, encoding="ascii")
