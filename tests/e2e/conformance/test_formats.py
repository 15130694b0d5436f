"""Other formats than W3C's: continued, and told on the SERVER span with what spoke against them.

What is sent on is W3C's alone: OTEL_PROPAGATORS says nothing else here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conformance.served import Service

TRACE, PARENT = "42345678901234567890123456789012", "1234567890123456"
W3C = ("traceparent", f"00-{TRACE}-{PARENT}-01")
OTHER, ELSE = "5af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PADDED = f"{'0' * 16}{OTHER[16:]}"

#: What is sent, the format first, and the trace that it names.
CONTINUED = {
    "b3": ([("b3", f"{OTHER}-{ELSE}-1")], OTHER),
    "b3 with a parent": ([("b3", f"{OTHER}-{ELSE}-d-{PARENT}")], OTHER),
    "b3 of 64 bits": ([("b3", f"{OTHER[16:]}-{ELSE}-1")], PADDED),
    "b3 without a decision": ([("B3", f"{OTHER}-{ELSE}")], OTHER),
    "b3multi": (
        [
            ("X-B3-TraceId", OTHER), ("X-B3-SpanId", ELSE),
            ("X-B3-ParentSpanId", PARENT), ("X-B3-Sampled", "1"),
        ],
        OTHER,
    ),
    "b3multi of 64 bits": (
        [("x-b3-traceid", OTHER[16:]), ("x-b3-spanid", ELSE), ("x-b3-flags", "1")], PADDED,
    ),
    "jaeger": ([("uber-trace-id", f"{OTHER}:{ELSE}:0:1")], OTHER),
    "jaeger encoded": ([("Uber-Trace-Id", f"{OTHER}%3A{ELSE}%3A0%3A1")], OTHER),
    "jaeger of 64 bits": ([("uber-trace-id", f"{OTHER[16:]}:{ELSE}:0:3")], PADDED),
    "ottrace": (
        [("ot-tracer-traceid", OTHER[16:]), ("ot-tracer-spanid", ELSE), ("ot-tracer-sampled", "true")],
        PADDED,
    ),
    "datadog": (
        [
            ("x-datadog-trace-id", str(int(OTHER[16:], 16))),
            ("x-datadog-parent-id", str(int(ELSE, 16))),
            ("x-datadog-sampling-priority", "2"),
            ("x-datadog-tags", f"_dd.p.dm=-1,_dd.p.tid={OTHER[:16]}"),
        ],
        OTHER,
    ),
    "datadog without the high bits": (
        [("x-datadog-trace-id", str(int(OTHER[16:], 16))), ("x-datadog-parent-id", str(int(ELSE, 16)))],
        PADDED,
    ),
    "sentry": ([("sentry-trace", f"{OTHER}-{ELSE}-1"), ("baggage", "sentry-environment=a")], OTHER),
    "xray": (
        [("X-Amzn-Trace-Id", f"Self=1-6-7;Root=1-{OTHER[:8]}-{OTHER[8:]};Parent={ELSE};Sampled=1")], OTHER,
    ),
    "gcp_trace": ([("X-Cloud-Trace-Context", f"{OTHER}/{int(ELSE, 16)};o=1")], OTHER),
}  # fmt: skip


@pytest.mark.parametrize("what", CONTINUED)
def test_alone_it_is_continued(service: Service, what: str) -> None:
    lines, trace_id = CONTINUED[what]
    hop = service.hop(*lines)
    assert (hop.outcome, hop.parent) == ("continued", f"{trace_id}-{ELSE}")
    assert hop.told("format") == what.split(maxsplit=1)[0]
    assert hop.told("received") == ",".join(name.lower() for name, _ in lines)
    assert (hop.told("problems"), hop.told("conflicts")) == (None, None)


@pytest.mark.parametrize("what", CONTINUED)
def test_beside_a_traceparent_it_is_a_conflict_that_is_told(service: Service, what: str) -> None:
    lines, trace_id = CONTINUED[what]
    hop = service.hop(*lines, W3C)
    assert (hop.outcome, hop.parent, hop.told("format")) == ("continued", f"{TRACE}-{PARENT}", "tracecontext")
    assert hop.told("conflicts") == [what.split(maxsplit=1)[0]]
    assert trace_id not in hop.fields["traceparent"]


@pytest.mark.parametrize(
    "line",
    [
        ("b3", f"{TRACE}-{PARENT}-1"),
        ("b3", f"{TRACE[16:]}-{PARENT}-1"),
        ("x-datadog-trace-id", str(int(TRACE[16:], 16))),
        ("uber-trace-id", f"{TRACE}:{PARENT}:0:1"),
        ("x-cloud-trace-context", f"{TRACE}/1;o=1"),
        ("x-amzn-trace-id", f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={ELSE};Sampled=0"),
    ],
    ids=["b3", "b3 of 64 bits", "datadog", "jaeger", "gcp_trace", "xray"],
)
def test_the_same_trace_in_two_formats_is_no_conflict(service: Service, line: tuple[str, str]) -> None:
    lines = [line, *([("x-datadog-parent-id", "1")] if "datadog" in line[0] else [])]
    hop = service.hop(W3C, *lines)
    assert (hop.parent, hop.told("conflicts"), hop.told("problems")) == (f"{TRACE}-{PARENT}", None, None)


def test_all_of_them_at_once_are_told_in_the_order_in_which_they_are_believed(service: Service) -> None:
    order = ["b3", "b3multi", "jaeger", "ottrace", "datadog", "sentry", "xray", "gcp_trace"]
    lines = [line for name in order for line in CONTINUED[name][0]]
    hop = service.hop(*reversed(lines), W3C)
    assert (hop.parent, hop.told("format")) == (f"{TRACE}-{PARENT}", "tracecontext")
    assert hop.told("conflicts") == order


@pytest.mark.parametrize("traceparent", ["hello", f"00-{'0' * 32}-{PARENT}-01", f"ff-{TRACE}-{PARENT}-01"])
def test_a_malformed_traceparent_is_passed_over_for_another_format(
    service: Service, traceparent: str
) -> None:
    hop = service.hop(("traceparent", traceparent), ("tracestate", "foo=1"), ("b3", f"{OTHER}-{ELSE}-1"))
    assert (hop.outcome, hop.parent, hop.told("format"), hop.state) == (
        "continued",
        f"{OTHER}-{ELSE}",
        "b3",
        "",
    )
    (problem,) = hop.told("problems") or ()
    assert problem.startswith("traceparent: ")


MALFORMED = {
    "b3": [("b3", f"{OTHER}-{ELSE[:-1]}-1")],
    "b3 twice": [("b3", f"{OTHER}-{ELSE}-1"), ("b3", f"{OTHER}-{ELSE}-1")],
    "b3 of zeros": [("b3", f"{'0' * 32}-{ELSE}-1")],
    "b3multi without a trace": [("x-b3-traceid", ""), ("x-b3-spanid", ELSE)],
    "jaeger": [("uber-trace-id", f"{OTHER}:{ELSE}:0")],
    "datadog": [("x-datadog-trace-id", "1" * 30), ("x-datadog-parent-id", "1")],
    "xray without a parent": [("x-amzn-trace-id", f"Root=1-{OTHER[:8]}-{OTHER[8:]}")],
    "google without a span": [("x-cloud-trace-context", OTHER)],
    "sentry": [("sentry-trace", f"{OTHER}-{ELSE}-2")],
}


@pytest.mark.parametrize("lines", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_and_alone_it_begins_a_new_trace(service: Service, lines: list[tuple[str, str]]) -> None:
    hop = service.hop(*lines)
    assert (hop.outcome, hop.parent) == ("malformed", None)
    assert OTHER not in hop.fields["traceparent"]
    (problem,) = hop.told("problems") or ()
    assert problem.startswith(f"{lines[0][0]}: ")


@pytest.mark.parametrize(
    "lines",
    [
        [("b3", "0")],
        [("x-b3-sampled", "0")],
        [("b3", f"{OTHER}-{ELSE}-0")],
        [("uber-trace-id", f"{OTHER}:{ELSE}:0:0")],
        [("x-cloud-trace-context", f"{OTHER}/1;o=0")],
        [("x-amzn-trace-id", f"Root=1-{OTHER[:8]}-{OTHER[8:]};Sampled=0")],
    ],
    ids=["b3 alone", "b3multi alone", "b3", "jaeger", "gcp_trace", "xray without a parent"],
)
def test_who_asks_for_no_sampling_gets_none(service: Service, lines: list[tuple[str, str]]) -> None:
    hop = service.hop(*lines)
    assert (hop.flags, hop.evidence) == ("00", "")


@pytest.mark.parametrize(
    "lines",
    [
        [("uber-trace-id", f"{OTHER}:{ELSE}:0:1"), ("uberctx-user", "a%20b"), ("Uberctx-Team", "red")],
        [
            ("ot-tracer-traceid", OTHER), ("ot-tracer-spanid", ELSE), ("ot-tracer-sampled", "true"),
            ("ot-baggage-user", "a b"), ("Ot-Baggage-Team", "red"),
        ],
    ],
    ids=["jaeger", "ottrace"],
)  # fmt: skip
def test_baggage_in_fields_of_its_own_goes_on_as_baggage(
    service: Service, lines: list[tuple[str, str]]
) -> None:
    assert set(service.hop(*lines).baggage.split(",")) == {"user=a%20b", "team=red"}
