"""What the clocks are put together from: the place of each host, and the links between clocks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from weft.analyse.clocks.line import Line, Reach, envelope, integer, nearest
from weft.analyse.clocks.offset import BASES, Basis
from weft.model.shape import ShapeError, member


@dataclass(frozen=True, slots=True)
class Place:
    """Where a host is among the clocks.

    Attributes:
        domain: Number of the clock that it shares with the hosts whose clocks agree with its own.
        slack_ns: By how much its clock may differ from that of the domain's first host.
        presumed: Whether it is there because nothing speaks against it.
    """

    domain: int
    slack_ns: int = 0
    presumed: bool = False

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {"domain": self.domain, "slack_ns": self.slack_ns, "presumed": self.presumed}

    @classmethod
    def from_json(cls, value: object, where: str) -> Self:
        """Read back what `to_json` wrote.

        Raises:
            ShapeError: It has another shape.
        """
        domain, slack_ns = integer(value, "domain", where), integer(value, "slack_ns", where)
        assert isinstance(value, dict)
        return cls(domain, slack_ns, value.get("presumed") is True)


@dataclass(frozen=True, slots=True)
class Link:
    """The difference of the clocks of two domains, and how it moved.

    Attributes:
        lines: Stretches of even running, earliest first: the clock of the second domain minus the first's.
        slack_ns: By how much hosts of either domain were measured to differ among themselves.
        basis: What the lines rest on.
    """

    lines: tuple[Line, ...]
    slack_ns: int
    basis: Basis

    @property
    def from_ns(self) -> int:
        """The first evidence."""
        return self.lines[0].from_ns

    @property
    def until_ns(self) -> int:
        """The last evidence."""
        return self.lines[-1].until_ns

    def at(self, at_ns: int) -> Reach:
        """Where the difference is at a time."""
        reach = envelope(self.lines, at_ns)
        return Reach(reach.likely_ns, reach.low_ns - self.slack_ns, reach.high_ns + self.slack_ns)

    def settled(self, at_ns: int) -> Reach:
        """Where the difference is in the middle of the stretch that a time is in: there it is known best."""
        line = nearest(self.lines, at_ns)
        return self.at((line.from_ns + line.until_ns) // 2)

    def basis_at(self, at_ns: int) -> Basis:
        """What that rests on at a time."""
        beyond = not self.from_ns <= at_ns <= self.until_ns
        return "extrapolated" if beyond and self.basis != "presumed" else self.basis

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {
            "slack_ns": self.slack_ns,
            "basis": self.basis,
            "lines": [line.to_json() for line in self.lines],
        }

    @classmethod
    def from_json(cls, value: object, where: str) -> Self:
        """Read back what `to_json` wrote.

        Raises:
            ShapeError: It has another shape.
        """
        lines = tuple(
            Line.from_json(line, f"{where}.lines[{index}]")
            for index, line in enumerate(member(value, "lines", list, where))
        )
        slack_ns = integer(value, "slack_ns", where)
        assert isinstance(value, dict)
        basis = next((basis for basis in BASES if basis == value.get("basis")), None)
        if basis is None or not lines:
            raise ShapeError(f"{where} is no link between two clocks")
        return cls(lines, slack_ns, basis)


Links = Mapping[tuple[int, int], Link]
"""What is known between two domains, by their numbers, the smaller first."""
