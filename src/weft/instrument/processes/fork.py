"""A forked child: what was its parent's span goes on being its parent, and is no longer its own to end.

The child begins with a copy of everything, the open span among it. Were the copy left current, the child
would write attributes on it and end it a second time.
"""

from __future__ import annotations

import logging
import os

from opentelemetry import trace
from opentelemetry.context import attach, get_current
from opentelemetry.trace import NonRecordingSpan, SpanContext

from weft.instrument.workers.adoption import adopted

_log = logging.getLogger("weft.instrument")


def watch() -> None:
    """See to every fork from now on (``os.fork``, and all that use it)."""
    os.register_at_fork(after_in_child=_begin)


def _begin() -> None:
    """Where a span was open in the thread that forked: put its like there, as one of another process."""
    try:
        context = get_current()
        span = trace.get_current_span(context)
        if span.is_recording():
            theirs = span.get_span_context()
            remote = NonRecordingSpan(
                SpanContext(theirs.trace_id, theirs.span_id, True, theirs.trace_flags, theirs.trace_state)
            )
            attach(adopted(trace.set_span_in_context(remote, context)))
    except Exception:  # noqa: BLE001 - after a fork anything may be half done; the child goes on
        _log.debug("the context could not be renewed after a fork", exc_info=True)
