"""The first span behind a hop tells what arrived there, in attributes ``weft.propagation.*``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from opentelemetry.context import get_current
from opentelemetry.sdk.trace import Span, SpanProcessor

from weft.context.arrival import arrival_in
from weft.instrument.workers.handed import handed_in

if TYPE_CHECKING:
    from opentelemetry.context import Context

_log = logging.getLogger("weft.instrument")


class ArrivalRecorder(SpanProcessor):
    """Puts the record of an arrival on the first span that begins in its context, and on no span below.

    What came through a queue of this process is told in the same way.

    Every trace that begins there has the link of policy ``link``, though: it leads to its caller from each.
    """

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Tell what arrived, where something may have."""
        try:
            if parent_context is None:
                parent_context = get_current()
            handed = handed_in(parent_context)
            if handed is not None:
                handed.told = True
                span.set_attributes(handed.attributes())
            arrival = arrival_in(parent_context)
            if arrival is None:
                return
            if not arrival.told:
                arrival.told = True
                span.set_attributes(arrival.attributes())
            if arrival.outcome == "linked" and arrival.remote is not None:
                span.add_link(arrival.remote)
        except Exception:  # noqa: BLE001 - the span begins, with or without the record
            _log.debug("what arrived could not be recorded", exc_info=True)
