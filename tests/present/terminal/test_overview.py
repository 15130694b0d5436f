"""Many explained traces on a page."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from tests.analyse.test_overview import explanation, failure, hand_off

from weft.analyse.overview import Overview
from weft.model.explanation import AgentShare, Explanation
from weft.model.repair import Repair
from weft.present.terminal.overview import render_overview


class Window(NamedTuple):
    from_host: str
    to_host: str
    offset_ns: int = 0
    bound_ns: int = 20_000


def both_ways(one: str, other: str, offset_ns: int = 0) -> list[Window]:
    return [Window(one, other, offset_ns), Window(other, one, -offset_ns)]


@pytest.fixture
def seen() -> Overview:
    overview = Overview()
    overview.add(explanation(hand_offs=(hand_off(queue_ns=2_000_000), hand_off(failed=True, attempts=3))))
    overview.add(
        explanation(
            failures=(failure("origin"),), repairs=(Repair(span_id="a", kind="missing_parent", reason=""),)
        )
    )
    return overview


def test_an_overview_says_who_did_what(seen: Overview, page: Callable[..., str]) -> None:
    printed = page(render_overview(seen, []), 120)

    assert printed == (
        "2 traces · 6 spans · median 40 ns, 95 % within 40 ns · errors began in 1\n"
        "1970-01-01 00:00:00 to 1970-01-01 00:00:00\n"
        "repaired: 1 missing parent\n"
        "\n"
        "agent    traces  spans  critical path  tokens   cost\n"
        "planner       2      4          100 %\n"
        "writer        2      2            0 %      16  $1.00\n"
        "\n"
        "hand-off          kind     count  failed  retries             queue\n"
        "planner → writer  message      2       1        2  2.00 ms, 2.00 ms\n"
        "of each part: median, and what 95 % stay within, where the evidence tells\n"
        "\n"
        "error began in  times  reason\n"
        "writer              1  it is down\n"
    )


def test_hosts_whose_clocks_agree_are_one_clock(seen: Overview, page: Callable[..., str]) -> None:
    windows = [*both_ways("b", "c"), *both_ways("a", "d"), *both_ways("a", "b", 3_000_000)]
    windows += [*both_ways("a", "c", 2_500_000), *both_ways("d", "c", 3_100_000)]
    printed = page(render_overview(seen, windows), 120)

    assert printed.splitlines()[-2:] == [
        "clock of      against          least      most   within",
        "b and 1 more  a and 1 more  +2.50 ms  +3.10 ms  20.0 µs",
    ]


def test_clocks_that_all_agree_are_not_mentioned(seen: Overview, page: Callable[..., str]) -> None:
    assert "clock" not in page(render_overview(seen, both_ways("a", "b")), 120)


@pytest.mark.parametrize("width", [20, 40, 60, 80])
def test_a_narrow_terminal_gets_what_has_room(seen: Overview, page: Callable[..., str], width: int) -> None:
    seen.agents["x" * 300].spans = 1
    printed = page(render_overview(seen, both_ways("a" * 90, "b" * 90, 7)), width)

    assert "planner" in printed
    assert all(len(line) <= width for line in printed.splitlines())


def test_an_output_without_box_characters_gets_ascii(seen: Overview, page: Callable[..., str]) -> None:
    assert "planner -> writer" in page(render_overview(seen, []), 120, "ascii")


def test_hostile_names_do_not_reach_the_terminal(page: Callable[..., str]) -> None:
    overview = Overview()
    evil = {"\x1b]0;owned\x07[red]name\u202e": AgentShare(services=(), spans=1, path_ns={})}
    overview.add(Explanation(trace_id="", root_span_id="", start_ns=2**200, duration_ns=1, agents=evil))
    printed = page(render_overview(overview, []), 120)

    assert "[red]name" in printed
    assert all(line.isprintable() for line in printed.splitlines())


def test_long_tables_are_cut(page: Callable[..., str]) -> None:
    overview = Overview()
    many = {f"agent {n}": AgentShare(services=(), spans=1, path_ns={}) for n in range(1000)}
    overview.add(Explanation(trace_id="", root_span_id="", start_ns=0, duration_ns=1, agents=many))
    printed = page(render_overview(overview, []), 120)

    assert "and 980 agents more" in printed
    assert printed.count("\n") < 40
