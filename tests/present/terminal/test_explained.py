"""An explained trace, compared with what a person should see."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len
from tests.analyse.traces import span, trace

from weft.analyse.explain import explain
from weft.decode.dialects.read import read
from weft.model.jaeger import read_trace
from weft.model.span import Span
from weft.model.trace import Trace
from weft.model.work import Tokens
from weft.present.terminal import render_trace

FIXTURES = Path(__file__).parents[2] / "fixtures" / "terminal"
Page = Callable[..., str]


@pytest.fixture
def agents() -> Trace:
    return read_trace(json.loads((FIXTURES / "agents.json").read_text()), read)


def shown(page: Page, *spans: Span, width: int = 120, full: bool = False) -> str:
    made = trace(*spans)
    return page(render_trace(made, explain(made, savings=5), full=full), width)


@pytest.mark.parametrize(
    ("name", "width", "encoding"),
    [
        ("explained-120", 120, "utf-8"),
        ("explained-80", 80, "utf-8"),
        ("explained-ascii-100", 100, "ascii"),
    ],
)
def test_an_explained_trace_looks_as_it_should(
    page: Page, agents: Trace, name: str, width: int, encoding: str
) -> None:
    out = page(render_trace(agents, explain(agents, savings=12)), width, encoding)

    assert out == (FIXTURES / f"{name}.txt").read_text()
    assert max(map(cell_len, out.splitlines())) <= width


def test_what_is_on_the_critical_path_is_thick_and_the_rest_thin(page: Page) -> None:
    out = shown(page, span("root", None, 0, 100), span("a", "root", 0, 80), span("b", "root", 0, 40))

    (below,) = (line for line in out.splitlines() if line.startswith("orchestrator") and "└─ b" in line)
    assert below.endswith("─" * 5)
    assert "━" not in below
    assert "━" * 5 in next(line for line in out.splitlines() if "├─ a" in line)


def test_every_part_in_a_failure_has_its_sign(page: Page) -> None:
    out = shown(
        page,
        span("root", None, 0, 100, status="error", status_message="down"),
        span("a", "root", 0, 20, status="error", status_message="down", says="fetch"),
        span("b", "root", 30, 50, status="error", status_message="down", says="fetch"),
        span("c", "root", 60, 90, says="other"),
    )

    assert "✗ fetch" in out
    assert "↑ root" in out
    assert "error began in orchestrator, fetch: down" in out


def test_a_recovered_failure_is_no_error_of_the_whole(page: Page) -> None:
    out = shown(
        page,
        span("root", None, 0, 100),
        span("a", "root", 0, 20, status="error", status_message="busy", says="fetch"),
        span("b", "root", 30, 50, says="fetch"),
    )

    assert "1 error, recovered" in out.splitlines()[0]
    assert "↺ fetch" in out
    assert "error recovered in orchestrator, fetch: busy" in out


def test_what_was_assumed_is_told(page: Page) -> None:
    out = shown(page, span("root", None, 0, 100), span("lost", "gone", 10, 20))

    assert "assumed of lost: its parent" in out


def test_what_would_be_saved_is_told(page: Page) -> None:
    out = shown(page, span("root", None, 0, 100), span("a", "root", 0, 80), span("b", "root", 0, 60))

    assert "could save" in out
    assert [line.split()[-2:] for line in out.splitlines() if line.startswith("a ")] == [["20.0", "ms"]]


def test_a_request_named_by_its_method_says_where_it_went(page: Page) -> None:
    out = shown(
        page,
        span("root", None, 0, 100),
        span(
            "a",
            "root",
            0,
            80,
            says="GET",
            kind="client",
            attributes={"url.full": "http://me:secret@shop.internal:8080/items?token=secret"},
        ),
    )

    assert "GET shop.internal:8080/items" in out
    assert "secret" not in out


def test_hostile_names_reach_no_terminal(page: Page) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J evil"
    out = shown(
        page,
        span("root", None, 0, 100, work={"operation": "invoke_agent", "agent": evil}),
        span("a", "gone", 0, 80, says=evil, service=evil, status="error", status_message=evil),
        full=True,
    )

    assert "\x1b" not in out
    assert "\x07" not in out


def test_a_span_that_came_twice_is_shown_once(page: Page) -> None:
    out = shown(page, span("root", None, 0, 100), span("a", "root", 0, 20), span("a", "root", 0, 20))

    assert out.splitlines()[0].startswith("root · 100 ms · 2 spans")
    assert "connected" in out.splitlines()[0]
    assert "assumed of a: the same span is there twice" in out


def test_hosts_whose_clocks_differ_are_drawn_on_one_time(page: Page) -> None:
    out = shown(
        page,
        span("root", None, 0, 500, host="a"),
        span("call", "root", 10, 490, kind="client", host="a"),
        span("served", "call", 3020, 3480, kind="server", service="far", host="b"),
    )
    head, _, _, _, root, _, served, *_ = out.splitlines()

    assert head.startswith("root · 500 ms · ")
    assert root.split()[2:5] == ["0", "500", "ms"]
    assert served.split("via call")[1].split()[:4] == ["20.0", "ms", "460", "ms"]
    assert 110 < len(served) < len(root) == 120  # the bars are as long as the times
    assert "b 3.00 s ±10.0 ms ahead of a" in out


def test_work_after_the_end_of_the_root_is_told_beside_its_duration(page: Page) -> None:
    out = shown(page, span("root", None, 0, 100), span("late", "root", 50, 300))

    assert out.splitlines()[0].startswith("root · 100 ms · work went on for 200 ms · 2 spans")


def test_the_same_recovered_error_is_told_once(page: Page) -> None:
    tries = [
        span(f"t{n}", "root", n * 10, n * 10 + 5, status="error", status_message="Busy: ", says="fetch")
        for n in range(3)
    ]
    out = shown(page, span("root", None, 0, 100), *tries, span("last", "root", 50, 60, says="fetch"))

    assert "error recovered in orchestrator, fetch: Busy, 3 times\n" in out
    assert out.count("error recovered") == 1
    assert "tried 4 times: fetch" in out


def test_an_unanswered_call_says_what_tells_that_it_failed(page: Page) -> None:
    out = shown(
        page,
        span("root", None, 0, 100, status="error", status_message="timed out"),
        span("call", "root", 0, 90, kind="client", status="error", status_message="TimeoutError: "),
        span("slow", "call", 5, 95, kind="server", service="far"),
    )

    assert "it did not answer in time" in out
    assert "no message was recorded" not in out


def test_calls_without_a_price_are_counted(page: Page) -> None:
    model = {"operation": "chat", "model": "of-my-own", "tokens": Tokens(input=5, output=7)}
    out = shown(page, span("root", None, 0, 100), span("chat", "root", 0, 90, work=model))

    assert "12 tokens · cost unknown for 1 call" in out.splitlines()[0]
