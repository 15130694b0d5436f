"""What the programs say about themselves for the truth, in attributes that the recording takes away again.

A span that is started while a mark is set carries it, so that spans are marked that a library makes, or that
are lost with their process after they were announced.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor

PREFIX = "test."
#: `origin` where the fault arises, `symptom` where somebody gave up because of it.
ROLE = "test.role"
#: On the spans that a call of another agent makes in the caller's process: whom it calls.
CALLS = "test.calls"
#: On the span in which a call of another agent is made, its name behind.
WAITS = "test.waits."

_marks: ContextVar[tuple[tuple[str, str], ...]] = ContextVar("marks", default=())


class Marker(SpanProcessor):
    """Puts the marks that are set on every span that starts."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        span.set_attributes(dict(_marks.get()))


def mark(role: str) -> None:
    """Mark the span that is current."""
    trace.get_current_span().set_attribute(ROLE, role)


@contextmanager
def marking(key: str, value: str) -> Iterator[None]:
    """Mark the spans that are started inside, in this process and in this task."""
    token = _marks.set(((key, value),))
    try:
        yield
    finally:
        _marks.reset(token)


def unmarked() -> None:
    """What is started from here on is not part of the call that led here."""
    _marks.set(())
