"""Tries of one hand-off: the same from the same place, one after the other, each because the last one failed.

A request that a redirect sent elsewhere is one too, and one that says that it is a resend
(`http.request.resend_count`). A try that reached nobody has no receiver: it is found here, beside the one
that did.
"""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from weft.analyse.hand_offs.crossing import Crossing
from weft.analyse.reading import Reading
from weft.model import keys
from weft.model.hand_off import HandOffKind
from weft.model.span import Span, text

Tries = list[Crossing]
Place = tuple[int, HandOffKind, str]
"""From where, and how it is called: the parent of the call, the kind, the name."""

_URLS = ("url.full", "http.url")
_STATUS = ("http.response.status_code", "http.status_code")
_LONGEST = 2048


def group(reading: Reading, crossings: Iterable[Crossing]) -> list[Tries]:
    """Put the tries of each hand-off together, the first one first."""
    return _Grouping(reading).grouped(list(crossings))


def failed(reading: Reading, crossing: Crossing) -> bool:
    """Whether a try failed, on either side."""
    spans = reading.tree.spans
    if crossing.kind in ("call", "message") and spans[crossing.sender].kind in ("client", "producer"):
        if spans[crossing.sender].failed:
            return True
    elif crossing.receiver is None:
        return spans[crossing.sender].failed
    return crossing.receiver is not None and spans[crossing.receiver].failed


class _Grouping:
    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._latest: dict[Place, Tries] = {}
        self._to: dict[tuple[Place, str], Tries] = {}

    def grouped(self, crossings: list[Crossing]) -> list[Tries]:
        found: list[Tries] = []
        every = [*crossings, *self._unreached(crossings)]
        every.sort(key=self._begins)
        for crossing in every:
            place = self._place(crossing)
            target = self._target(crossing)
            tries = self._to.get((place, target))
            if tries is None or not self._follows(tries[-1], crossing):
                latest = self._latest.get(place)
                tries = latest if latest and self._is_sent_on(latest[-1], crossing) else None
            if tries is None:
                tries = []
                found.append(tries)
            tries.append(crossing)
            self._latest[place] = self._to[place, target] = tries
        return [tries for tries in found if not all(crossing.plain for crossing in tries)]

    def _unreached(self, crossings: Sequence[Crossing]) -> Iterator[Crossing]:
        """Client spans without a receiver beside one that has one, which may be earlier tries of it."""
        reading = self._reading
        spans, parents = reading.tree.spans, reading.tree.parents
        known: set[int] = set()
        beside: dict[tuple[int, str], Crossing] = {}
        for crossing in crossings:
            known.update((crossing.sender, crossing.lead))
            if (span := spans[crossing.sender]).kind == "client":
                beside.setdefault((parents[crossing.sender], span.name), crossing)
        for index, span in enumerate(spans if beside else ()):
            if span.kind == "client" and index not in known and (span.failed or _status(span) // 100 == 3):
                reached = beside.get((parents[index], span.name))
                if reached is not None:
                    lead = index if reached.lead == reached.sender else reached.lead
                    yield Crossing("call", "none", index, None, lead, plain=True)

    def _place(self, crossing: Crossing) -> Place:
        tree = self._reading.tree
        named = crossing.lead if crossing.lead == crossing.receiver else crossing.sender
        return tree.parents[crossing.lead], crossing.kind, tree.spans[named].name

    def _target(self, crossing: Crossing) -> str:
        reading = self._reading
        if crossing.kind == "call":
            callee = reading.callees[crossing.lead] if reading.callees else ""
            if target := callee or _address(reading.tree.spans[crossing.sender]):
                return target
        if crossing.receiver is None:
            return ""
        return f"{reading.tree.spans[crossing.receiver].service}\n{reading.agents[crossing.receiver]}"

    def _follows(self, last: Crossing, crossing: Crossing) -> bool:
        if self._begins(crossing) < self._ends(last):
            return False
        span = self._reading.tree.spans[crossing.sender]
        return failed(self._reading, last) or _resent(span) or self._is_sent_on(last, crossing)

    def _is_sent_on(self, last: Crossing, crossing: Crossing) -> bool:
        if crossing.kind != "call" or self._begins(crossing) < self._ends(last):
            return False
        spans = self._reading.tree.spans
        return _status(spans[last.sender]) // 100 == 3 or _resent(spans[crossing.sender])

    def _begins(self, crossing: Crossing) -> int:
        return self._reading.start_ns[_timed(crossing)]

    def _ends(self, crossing: Crossing) -> int:
        return self._reading.end_ns[_timed(crossing)]


def _timed(crossing: Crossing) -> int:
    """The span whose times say that one try came after another: a caller may give up before the callee."""
    receiver = crossing.receiver
    return (
        receiver
        if receiver is not None and (crossing.kind != "call" or crossing.lead == receiver)
        else crossing.sender
    )


def _address(span: Span) -> str:
    """Where a client span says that it went; without the query, which may be anything."""
    for key in _URLS:
        if url := text(span.attributes.get(key))[:_LONGEST]:
            try:
                split = urlsplit(url)
            except ValueError:
                return url
            return f"{split.netloc}{split.path}"
    address = text(span.attributes.get(keys.SERVER_ADDRESS))
    return f"{address}:{text(span.attributes.get(keys.SERVER_PORT))}" if address else ""


def _resent(span: Span) -> bool:
    count = span.attributes.get(keys.HTTP_REQUEST_RESEND_COUNT)
    return isinstance(count, int) and count > 0


def _status(span: Span) -> int:
    for key in _STATUS:
        if isinstance(status := span.attributes.get(key), int):
            return status
    return 0
