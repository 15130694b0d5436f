"""A trace as a tree, compared with what a person should see."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from weft.model.jaeger import read_trace
from weft.model.span import Span
from weft.model.trace import Trace
from weft.present.terminal import render_trace

FIXTURES = Path(__file__).parents[2] / "fixtures" / "terminal"
Make = Callable[..., Span]
Page = Callable[..., str]


@pytest.fixture
def agents() -> Trace:
    return read_trace(json.loads((FIXTURES / "agents.json").read_text()))


@pytest.fixture
def broken(span: Make) -> Trace:
    """A trace in three parts: a whole one, one whose parent is lost, and a circle."""
    return Trace(
        "1".rjust(32, "0"),
        [
            span(1, None, 0, name="invoke_workflow brief", end_ns=90_000_000),
            span(2, 1, 1_000_000, name="invoke_agent writer", end_ns=80_000_000),
            span(3, 77, 20_000_000, service="writer", name="process agent-tasks", end_ns=70_000_000),
            span(4, 3, 30_000_000, service="writer", name="chat llama3.2", end_ns=60_000_000),
            span(5, 6, 40_000_000, service="loop", name="ping", end_ns=42_000_000),
            span(6, 5, 41_000_000, service="loop", name="pong", end_ns=42_000_000),
        ],
        ["the trace was cut at 6 spans"],
    )


@pytest.fixture
def long(span: Make) -> Trace:
    """A loop of 300 tool calls, one of which fails in its own way, forty in the same, over a deep chain."""
    spans = [span(1, None, 0, name="invoke_agent researcher", end_ns=400_000_000)]
    for n in range(300):
        start_ns = 1_000_000 * n
        failed = {"status": "error", "status_message": "HTTP 503"} if n >= 260 else {}
        spans.append(span(10 + 2 * n, 1, start_ns, name="execute_tool search", end_ns=start_ns + 900_000 + n))
        spans.append(
            span(
                11 + 2 * n,
                10 + 2 * n,
                start_ns + 5_000,
                service="web",
                name="GET",
                end_ns=start_ns + 800_000,
                **failed,
            )
        )
    spans.append(
        span(
            900,
            211,
            100_100_000,
            service="web",
            name="parse",
            end_ns=100_200_000,
            status="error",
            status_message="not HTML",
        )
    )
    spans += [span(1_000 + n, 999 + n if n else 1, 305_000_000 + n, name=f"step {n}") for n in range(400)]
    return Trace("1".rjust(32, "0"), spans)


@pytest.mark.parametrize(
    ("name", "trace", "width", "encoding"),
    [
        ("agents-80", "agents", 80, "utf-8"),
        ("agents-120", "agents", 120, "utf-8"),
        ("agents-200", "agents", 200, "utf-8"),
        ("agents-40", "agents", 40, "utf-8"),
        ("agents-ascii-100", "agents", 100, "ascii"),
        ("broken-100", "broken", 100, "utf-8"),
    ],
)
def test_a_trace_looks_as_it_should(
    page: Page, request: pytest.FixtureRequest, name: str, trace: str, width: int, encoding: str
) -> None:
    assert (
        page(render_trace(request.getfixturevalue(trace)), width, encoding)
        == (FIXTURES / f"{name}.txt").read_text()
    )


def test_a_long_trace_is_folded_to_what_matters(page: Page, long: Trace) -> None:
    """The chain of steps fills most of the page; head and tail say the rest."""
    lines = page(render_trace(long), 100).splitlines()

    assert "\n".join([*lines[:32], "[steps]", *lines[-6:]]) + "\n" == (FIXTURES / "long-100.txt").read_text()


def test_full_shows_every_span_and_whole_messages(page: Page, long: Trace, span: Make) -> None:
    assert page(render_trace(long, full=True)).count("execute_tool search") == 300
    failed = Trace("1", [span(1, status="error", status_message="word " * 200 + "end")])
    assert "end" in page(render_trace(failed, full=True))
    assert "end" not in page(render_trace(failed))
    assert page(render_trace(failed)).rstrip().endswith("…")


def test_colour_is_for_terminals_only(page: Page, agents: Trace) -> None:
    assert "\x1b" not in page(render_trace(agents))
    coloured = page(render_trace(agents), 120, terminal=True)
    assert "\x1b[38;5;32magent-orchestrator\x1b[0m" in coloured
    assert "\x1b[1;31m✗ execute_tool check_sources\x1b[0m" in coloured
    assert "\x1b[31m↑ POST\x1b[0m" in coloured


def test_no_color_is_honoured(page: Page, agents: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b[38" not in page(render_trace(agents), terminal=True)
    assert "\x1b[31" not in page(render_trace(agents), terminal=True)


HOSTILE = {
    "an escape": "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "markup": "[bold red]x[/bold red] [link=http://evil]y[/link] [/]",
    "a line end": "first\nsecond\r\nthird\x0b\x85\u2028fourth",
    "another reading order": "user\u202egnp.exe \u2066x\u2069",
    "a megabyte": "A" * (1 << 20),
    "a megabyte of marks": "a" + "\u0335" * (1 << 20),
    "half a pair": "\ud83d",
    "nothing": "",
    "wide": "数据" * 300,
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_hostile_text_stays_text_on_its_line(page: Page, span: Make, hostile: str, encoding: str) -> None:
    whole = {"service": hostile, "name": hostile, "kind": "consumer"}
    attributes = {"gen_ai.workflow.name": hostile, "messaging.system": hostile}
    spans = [
        span(1, None, name="root"),
        span(2, 1, **whole, attributes=attributes),
        span(3, 77, **whole, status="error", status_message=hostile),
    ]
    out = page(render_trace(Trace("1".rjust(32, "0"), spans, [hostile]), full=True), 100, encoding)

    assert "\x1b" not in out
    assert len(out) < 40_000
    out.encode(encoding)
    lines = out.split("\n")
    assert all(cell_len(line) <= 100 for line in lines)
    assert all(line.isprintable() for line in lines)
    tree = lines[lines.index(next(line for line in lines if line.startswith("service "))) :]
    assert sum("(parent m" in line for line in tree) == 1
    if "[bold red]" in hostile:
        assert "[bold red]x[/bold red] [link=http://evil]" in out


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-1, 60), st.text(max_size=20), st.text(max_size=20), st.booleans()),
        min_size=1,
        max_size=60,
    ),
    st.integers(20, 220),
    st.sampled_from(["utf-8", "ascii"]),
)
def test_no_trace_is_wider_than_the_terminal(
    page: Page, spans: list[tuple[int, str, str, bool]], width: int, encoding: str
) -> None:
    trace = Trace(
        "1".rjust(32, "0"),
        [
            Span(
                trace_id="1",
                span_id=f"{number:016x}",
                parent_id=f"{parent:016x}" if parent >= 0 else None,
                service=service,
                name=name,
                start_ns=number,
                end_ns=number + parent,
                status="error" if failed else "unset",
                status_message=name,
            )
            for number, (parent, service, name, failed) in enumerate(spans)
        ],
    )
    for line in page(render_trace(trace), width, encoding).splitlines():
        assert cell_len(line) <= width


def test_a_chain_of_fifty_thousand_spans_is_drawn(page: Page, span: Make) -> None:
    chain = [span(n, n - 1 or None, n) for n in range(1, 50_000)]
    chain.append(span(50_000, 49_999, 50_000, name="deep", status="error", status_message="boom"))
    trace = Trace("1".rjust(32, "0"), chain)

    folded = page(render_trace(trace), 120)
    assert "✗ deep" in folded
    assert "boom" in folded
    assert folded.count("\n") < 400


def test_a_deep_chain_is_drawn_in_full(page: Page, span: Make) -> None:
    chain = [span(n, n - 1 or None, n) for n in range(1, 5_001)]
    out = page(render_trace(Trace("1".rjust(32, "0"), chain), full=True), 80)

    assert out.count("─ span ") == 4_999
    assert "span 5000" in out
