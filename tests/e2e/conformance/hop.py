"""One request through a service: what was sent to it, what it sent on, and the spans it exported."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tests.context.grammar import assert_sent

if TYPE_CHECKING:
    from tests.e2e.conformance.downstream import Lines
    from tests.otlp_receiver import SentSpan

SERVER, CLIENT = 2, 3  # opentelemetry.proto.trace.v1.Span.SpanKind
TRACE_FIELDS = {
    "traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "uber-trace-id", "ot-tracer-traceid",
    "x-datadog-trace-id", "sentry-trace", "x-amzn-trace-id", "x-cloud-trace-context",
}  # fmt: skip


@dataclass(frozen=True)
class Hop:
    """What came of a request.

    Attributes:
        service: The service's name.
        status: Of its answer.
        requests: The header lines of each request that it made, in order.
        spans: The spans that it exported: none where the trace is not sampled.
    """

    service: str
    status: int
    requests: list[Lines]
    spans: list[SentSpan]

    @cached_property
    def fields(self) -> dict[str, str]:
        """The propagation fields of the first request made, by name as it is on the wire."""
        return propagation(self.requests[0])

    @property
    def trace_id(self) -> str:
        return self.fields["traceparent"].split("-")[1]

    @property
    def flags(self) -> str:
        return self.fields["traceparent"].split("-")[3]

    @property
    def state(self) -> str:
        """The members of the tracestate that are not ours."""
        members = self.fields.get("tracestate", "").split(",")
        return ",".join(member for member in members if not member.startswith("weft="))

    @property
    def evidence(self) -> str:
        """The value of our member; empty without one."""
        first = self.fields.get("tracestate", "").split(",")[0]
        return first.removeprefix("weft=") if first.startswith("weft=") else ""

    @property
    def baggage(self) -> str:
        return self.fields.get("baggage", "")

    @property
    def server(self) -> SentSpan:
        (span,) = [span for span in self.spans if span.kind == SERVER]
        return span

    @property
    def outcome(self) -> str:
        return str(self.server.attributes["weft.propagation.outcome"])

    @property
    def parent(self) -> str | None:
        """The span that was continued, as ``traceid-parentid``; None where the trace began here."""
        return f"{self.server.trace_id}-{self.server.parent_id}" if self.server.parent_id else None

    def told(self, name: str) -> str | list[str] | None:
        """What the SERVER span says of what arrived: the attribute ``weft.propagation.{name}``."""
        value = self.server.attributes.get(f"weft.propagation.{name}")
        return [each.string_value for each in value.values] if hasattr(value, "values") else value

    def assert_conforms(self) -> None:
        """What holds for every request, whatever was sent."""
        assert self.status == 200
        for lines in self.requests:
            assert_sent(propagation(lines))
        sent = [propagation(lines)["traceparent"].split("-") for lines in self.requests]
        assert len({trace_id for _, trace_id, _, _ in sent}) == 1
        assert len({parent_id for _, _, parent_id, _ in sent}) == len(sent)
        if self.spans:
            clients = [span for span in self.spans if span.kind == CLIENT]
            assert [span.span_id for span in clients] == [parent_id for _, _, parent_id, _ in sent]
            assert {span.parent_id for span in clients} == {self.server.span_id}
            assert {span.trace_id for span in self.spans} == {self.trace_id}
            assert [span for span in self.spans if "weft.propagation.outcome" in span.attributes] == [
                self.server
            ]
            if self.evidence:
                version, span_id, _, agent = self.evidence.split(";")
                assert (version, span_id, agent) == ("1", clients[0].span_id, self.service)


def propagation(lines: Lines) -> dict[str, str]:
    """The propagation fields among header lines; each of them is there once, with its name in lower case."""
    found = [(name, value) for name, value in lines if name.lower() in TRACE_FIELDS]
    assert len(dict(found)) == len(found), found
    return dict(found)
