"""What a search for traces asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Search:
    """A trace matches when one of its spans satisfies everything that is given.

    Attributes:
        start_ns: Earliest start of that span, nanoseconds since the Unix epoch.
        end_ns: Latest start of that span.
        service: Its service.
        operation: Its name.
        tags: Attributes as text, looked for in the span, its events, links, resource and scope.
        min_duration_ns: Its least duration.
        max_duration_ns: Its greatest duration.
        limit: How many traces, the newest first.
    """

    start_ns: int
    end_ns: int
    service: str | None = None
    operation: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    min_duration_ns: int | None = None
    max_duration_ns: int | None = None
    limit: int = 100
