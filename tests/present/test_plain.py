"""A trace as plain text."""

from weft.analyse.explain import explain
from weft.model.trace import Trace
from weft.present.plain import plain_tree
from weft.testing import TraceBuilder


def drawn(trace: Trace, *marked: str) -> list[str]:
    return plain_tree(trace, explain(trace), marked).splitlines()


def test_levels_are_drawn() -> None:
    build = TraceBuilder()
    root = build.span("root")
    one = build.span("one", parent=root)
    build.span("deep", parent=one, at_ms=1)
    build.span("two", parent=root, at_ms=2)

    assert [line.split("agents")[-1] for line in drawn(build.trace())[1:]] == [
        "  root  10.00 ms",
        "  ├─ one  10.00 ms",
        "  │  └─ deep  10.00 ms",
        "  └─ two  10.00 ms",
    ]


def test_a_long_trace_is_cut_but_for_what_is_pointed_at() -> None:
    build = TraceBuilder()
    root = build.span("root")
    spans = [build.span(f"s{n}", parent=root, at_ms=n) for n in range(1000)]
    lines = drawn(build.trace(), spans[900].span_id)

    assert len(lines) == 1 + 60 + 3
    assert lines[-3].strip() == "… 841 spans"
    assert lines[-2].startswith("> ")
    assert "s900" in lines[-2]
    assert lines[-1].strip() == "… 99 spans"


def test_a_deep_trace_stays_narrow() -> None:
    build = TraceBuilder()
    span = build.span("root")
    for _ in range(3000):
        span = build.span("x" * 500, parent=span)

    assert max(map(len, drawn(build.trace(), span.span_id))) < 200


def test_names_cannot_move_the_cursor() -> None:
    build = TraceBuilder()
    build.agent("\x1b[2J\nx", status="error", status_message="\x1b]0;title\x07")

    assert not any(line != "".join(filter(str.isprintable, line)) for line in drawn(build.trace()))
