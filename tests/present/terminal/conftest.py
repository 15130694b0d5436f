"""Traces to show, and a terminal to show them in."""

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from weft.model.span import Span

FIXTURES = Path(__file__).parents[2] / "fixtures" / "terminal"


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class Output(io.TextIOWrapper):
    """A stdout of some encoding, a terminal or not."""

    def __init__(self, encoding: str, terminal: bool) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding=encoding, newline="\n")
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture(scope="session")
def page() -> Callable[..., str]:
    """Print as `weft show` does, and give what came out."""

    def printed(
        what: RenderableType, width: int = 100, encoding: str = "utf-8", terminal: bool = False
    ) -> str:
        output = Output(encoding, terminal)
        colours = "256" if terminal else None
        Console(
            file=output, width=width, markup=False, emoji=False, highlight=False, color_system=colours
        ).print(what)
        output.flush()
        return output.bytes.getvalue().decode(encoding)

    return printed


@pytest.fixture
def span() -> Callable[..., Span]:
    """Make spans of trace 1 from numbers."""

    def make(number: int, parent: int | None = None, start_ns: int = 0, **more: object) -> Span:
        values: dict[str, object] = {"service": "agent", "name": f"span {number}", "end_ns": start_ns + 1_000}
        return Span(
            trace_id="1".rjust(32, "0"),
            span_id=f"{number:016x}",
            parent_id=None if parent is None else f"{parent:016x}",
            start_ns=start_ns,
            **(values | more),  # type: ignore[arg-type] # any field
        )

    return make
