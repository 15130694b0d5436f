"""What checks say of traces, a line a check."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from weft.analyse.checks.check import Violation
from weft.analyse.checks.verdict import Verdict
from weft.present.terminal.glyphs import Glyphs, glyphs
from weft.present.terminal.quantity import count

_LISTED: Final = 10  # violations of a check
_INDENT: Final = len("violated  ")
_NARROWEST: Final = 20


def render_verdict(verdict: Verdict) -> "VerdictView":
    """Show what was checked and how it came out.

    Args:
        verdict: The result. The names in it are not trusted.

    Returns:
        Something that `rich.console.Console.print` prints.
    """
    return VerdictView(verdict)


class VerdictView:
    """A verdict that rich can print, in colour or not."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the lines one by one."""
        draw = glyphs(options.encoding)
        yield Text(count(self._verdict.traces, "trace"), "bold")
        for check in self._verdict.checks:
            found = list(self._verdict.of(check))
            word, style = ("violated", "bold red") if found else ("ok", "green")
            yield Text(f"{word:{_INDENT}}", style).append(draw.say(check.words), "")
            for violation in self._violations(found, draw):
                for line in violation.wrap(console, max(_NARROWEST, options.max_width - _INDENT)):
                    line.rstrip()
                    yield Text(" " * _INDENT).append_text(line)

    def _violations(self, found: Sequence[tuple[str, Violation]], draw: Glyphs) -> Iterator[Text]:
        several = self._verdict.traces > 1
        for trace_id, violation in found[:_LISTED]:
            where = f"{trace_id}: " if several and trace_id else ""
            yield Text(f"{where}{draw.say(str(violation))}")
        if len(found) > _LISTED:
            yield Text(f"and {len(found) - _LISTED:,} more", "dim")
