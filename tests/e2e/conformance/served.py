"""A service between the two ends: what is sent to it, and what comes of that."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.e2e.conformance.hop import SERVER, Hop
from tests.e2e.conformance.upstream import connect, request, status
from tests.servers import until

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.e2e.conformance.downstream import Downstream
    from tests.otlp_receiver import Receiver, SentSpan

_numbers = itertools.count()


@dataclass
class Service:
    """A running service.

    Attributes:
        name: Its ``service.name``.
        port: Where it listens on loopback.
        downstream: What it calls.
        receiver: Where its spans arrive.
    """

    name: str
    port: int
    downstream: Downstream
    receiver: Receiver

    def hop(self, *lines: tuple[str, str], calls: int = 1) -> Hop:
        """Send a request with these header lines, which makes the service call on; see what came of it.

        What holds for every request is asserted here.
        """
        answered, hop = self.attempt(*lines, calls=calls)
        assert hop is not None, f"the service answered {answered} and called nobody"
        hop.assert_conforms()
        return hop

    def attempt(self, *lines: tuple[str, str], calls: int = 1) -> tuple[int, Hop | None]:
        """Send what the service's server may refuse: the status, and what came of it where it did not."""
        path = fresh_path()
        with connect(self.port, self.request(path, lines, calls)) as opened:
            answered = status(opened)
        return answered, self.found(path, answered) if self.downstream.arrived(path) else None

    def request(self, path: str, lines: Iterable[tuple[str, str]], calls: int = 1, **how: Any) -> bytes:
        """Write a request that makes the service call on; see `upstream.request`."""
        return request(path, lines, [self.downstream.url(path)] * calls, **how)

    def found(self, path: str, answered: int) -> Hop:
        """What came of a request for a path; its spans where what was sent on says that they are recorded."""
        requests = self.downstream.arrived(path)
        sampled = any(
            int(value[-1], 16) & 1 for name, value in requests[0] if name.lower() == "traceparent" and value
        )
        spans = self.spans(path) if sampled else []
        return Hop(self.name, answered, requests, spans)

    def spans(self, path: str) -> list[SentSpan]:
        """The spans of a request, once its SERVER span has arrived: the last one to end."""

        def served() -> list[SentSpan]:
            spans = (span for span in self.receiver.spans() if span.service == self.name)
            return [span for span in spans if _url(span).endswith(path)]

        until(lambda: any(span.kind == SERVER for span in served()), f"the SERVER span of {path} arrived")
        return served()


def _url(span: SentSpan) -> str:
    return str(span.attributes.get("url.full") or span.attributes.get("url.path") or "")


def fresh_path() -> str:
    """A path that no request has had."""
    return f"/case/{next(_numbers)}"
