"""Traces with spans that have not ended, as a person should see them."""

from collections.abc import Callable

import pytest

from weft.model.span import Span
from weft.model.trace import Trace
from weft.present.terminal import render_list, render_trace

S = 1_000_000_000
Make = Callable[..., Span]
Page = Callable[..., str]


@pytest.fixture
def trace(span: Make) -> Callable[..., Trace]:
    """A workflow that still runs, and whatever else is in its trace."""

    def make(*more: Span, **root: object) -> Trace:
        values = {"name": "report", "end_ns": 12 * S, "state": "open", "silent_s": 2} | root
        return Trace("1".rjust(32, "0"), [span(1, **values), span(2, 1, S, name="done", end_ns=3 * S), *more])

    return make


def line_of(out: str, name: str) -> str:
    return next(line for line in out.splitlines()[2:] if name in line)


def test_a_span_that_runs_says_so_and_how_long_at_least(trace: Callable[..., Trace], page: Page) -> None:
    out = page(render_trace(trace()), 120)
    assert out.splitlines()[0] == (
        "report · ≥12.0 s · 2 spans · 1 service · 0 errors · 1 running · connected"
    )
    assert "report (still running)" in line_of(out, "report")
    assert "≥12.0 s" in line_of(out, "report")
    assert "≥" not in line_of(out, "done")
    assert "running" not in line_of(out, "done")


def test_a_span_whose_process_died_says_since_when(
    trace: Callable[..., Trace], span: Make, page: Page
) -> None:
    out = page(render_trace(trace(span(3, 1, S, name="gone", end_ns=2 * S, state="lost", silent_s=190))), 120)
    assert "1 running, 1 lost · connected" in out.splitlines()[0]
    assert "gone (lost 3 min ago)" in line_of(out, "gone")
    assert "≥1.00 s" in line_of(out, "gone")


def test_a_trace_that_grows_is_open_and_not_broken(
    trace: Callable[..., Trace], span: Make, page: Page
) -> None:
    orphan = span(4, 99, 2 * S, name="early", end_ns=3 * S)
    out = page(render_trace(trace(orphan)), 120)
    assert "connected" not in out
    assert "early (parent not there yet)" in line_of(out, "early")

    out = page(render_trace(trace(orphan, state="lost")), 120)
    assert "1 lost · not connected: 2 parts, 1 parent missing" in out.splitlines()[0]
    assert "early (parent missing)" in line_of(out, "early")


def test_a_running_span_is_not_folded_into_those_that_ended(page: Page, span: Make) -> None:
    calls = [span(n, 1, n, name="call") for n in range(2, 200)]
    spans = [span(1, name="root"), *calls, span(300, 1, 500, name="call", state="open")]
    assert "call (still running)" in page(render_trace(Trace("1".rjust(32, "0"), spans)), 120)


def test_a_list_says_which_traces_are_open(trace: Callable[..., Trace], span: Make, page: Page) -> None:
    lost = span(3, 1, S, name="gone", end_ns=2 * S, state="lost")
    listed = [trace().summary(), trace(lost).summary(), trace(state="ended").summary()]
    head, running, with_lost, ended = page(render_list(listed, now_ns=100 * S), 120).splitlines()
    assert head.split()[-1] == "open"
    assert "≥12.0 s" in running
    assert running.endswith("running")
    assert with_lost.endswith("1 lost")
    assert ended.split()[-2:] == ["s", "2"]


def test_a_list_of_ended_traces_has_no_such_column(trace: Callable[..., Trace], page: Page) -> None:
    assert "open" not in page(render_list([trace(state="ended").summary()], now_ns=100 * S), 120)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_it_fits_every_terminal(
    trace: Callable[..., Trace], span: Make, page: Page, width: int, encoding: str
) -> None:
    gone = span(3, 99, S, name="gone " * 20, end_ns=2 * S, state="lost", silent_s=3_000)
    opened = trace(gone, name="report " * 20)
    for out in (
        page(render_trace(opened), width, encoding),
        page(render_list([opened.summary()], now_ns=0), width),
    ):
        assert all(len(line) <= width for line in out.splitlines())
