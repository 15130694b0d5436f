"""Work that takes long is in sight while it goes on: spans that stay open are announced.

An announcement is the span as it is by now, without an end (see `weft.model.pending`). Only Weft is sent any.
"""

from __future__ import annotations

import logging
import math
import os
from time import monotonic_ns, time_ns
from typing import TYPE_CHECKING, Final, Self

from opentelemetry.sdk.trace import ReadableSpan

from weft.export.size import size_of
from weft.model.pending import OPEN_NS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import Span

    from weft.export.open_spans import OpenSpans

#: Seconds after which an open span is announced (WEFT_PENDING_AFTER), and the most between two announcements:
#: the backend holds for lost what it has not heard of for 20 s.
AFTER_S: Final = 5.0
EVERY_S: Final = 5.0
#: Seconds between two looks at the open spans, at most: 10,000 of them take 8 ms.
LOOK_S: Final = 1.0
#: Announced at one look; what is left is the first at the next. An announcement must stay one request.
MOST_SPANS: Final = 512
MOST_BYTES: Final = 2 << 20

_S: Final = 1_000_000_000
_log = logging.getLogger("weft")


class Watched:
    """An open span as the announcer knows it.

    Attributes:
        since_ns: When it started, by the clock that is never set back.
        next_ns: When it is to be announced.
    """

    __slots__ = ("next_ns", "since_ns")

    def __init__(self, since_ns: int, next_ns: int) -> None:
        self.since_ns, self.next_ns = since_ns, next_ns


class PendingSpans:
    """The announcer of spans that stay open (`weft.export.announcer.Announcer`).

    Args:
        after_s: Seconds after which a span is announced.
        always: Announce to any backend, not only to one that says that it is Weft.
    """

    def __init__(self, after_s: float = AFTER_S, *, always: bool = False) -> None:
        self._after_ns = int(after_s * _S)
        self._every_ns = min(self._after_ns, int(EVERY_S * _S))
        self._look_ns = min(int(LOOK_S * _S), self._every_ns // 2)
        self._always = always
        self._next_look_ns = 0
        self._watched: dict[int, Watched] = {}

    @classmethod
    def from_environment(cls) -> Self | None:
        """Read WEFT_PENDING (``auto``, ``always``, ``never``) and WEFT_PENDING_AFTER (seconds).

        A value that cannot be used costs one warning and means the default.

        Returns:
            None where nothing is to be announced.
        """
        mode = os.environ.get("WEFT_PENDING", "").strip().lower() or "auto"
        if mode not in {"auto", "always", "never"}:
            _log.warning("weft: WEFT_PENDING is %r, not auto, always or never; going on with auto", mode)
            mode = "auto"
        return None if mode == "never" else cls(_after_s(), always=mode == "always")

    def due(self, spans: OpenSpans, backend: str | None) -> Sequence[ReadableSpan] | None:
        """The announcements that are due; see `weft.export.announcer.Announcer`."""
        now_ns = monotonic_ns()
        if now_ns < self._next_look_ns:
            return ()
        self._next_look_ns = now_ns + self._look_ns
        waiting = self._look(spans, now_ns)
        if self._always or backend is not None:
            return self._announcements(waiting, now_ns)
        return None if waiting else ()

    def _look(self, spans: OpenSpans, now_ns: int) -> list[tuple[Watched, Span]]:
        """The spans that are to be announced, those first that have waited longest; the others are noted."""
        wall_ns = time_ns()
        watched: dict[int, Watched] = {}
        waiting = []
        for span in spans:
            if span.context is None or not span.context.trace_flags.sampled:
                continue
            each = self._watched.get(span.context.span_id)
            if each is None:
                since_ns = now_ns - max(0, wall_ns - (span.start_time or wall_ns))
                each = Watched(since_ns, since_ns + self._after_ns)
            watched[span.context.span_id] = each
            if each.next_ns <= now_ns:
                waiting.append((each, span))
        self._watched = watched  # those that have ended are not in it any more
        waiting.sort(key=lambda pair: pair[0].next_ns)
        return waiting

    def _announcements(self, waiting: list[tuple[Watched, Span]], now_ns: int) -> list[ReadableSpan]:
        announced: list[ReadableSpan] = []
        room = MOST_BYTES
        for each, span in waiting[:MOST_SPANS]:
            announcement = _as_of_now(span, now_ns - each.since_ns)
            if announcement is None:
                continue
            room -= size_of(announcement)
            if announced and room < 0:
                break
            each.next_ns = now_ns + self._every_ns
            announced.append(announcement)
        return announced


def _as_of_now(span: Span, open_ns: int) -> ReadableSpan | None:
    """A copy of a span that others go on writing to; None when it ends just now.

    Its attributes are a dict that is written under the interpreter's lock, so that copying it is one step;
    values were copied when they were set. Events and links are lists that copy themselves under their own.
    """
    attributes = dict(span.attributes.copy()) if span.attributes else {}  # type: ignore[attr-defined] # the SDK's mapping has it
    attributes[OPEN_NS] = open_ns
    announcement = ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        events=tuple(span.events),
        links=tuple(span.links),
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        instrumentation_scope=span.instrumentation_scope,
    )
    return announcement if span.end_time is None else None


def _after_s() -> float:
    text = os.environ.get("WEFT_PENDING_AFTER", "").strip()
    if not text:
        return AFTER_S
    try:
        after_s = float(text.removesuffix("s"))
    except ValueError:
        after_s = math.nan
    if 0 < after_s <= 86_400:
        return after_s
    _log.warning("weft: WEFT_PENDING_AFTER is %r, not a number of seconds; going on with %g", text, AFTER_S)
    return AFTER_S
