"""Traces as a list, compared with what a person should see."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from weft.model.summary import TraceSummary
from weft.present.terminal import render_list

FIXTURES = Path(__file__).parents[2] / "fixtures" / "terminal"
NOW_NS = 1_795_615_600_000_000_000
Page = Callable[..., str]


def summary(number: int, **changes: object) -> TraceSummary:
    values: dict[str, object] = {
        "trace_id": f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}",
        "root_service": "agent-orchestrator",
        "root_name": "invoke_workflow weekly-brief",
        "start_ns": NOW_NS - number * 3_000_000_000_000,
        "end_ns": NOW_NS - number * 3_000_000_000_000 + number * 4_812_000_000,
        "spans": 20 * number**2,
        "errors": 0,
        "services": ("a", "b", "c", "d"),
    }
    return TraceSummary(**(values | changes))  # type: ignore[arg-type] # any field


@pytest.mark.parametrize(
    ("width", "encoding"), [(80, "utf-8"), (120, "utf-8"), (160, "utf-8"), (60, "ascii")]
)
def test_a_list_looks_as_it_should(page: Page, width: int, encoding: str) -> None:
    listed = [
        summary(1),
        summary(2, errors=5),
        summary(9, root_name="a workflow with a name that is far too long for any terminal " * 3),
        summary(40, trace_id="000000000000000000634564cbf93fbd", root_service="", root_name=""),
    ]
    suffix = "" if encoding == "utf-8" else f"-{encoding}"

    out = page(render_list(listed, now_ns=NOW_NS), width, encoding)

    assert out == (FIXTURES / f"list{suffix}-{width}.txt").read_text()


@pytest.mark.parametrize("width", range(20, 180, 5))
def test_no_list_is_wider_than_the_terminal(page: Page, width: int) -> None:
    more = {"root_name": "数据" * 50, "root_service": "s" * 50}
    listed = [summary(n, spans=10**n, errors=10**n, **more) for n in range(9)]
    out = page(render_list(listed, now_ns=NOW_NS), width)

    assert len(out.splitlines()) == 10
    assert all(cell_len(line) <= width for line in out.splitlines())


@pytest.mark.parametrize(
    "hostile", ["\x1b[2J\x07", "[red]x[/]", "a\nb", "\u202ex", "A" * (1 << 20), "\ud83d"]
)
def test_hostile_text_stays_text_on_its_line(page: Page, hostile: str) -> None:
    listed = [summary(1, root_service=hostile, root_name=hostile)]
    out = page(render_list(listed, now_ns=NOW_NS), 120)

    assert len(out.splitlines()) == 2
    assert all(line.isprintable() and cell_len(line) <= 120 for line in out.splitlines())
