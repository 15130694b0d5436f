"""A trace in one line of a list."""

from dataclasses import dataclass
from typing import Any

from weft.model.shape import identifier, member, text, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSummary:
    """What a list of traces says about each.

    Attributes:
        trace_id: 32 lowercase hex digits.
        root_service: Service of the root, or of the earliest span when the root is not in the trace.
        root_name: Name of that span.
        start_ns: Start of the earliest span, nanoseconds since the Unix epoch.
        end_ns: End of the latest span.
        spans: Number of spans.
        errors: Number of spans whose status is error.
        services: The services that took part.
        open: Number of spans that have not ended and are still announced.
        lost: Number of spans that have not ended and are announced no more.
    """

    trace_id: str
    root_service: str
    root_name: str
    start_ns: int
    end_ns: int
    spans: int
    errors: int
    services: tuple[str, ...]
    open: int = 0
    lost: int = 0

    @property
    def duration_ns(self) -> int:
        """From the earliest start to the latest end known, in nanoseconds."""
        return self.end_ns - self.start_ns

    @property
    def written_id(self) -> str:
        """The id as people see it: without the upper half where that is zero, as Jaeger writes it."""
        return self.trace_id.removeprefix("0" * 16)

    def to_json(self) -> dict[str, Any]:
        """Describe the trace as `GET /weft/v1/traces` does.

        Nanoseconds are decimal strings, as in OTLP JSON: a JavaScript number is exact to 2^53 only.
        """
        return {
            "trace_id": self.trace_id,
            "root": {"service": self.root_service, "name": self.root_name},
            "start_ns": str(self.start_ns),
            "duration_ns": str(self.duration_ns),
            "spans": self.spans,
            "errors": self.errors,
            "services": list(self.services),
            "open": self.open,
            "lost": self.lost,
        }

    @classmethod
    def from_json(cls, value: object, where: str = "trace") -> "TraceSummary":
        """Read back what `to_json` wrote.

        Args:
            value: Parsed JSON from a backend, not to be trusted.
            where: What to call it in an error.

        Raises:
            ShapeError: It has another shape.
        """
        root = member(value, "root", dict, where)
        start_ns = whole(value, "start_ns", where)
        names = member(value, "services", list, where)
        assert isinstance(value, dict)
        return cls(
            trace_id=identifier(value, "trace_id", 32, where),
            root_service=text(root, "service", f"{where}.root"),
            root_name=text(root, "name", f"{where}.root"),
            start_ns=start_ns,
            end_ns=start_ns + whole(value, "duration_ns", where),
            spans=whole(value, "spans", where),
            errors=whole(value, "errors", where),
            services=tuple(str(name) for name in names),
            # A backend older than these says nothing of them.
            open=whole({"open": 0} | value, "open", where),
            lost=whole({"lost": 0} | value, "lost", where),
        )
