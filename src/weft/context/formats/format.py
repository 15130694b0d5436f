"""What every format has in common: what reading one may find, and how it is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from weft.context.formats.field import Unreadable

if TYPE_CHECKING:
    from opentelemetry.trace import SpanContext


@dataclass(frozen=True, slots=True)
class Found:
    """A parent that a carrier names.

    Attributes:
        trace_id: 128 bits, never 0; ids of 64 bits have zeros on the left.
        span_id: 64 bits, never 0.
        sampled: The sender's decision; None when it left the decision to the receiver.
        random: Whether the right-most 56 bits of the trace id are known to be random (W3C Trace Context
            Level 2, Random Trace ID Flag). No format of this package can tell.
        baggage: What came along in fields of the format's own, decoded.
    """

    trace_id: int
    span_id: int
    sampled: bool | None
    random: bool = False
    baggage: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Denied:
    """The sender named no parent and asks that nothing be sampled."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """Fields of the format are there and name no parent that can be continued.

    Attributes:
        reason: ``field: why``, at most 80 characters. Never repeats what the field held: that is untrusted.
    """

    reason: str


Fields: TypeAlias = Mapping[str, Sequence[str]]
Reading: TypeAlias = Found | Denied | Malformed | None


@dataclass(frozen=True, slots=True)
class Format:
    """One propagation format.

    Attributes:
        name: As OTEL_PROPAGATORS calls it.
        fields: The header fields that belong to the format, in lower case; also those that are not read.
        prefixes: What the names of its baggage fields begin with, in lower case.
        parse: As ``read``, but raises ``Unreadable`` for what is malformed.
        render: As ``write``, for valid contexts only.
    """

    name: str
    fields: tuple[str, ...]
    parse: Callable[[Fields], Found | Denied | None]
    render: Callable[[SpanContext, Mapping[str, str]], dict[str, str]]
    prefixes: tuple[str, ...] = ()

    def read(self, fields: Fields) -> Reading:
        """Read the parent that a carrier names in this format. Raises nothing.

        Args:
            fields: Lower-case field names, each with its values in order of appearance.

        Returns:
            None where the carrier has nothing of this format, or only a decision to sample (``b3: 1``): no
            parent, and no refusal either.
        """
        try:
            return self.parse(fields)
        except Unreadable as problem:
            return Malformed(str(problem))

    def write(self, context: SpanContext, baggage: Mapping[str, str]) -> dict[str, str]:
        """Write a span's context in this format. Raises nothing.

        Args:
            context: The span that is to be the parent.
            baggage: Entries to write in the format's own fields, where it has such fields.

        Returns:
            Field names, as the format's own libraries spell them, and values; nothing for an invalid context.
        """
        return self.render(context, baggage) if context.is_valid else {}


def is_sampled(context: SpanContext) -> bool:
    """Whether the sampled bit is set, whatever the other bits are.

    Flags of 03 (sampled and random) are what a Level 2 SDK starts with; a comparison with 01 as a whole
    number turns them into "not sampled" (opentelemetry-propagator-ot-trace 0.66b1, measured).
    """
    return bool(context.trace_flags & 0x01)
