"""What a line of the tree says: its guides, its name, and what is to be remarked about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from weft.model import keys
from weft.model.ago import ago
from weft.model.failure import Role
from weft.model.span import text
from weft.model.trace import Break, Node
from weft.present.terminal.fold import Repeats
from weft.present.terminal.glyphs import Glyphs
from weft.present.terminal.hop import called, hop
from weft.present.terminal.lines import Line
from weft.present.terminal.quantity import count, duration

_LONGEST: Final = 400  # characters of a name that are looked at
_SHORTEST: Final = 12  # cells that a name keeps beside its remark
_FLAWS: Final[dict[Break, str]] = {
    "missing parent": "(parent missing)",
    "cycle": "(its parent is below it)",
}


@dataclass(frozen=True, slots=True)
class Label:
    """The text of a line of the tree, in parts.

    Attributes:
        guides: What hangs it under the lines above.
        mark: What is wrong with it, one sign and a space, or nothing.
        name: The name of the span, or what is left out.
        style: The style of mark and name.
        remark: What else there is to say.
        warns: Whether the remark is a warning.
    """

    guides: str
    mark: str
    name: str
    style: str
    remark: str = ""
    warns: bool = False

    @property
    def width(self) -> int:
        """Cells of the whole."""
        return sum(map(cell_len, (self.guides, self.mark, self.name, self.remark)))

    def text(self, cells: int, draw: Glyphs) -> Text:
        """Put the parts together in a width: the name gives way first, then a remark that is no warning."""
        name, remark = self.name, self.remark
        room = cells - cell_len(self.guides) - cell_len(self.mark)
        if cell_len(name) + cell_len(remark) > room:
            name = draw.fit(name, min(room, max(_SHORTEST, room - cell_len(remark))))
            remark = draw.fit(remark, max(0, room - cell_len(name)))
            if remark != self.remark and not self.warns:
                name, remark = draw.fit(self.name, room), ""
        text = Text(no_wrap=True).append(self.guides, "dim")
        text.append(self.mark + name, self.style).append(remark, "yellow" if self.warns else "dim")
        text.truncate(cells, overflow="crop")
        return text


def label(line: Line, roles: Mapping[Node, Role], draw: Glyphs, *, growing: bool) -> Label:
    """Say what a line shows.

    Args:
        line: The line.
        roles: The part that each failed span has in what went wrong.
        draw: The characters.
        growing: Whether more of the trace is to come: what is missing may yet arrive.
    """
    guides = line.indent(draw)
    if isinstance(line.item, Repeats):
        return _repeats(line.item, guides, draw)
    if isinstance(line.item, int):
        return Label(guides, "", f"{draw.more} {count(line.item, 'more span')}", "dim italic")
    node = line.item
    style, mark = _mark(roles.get(node), draw)
    name = draw.say(called(node.span), _LONGEST) or "(no name)"
    if line.skipped:
        return Label(f"{guides}{draw.more} ", mark, name, style, f" {count(line.skipped, 'level')} down")
    remark, warns = _remark(node, draw, growing)
    return Label(guides, mark, name, style, remark, warns=warns)


def _mark(role: Role | None, draw: Glyphs) -> tuple[str, str]:
    """The style of a span's name, and the sign before it."""
    match role:
        case "origin":
            return "bold red", f"{draw.failed} "
        case "passed_on":
            return "red", f"{draw.passed} "
        case "recovered":
            return "yellow", f"{draw.recovered} "
        case "symptom":
            return "yellow", f"{draw.symptom} "
    return "", ""


def _remark(node: Node, draw: Glyphs, growing: bool) -> tuple[str, bool]:
    """What else there is to say of a span, and whether it is a warning."""
    way = draw.say(hop(node), 40)
    said = f" via {way}" if way else ""
    warns = False
    if node.broken == "missing parent" and growing:
        said = " (parent not there yet)"
    elif node.broken:
        said, warns = f" {_FLAWS[node.broken]}", True
    match node.span.state:
        case "open":
            said += " (still running)"
        case "lost":
            said, warns = f"{said} (lost {ago(node.span.silent_s)})", True
    if outcome := node.span.attributes.get(keys.WEFT_OUTCOME):
        said += f" ({draw.say(text(outcome), 20)})"
    return said, warns


def _repeats(repeats: Repeats, guides: str, draw: Glyphs) -> Label:
    said = f"{draw.more} {repeats.siblings:,} more like this"
    if repeats.spans > repeats.siblings:
        said += f", {count(repeats.spans, 'span')}"
    if repeats.failing:
        return Label(guides, f"{draw.failed} ", f"{said}, each with the same error", "red")
    shortest, longest = duration(repeats.shortest_ns), duration(repeats.longest_ns)
    ranging = shortest if shortest == longest else f"{shortest} to {longest}"
    return Label(guides, "", draw.own(f"{said}, {ranging} each"), "dim italic")
