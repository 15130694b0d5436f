"""A span: one piece of work of one service, as the rest of Weft reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from weft.model import keys
from weft.model.pending import State
from weft.model.work import NO_WORK, Work

Kind = Literal["unspecified", "internal", "server", "client", "producer", "consumer"]
Status = Literal["unset", "ok", "error"]
Value = str | bool | int | float | bytes
"""One attribute's value. Arrays and maps arrive as JSON text."""


def text(value: Value | None) -> str:
    """Write a value as text; nothing is empty text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at one moment of a span.

    Attributes:
        name: What happened; `exception` for one that was recorded.
        time_ns: When, nanoseconds since the Unix epoch.
        attributes: More about it.
    """

    name: str
    time_ns: int
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A span that this one is related to without being its child, often in another trace.

    Attributes:
        trace_id: 32 lowercase hex digits.
        span_id: 16 lowercase hex digits.
    """

    trace_id: str
    span_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A span of the OpenTelemetry data model.

    Attributes:
        trace_id: 32 lowercase hex digits.
        span_id: 16 lowercase hex digits.
        parent_id: The span that caused this one, 16 lowercase hex digits; None for a root.
        service: `service.name` of the process that did the work.
        name: What was done.
        kind: The span's side of a call or a message.
        start_ns: Nanoseconds since the Unix epoch.
        end_ns: Nanoseconds since the Unix epoch; of a span that has not ended, when it was last announced.
        status: `error` when the work failed.
        status_message: Why it failed, in the words of the failing code.
        attributes: Attributes of the span and of its instrumentation scope.
        events: Events in the order in which they were recorded.
        links: Related spans.
        resource: Attributes of the process, without `service.name`.
        state: Whether it has ended.
        silent_s: How many seconds ago it was last announced, where it has not.
        work: What it says of AI work, in one vocabulary.
    """

    trace_id: str
    span_id: str
    parent_id: str | None = None
    service: str
    name: str
    kind: Kind = "unspecified"
    start_ns: int
    end_ns: int
    status: Status = "unset"
    status_message: str = ""
    attributes: Mapping[str, Value] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()
    resource: Mapping[str, Value] = field(default_factory=dict)
    state: State = "ended"
    silent_s: int = 0
    work: Work = NO_WORK

    @property
    def duration_ns(self) -> int:
        """How long the work took, or has taken as far as is known, in nanoseconds."""
        return self.end_ns - self.start_ns

    @property
    def failed(self) -> bool:
        """Whether the span says that its work went wrong."""
        return self.status == "error"

    @property
    def host(self) -> str | None:
        """The machine or container whose clock stamped it; None when the resource names none."""
        return next((text(self.resource[key]) for key in _HOST if self.resource.get(key)), None)

    @property
    def process(self) -> tuple[str, ...]:
        """What tells its process from all others of the trace, as far as the resource says."""
        resource = self.resource
        return (self.service, *(text(resource.get(key)) for key in _PROCESS))


#: In the order in which they are believed; `hostname` is what Jaeger's clients wrote.
_HOST: Final = (keys.HOST_ID, keys.HOST_NAME, keys.HOSTNAME, keys.SERVICE_INSTANCE_ID)
_PROCESS: Final = (keys.SERVICE_INSTANCE_ID, keys.HOST_NAME, keys.HOSTNAME, keys.PROCESS_PID)
