"""The propagator as a service has it: what arrives, the span between, what is sent on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import requests.structures
import werkzeug.datastructures
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry import baggage, trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.asgi import ASGIGetter
from opentelemetry.instrumentation.wsgi import WSGIGetter
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from tests.context.grammar import assert_sent

from weft.context import evidence
from weft.context.arrival import arrival_in
from weft.context.carriers import CarrierGetter, CarrierSetter
from weft.context.current import attached
from weft.context.propagator import Propagator
from weft.model import keys

TRACE = "12345678901234567890123456789012"
SPAN = "1234567890123456"
PARENT = f"00-{TRACE}-{SPAN}-01"
OTHER = "00-11111111111111111111111111111111-2222222222222222-01"

propagator = Propagator(agent=lambda _: "agent")
tracer = TracerProvider(shutdown_on_exit=False).get_tracer("service")
unsampled = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False).get_tracer("service")

Headers = Sequence[tuple[str, str]]


def call(context: Context, by: trace.Tracer = tracer, with_: Propagator = propagator) -> dict[str, str]:
    """What a span that begins in a context sends."""
    sent: dict[str, str] = {}
    with_.inject(sent, trace.set_span_in_context(by.start_span("call", context=context), context))
    return sent


def serve(headers: Headers, by: trace.Tracer = tracer, with_: Propagator = propagator) -> dict[str, str]:
    """Receive a request as an ASGI server does, and make a call while it is served."""
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    scope = {"type": "http", "asgi": {"version": "3.0"}, "path": "/", "headers": raw}
    sent = call(with_.extract(scope, Context(), ASGIGetter()), by, with_)
    assert_sent(sent)
    return sent


def vendors(sent: Mapping[str, str]) -> str:
    """The tracestate without our member."""
    return ",".join(each for each in sent.get("tracestate", "").split(",") if not each.startswith("weft="))


def state_of(*fields: str) -> str:
    return vendors(serve([("traceparent", PARENT), *[("tracestate", field) for field in fields]]))


# The cases of the W3C's own suite (w3c/trace-context, test/test.py). What is of one field's grammar alone is
# in test_traceparent.py and test_tracestate.py.


def test_without_a_traceparent_a_trace_begins() -> None:
    assert serve([])["traceparent"] != serve([])["traceparent"]


@pytest.mark.parametrize("name", ["traceparent", "TraceParent", "TrAcEpArEnT", "TRACEPARENT"])
@pytest.mark.parametrize("around", ["{}", " {}", "\t{}", "{} ", "{}\t", "\t {} \t"])
def test_a_traceparent_is_continued_by_a_span_of_our_own(name: str, around: str) -> None:
    version, trace_id, span_id, flags = serve([(name, around.format(PARENT))])["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", TRACE, "01")
    assert span_id != SPAN


@pytest.mark.parametrize(
    "headers",
    [
        [("traceparent", PARENT), ("traceparent", OTHER)],
        [("traceparent", PARENT), ("traceparent", PARENT)],
        [("traceparent", PARENT), ("TraceParent", OTHER)],
        [("traceparent", f"{PARENT},{OTHER}")],
        [("traceparent", f"{PARENT}, {PARENT}")],
        [("traceparent", PARENT), ("traceparent", "")],
        [("traceparent", ""), ("traceparent", PARENT)],
        [("trace-parent", PARENT)],
        [("trace.parent", PARENT)],
        [("traceparent", f"00-{'0' * 32}-{SPAN}-01")],
        [("traceparent", PARENT.replace("9", "A"))],
    ],
)
def test_a_traceparent_that_is_twice_there_or_malformed_begins_a_trace_without_its_tracestate(
    headers: Headers,
) -> None:
    sent = serve([*headers, ("tracestate", "foo=1")])
    assert sent["traceparent"].split("-")[1] not in {TRACE, "1" * 32, "0" * 32}
    assert vendors(sent) == ""


def test_several_calls_of_one_request_have_one_trace_and_parents_of_their_own() -> None:
    context = propagator.extract({"traceparent": PARENT})
    sent = [call(context)["traceparent"].split("-") for _ in range(3)]
    assert {trace_id for _, trace_id, _, _ in sent} == {TRACE}
    assert len({span_id for _, _, span_id, _ in sent}) == 3


def test_a_tracestate_is_handed_on_behind_our_member_in_order() -> None:
    assert state_of("foo=1,bar=2") == "foo=1,bar=2"
    assert state_of("foo=1,bar=2", "rojo=1,congo=2", "baz=3") == "foo=1,bar=2,rojo=1,congo=2,baz=3"
    assert state_of("foo=1", "") == state_of("", "foo=1") == state_of("foo=1 \t , \t") == "foo=1"
    sent = serve([("TRACEPARENT", PARENT), ("TrAcEsTaTe", "foo=1")])["tracestate"]
    assert sent.startswith("weft=1;")
    assert sent.endswith(",foo=1")


@pytest.mark.parametrize("name", ["trace-state", "trace.state"])
def test_a_tracestate_of_another_name_is_none(name: str) -> None:
    assert vendors(serve([("traceparent", PARENT), (name, "foo=1")])) == ""


@pytest.mark.parametrize(
    "state", ["foo", "FOO=1", "foo=1,bar", "foo=bar=baz", "foo=,bar=3", "foo =1", "é=1", "foo=é"]
)
def test_3_3_a_bad_tracestate_never_hurts_the_traceparent(state: str) -> None:
    sent = serve([("traceparent", PARENT), ("tracestate", state)])
    assert sent["traceparent"].split("-")[1] == TRACE
    assert vendors(sent) == ""
    arrival = arrival_in(propagator.extract({"traceparent": PARENT, "tracestate": state}))
    assert arrival is not None
    assert [problem.partition(":")[0] for problem in arrival.problems] == ["tracestate"]


def test_3_3_a_tracestate_alone_is_dropped() -> None:
    assert vendors(serve([("tracestate", "foo=1,bar=2")])) == ""


@pytest.mark.parametrize(
    ("flags", "sent"),
    [
        ("00", "00"),
        ("01", "01"),
        ("02", "02"),
        ("03", "03"),
        ("ff", "03"),
        ("fe", "02"),
        ("09", "01"),
        ("f0", "00"),
    ],
)
def test_3_2_2_5_a_child_keeps_both_flags_and_sends_no_others(flags: str, sent: str) -> None:
    assert serve([("traceparent", f"00-{TRACE}-{SPAN}-{flags}")])["traceparent"].split("-")[3] == sent


def test_3_2_2_5_a_trace_that_begins_here_says_that_its_id_is_random() -> None:
    assert serve([])["traceparent"].split("-")[3] == "03"


@pytest.mark.parametrize("parent", [f"cc-{TRACE}-{SPAN}-01", f"01-{TRACE}-{SPAN}-01-more-{OTHER}"])
def test_3_2_4_a_higher_version_goes_on_as_version_00(parent: str) -> None:
    assert serve([("traceparent", parent)])["traceparent"].startswith(f"00-{TRACE}-")


@pytest.mark.parametrize(
    "state", ["foo=1,bar= 2", "weft=1;1234567890123456;18ba;x,foo=1", "a=1,weft=x", "weft=zz"]
)
def test_3_4_behind_a_traceparent_that_is_handed_on_as_it_came_the_tracestate_stays_as_it_came(
    state: str,
) -> None:
    sent: dict[str, str] = {}
    propagator.inject(sent, propagator.extract({"traceparent": PARENT, "tracestate": state}))
    assert sent == {"traceparent": PARENT, "tracestate": state}


def test_a_service_that_does_not_record_hands_on_the_vendors_members_and_leaves_none() -> None:
    sent = serve([("traceparent", PARENT), ("tracestate", f"weft=1;{SPAN};1;x,foo=1,bar=2")], by=unsampled)
    assert sent["traceparent"].endswith("-00")
    assert sent["tracestate"] == "foo=1,bar=2"


def test_our_member_is_there_once_whoever_read_the_last_one() -> None:
    state = TraceState([("foo", "1"), ("weft", "1;1234567890123456;1;x"), ("bar", "2")])
    local = SpanContext(1, 2, False, TraceFlags(1), state)
    sent: dict[str, str] = {}
    propagator.inject(sent, trace.set_span_in_context(NonRecordingSpan(local), Context()))
    assert_sent(sent)
    assert sent["tracestate"].startswith("weft=1;0000000000000002;")
    assert vendors(sent) == "foo=1,bar=2"


def test_evidence_never_evicts_a_member() -> None:
    full = ",".join(f"k{number}=v" for number in range(32))
    assert serve([("traceparent", PARENT), ("tracestate", full)])["tracestate"] == full
    with_room = ",".join(f"k{number}=v" for number in range(31))
    assert state_of(with_room) == with_room
    assert serve([("traceparent", PARENT), ("tracestate", with_room)])["tracestate"].startswith("weft=1;")
    for length in range(380, 512, 7):
        long = f"foo={'1' * (length // 2)},bar={'2' * (length - length // 2 - 9)}"
        sent = serve([("traceparent", PARENT), ("tracestate", long)])["tracestate"]
        assert sent == long or (sent.endswith(f",{long}") and len(sent) <= 512)
    longest = ",".join(f"k{number}={'v' * 250}" for number in range(10))
    assert serve([("traceparent", PARENT), ("tracestate", longest)])["tracestate"] == longest


def test_evidence_comes_through_a_hop_that_rewrites_the_traceparent_and_adds_its_member() -> None:
    ours = call(Context())
    _, trace_id, span_id, _ = ours["traceparent"].split("-")
    rewritten = {
        "traceparent": f"00-{trace_id}-aaaaaaaaaaaaaaaa-01",
        "tracestate": f"mesh=1,{ours['tracestate']}",
    }
    arrival = arrival_in(propagator.extract(rewritten))
    assert arrival is not None
    sender = evidence.read(arrival.evidence)
    assert sender is not None
    assert (f"{sender.span_id:016x}", sender.agent) == (span_id, "agent")
    assert call(propagator.extract(rewritten))["tracestate"].endswith(",mesh=1")


def test_evidence_comes_through_a_service_without_weft() -> None:
    theirs = TraceContextTextMapPropagator()
    ours = call(Context())
    context = theirs.extract(ours)
    sent: dict[str, str] = {}
    theirs.inject(sent, trace.set_span_in_context(tracer.start_span("plain", context=context), context))
    arrival = arrival_in(propagator.extract(sent))
    assert arrival is not None
    attributes = arrival.attributes()
    assert attributes[keys.PROPAGATION_SENDER_SPAN_ID] == ours["traceparent"].split("-")[2]
    assert attributes[keys.PROPAGATION_SENDER_AGENT] == "agent"


# Baggage.


def test_baggage_goes_along_and_is_added_to_what_a_given_context_has() -> None:
    fields = {"traceparent": PARENT, "baggage": "tenant=7,user=a%20b;secret"}
    context = propagator.extract(fields, baggage.set_baggage("mine", "1", Context()))
    assert dict(baggage.get_all(context)) == {"mine": "1", "tenant": "7", "user": "a b"}
    assert call(context)["baggage"] == "mine=1,tenant=7,user=a%20b;secret"


def test_baggage_with_nothing_good_in_it_leaves_the_current_one() -> None:
    with attached(baggage.set_baggage("mine", "1", Context())):
        context = propagator.extract({"baggage": "no good, neither"})
    assert dict(baggage.get_all(context)) == {"mine": "1"}
    arrival = arrival_in(context)
    assert arrival is not None
    assert arrival.problems == ("baggage: 2 left out",)


@pytest.mark.parametrize(
    "entry", [("k", object()), (7, "v"), ("not a token", "v"), ("k", "\ud800"), ("k", "x" * 100_000)]
)
def test_no_baggage_costs_the_traceparent(entry: tuple[Any, Any]) -> None:
    every = Propagator(["tracecontext", "baggage", "jaeger", "ottrace", "b3"])
    context = propagator.extract({"traceparent": PARENT})
    sent: dict[str, str] = {}
    every.inject(sent, baggage.set_baggage(entry[0], entry[1], baggage.set_baggage("good", "1", context)))
    assert sent["traceparent"] == PARENT
    assert sent["baggage"].startswith("good=1")
    assert sent["uberctx-good"] == "1"


def test_only_allowed_keys_come_in_and_go_out_in_any_format() -> None:
    bounded = Propagator(["tracecontext", "baggage", "jaeger"], baggage_keys=frozenset({"tenant"}))
    headers = {"traceparent": PARENT, "baggage": "tenant=7,secret=x"}
    assert dict(baggage.get_all(bounded.extract(headers))) == {"tenant": "7"}
    jaeger = {"uber-trace-id": f"{TRACE}:{SPAN}:0:1", "uberctx-tenant": "7", "uberctx-secret": "x"}
    assert dict(baggage.get_all(bounded.extract(jaeger))) == {"tenant": "7"}
    sent = call(propagator.extract(headers), with_=bounded)
    assert "secret" not in str(sent)
    assert (sent["baggage"], sent["uberctx-tenant"]) == ("tenant=7", "7")


# Other formats, and other propagators.


def test_what_is_malformed_is_passed_over_and_told() -> None:
    context = propagator.extract({"traceparent": "garbage", "b3": f"{TRACE}-{SPAN}-1"})
    arrival = arrival_in(context)
    assert arrival is not None
    assert (arrival.outcome, arrival.format) == ("continued", "b3")
    assert [problem.partition(":")[0] for problem in arrival.problems] == ["traceparent"]


CONFLICT = {
    "traceparent": PARENT,
    "b3": f"{'2' * 32}-{SPAN}-1",
    "uber-trace-id": f"{'3' * 32}:{SPAN}:0:1",
    "x-datadog-trace-id": str(int(TRACE[16:], 16)),
    "x-datadog-parent-id": "7",
    "X-Amzn-Trace-Id": f"Root=1-44444444-{'4' * 24};Parent={SPAN};Sampled=1",
}


@pytest.mark.parametrize(
    ("formats", "chosen", "conflicts"),
    [
        (("tracecontext", "baggage"), "tracecontext", ("b3", "jaeger", "xray")),
        (("baggage",), "tracecontext", ("b3", "jaeger", "xray")),
        (("b3", "tracecontext"), "b3", ("tracecontext", "jaeger", "datadog", "xray")),
        (("xray",), "xray", ("tracecontext", "b3", "jaeger", "datadog")),
        (("jaeger", "xray", "tracecontext"), "jaeger", ("xray", "tracecontext", "b3", "datadog")),
    ],
)
def test_of_several_parents_the_first_in_order_counts_and_the_others_are_told(
    formats: tuple[str, ...], chosen: str, conflicts: tuple[str, ...]
) -> None:
    arrival = arrival_in(Propagator(formats).extract(CONFLICT))
    assert arrival is not None
    assert (arrival.format, arrival.conflicts) == (chosen, conflicts)


def test_formats_that_name_one_trace_are_no_conflict() -> None:
    headers = {
        "traceparent": PARENT,
        "b3": f"{TRACE}-{SPAN}-1",
        "ot-tracer-traceid": TRACE[16:],
        "ot-tracer-spanid": SPAN,
    }
    arrival = arrival_in(propagator.extract(headers))
    assert arrival is not None
    assert arrival.conflicts == ()


def test_a_refusal_is_handed_on() -> None:
    assert serve([("b3", "0")])["traceparent"].endswith("-00")


def test_with_no_format_nothing_is_written_and_nothing_read() -> None:
    none = Propagator(())
    assert call(none.extract({"traceparent": PARENT, "baggage": "a=1"}), with_=none) == {}
    assert none.extract({"traceparent": PARENT, "baggage": "a=1"}, Context()) == {}


class Foreign(TextMapPropagator):
    """A vendor's propagator, as programs set them."""

    def extract(self, carrier: Any, context: Context | None = None, getter: Any = None) -> Context:
        context = baggage.set_baggage("secret", "x", context)
        remote = SpanContext(int(carrier["x-vendor"], 16), 7, True, TraceFlags(1))
        return trace.set_span_in_context(NonRecordingSpan(remote), context)

    def inject(self, carrier: Any, context: Context | None = None, setter: Any = None) -> None:
        carrier["x-vendor"] = f"{trace.get_current_span(context).get_span_context().trace_id:032x}"
        carrier["baggage"] = "secret=x,tenant=8"

    @property
    def fields(self) -> set[str]:
        return {"x-vendor", "baggage"}


class Broken(Foreign):
    """Raises in both directions."""

    def extract(self, *_: Any, **__: Any) -> Context:
        raise RuntimeError("no")

    def inject(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("no")


def test_another_propagator_is_written_too_and_read_where_nothing_else_is_found() -> None:
    both = Propagator(others=[Broken(), Foreign()])
    sent = call(both.extract({"x-vendor": TRACE, "baggage": "tenant=7"}), with_=both)
    assert sent["x-vendor"] == sent["traceparent"].split("-")[1] == TRACE
    assert sent["baggage"] == "secret=x,tenant=7"
    assert call(both.extract({"x-vendor": TRACE, "traceparent": OTHER}), with_=both)["x-vendor"] == "1" * 32
    assert both.fields == {"traceparent", "tracestate", "baggage", "x-vendor"}
    arrival = arrival_in(both.extract({"x-vendor": TRACE}))
    assert arrival is not None
    assert (arrival.outcome, arrival.format) == ("continued", "Foreign")


def test_another_propagators_baggage_is_bounded_too() -> None:
    bounded = Propagator(others=[Foreign()], baggage_keys=frozenset({"tenant"}))
    assert dict(baggage.get_all(bounded.extract({"x-vendor": TRACE}))) == {}
    assert call(bounded.extract({"traceparent": PARENT}), with_=bounded)["baggage"] == "tenant=8"
    nothing = Propagator(others=[Foreign()], baggage_keys=frozenset())
    assert "baggage" not in call(nothing.extract({"traceparent": PARENT}), with_=nothing)


# Carriers.


@pytest.mark.parametrize("formats", [("tracecontext", "baggage"), ("tracecontext", "xray", "jaeger")])
@pytest.mark.parametrize("case", [str.lower, str.title, str.upper])
def test_what_is_there_already_is_replaced_whatever_its_case(formats: tuple[str, ...], case: Any) -> None:
    writes = Propagator(formats, agent=lambda _: "")
    fields = call(propagator.extract({"traceparent": PARENT}), with_=writes)
    carrier = {**{case(name): "stale" for name in fields}, "Accept": "*/*"}
    writes.inject(carrier, propagator.extract({"traceparent": PARENT}))
    assert carrier.pop("Accept") == "*/*"
    assert "stale" not in carrier.values()


@pytest.mark.parametrize(
    "make",
    [
        dict,
        requests.structures.CaseInsensitiveDict,
        lambda pairs: werkzeug.datastructures.Headers(list(pairs)),
        type("Subclass", (dict,), {}),
    ],
)
def test_a_tracestate_goes_with_the_traceparent_it_belonged_to_in_every_kind_of_carrier(make: Any) -> None:
    carrier = make([("Traceparent", OTHER), ("Tracestate", "vendor=stale"), ("Accept", "*/*")])
    propagator.inject(carrier, propagator.extract({"traceparent": PARENT}))
    assert sorted((name.lower(), value) for name, value in carrier.items()) == [
        ("accept", "*/*"),
        ("traceparent", PARENT),
    ]


def test_fields_forwarded_in_a_list_of_pairs_are_replaced() -> None:
    class Appends(CarrierSetter):
        """As Kafka's setter does."""

        def set(self, carrier: Any, key: str, value: str) -> None:
            carrier.append((key, value.encode()))

    carrier: list[Any] = [("traceparent", OTHER.encode()), ("tracestate", b"vendor=stale"), ("k", b"v")]
    propagator.inject(carrier, propagator.extract({"traceparent": PARENT}), Appends())
    assert carrier == [("k", b"v"), ("traceparent", PARENT.encode())]


class Exploding(dict[str, str]):
    """Fails whatever is done."""

    def __iter__(self) -> Any:
        raise RuntimeError("no")

    def items(self) -> Any:
        raise RuntimeError("no")

    def __setitem__(self, key: str, value: str) -> None:
        raise RuntimeError("no")


@pytest.mark.parametrize("carrier", [None, 7, "text", b"bytes", object(), (), Exploding(a="b"), [1, 2]])
def test_no_carrier_makes_either_direction_raise(carrier: Any) -> None:
    for getter in (CarrierGetter(), ASGIGetter(), WSGIGetter()):
        assert isinstance(propagator.extract(carrier, None, getter), Context)
    propagator.inject(carrier, propagator.extract({"traceparent": PARENT}))


# Properties.

agents = st.text(max_size=80) | st.text("🧵é\n\x00;,=% ", max_size=20) | st.just("x" * 10_000)
members = st.dictionaries(
    st.text("abcz019_-*/@", min_size=1, max_size=20).filter(lambda key: key[0] in "abcz019"),
    st.text('abc XYZ;:"~!', max_size=60).map(lambda value: f"{value}."),
    max_size=32,
)
entries = st.dictionaries(st.text(max_size=10), st.text(max_size=40) | st.integers() | st.none(), max_size=10)
parents = st.tuples(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.integers(0, 255))
cases = st.sampled_from([str.lower, str.upper, str.title, str.swapcase])


def shaped(fields: Mapping[str, str], shape: str, case: Any) -> tuple[Any, Any]:
    """A carrier of some shape, with the getter that its server uses."""
    named = {case(name): value for name, value in fields.items()}
    raw = [(name.encode(), value.encode()) for name, value in named.items()]
    shapes: dict[str, tuple[Any, Any]] = {
        "dict": (named, CarrierGetter()),
        "bytes": (dict(raw), CarrierGetter()),
        "lists": ({name: [value] for name, value in named.items()}, CarrierGetter()),
        "pairs": (list(named.items()), CarrierGetter()),
        "asgi": ({"type": "http", "asgi": {}, "path": "/", "headers": raw}, ASGIGetter()),
        "wsgi": (
            {"wsgi.version": (1, 0), **{f"HTTP_{name.upper()}": value for name, value in named.items()}},
            WSGIGetter(),
        ),
    }
    return shapes[shape]


@settings(max_examples=400, deadline=None)
@given(
    parents,
    members,
    entries,
    agents,
    st.booleans(),
    st.sampled_from(["dict", "bytes", "lists", "pairs", "asgi", "wsgi"]),
    cases,
)
def test_what_is_sent_has_the_grammar_and_is_read_the_same_in_every_shape(
    parent: tuple[int, int, int],
    state: dict[str, str],
    held: dict[str, Any],
    agent: str,
    is_remote: bool,
    shape: str,
    case: Any,
) -> None:
    trace_id, span_id, flags = parent
    span = SpanContext(trace_id, span_id, is_remote, TraceFlags(flags), TraceState(list(state.items())))
    context = trace.set_span_in_context(NonRecordingSpan(span), Context())
    for key, value in held.items():
        context = baggage.set_baggage(key, value, context)
    sender = Propagator(agent=lambda _: agent)
    sent: dict[str, str] = {}
    sender.inject(sent, context)
    assert_sent(sent)
    carrier, getter = shaped(sent, shape, case)
    arrived = sender.extract(carrier, None, getter)
    found = trace.get_current_span(arrived).get_span_context()
    assert (found.trace_id, found.span_id, found.trace_flags) == (trace_id, span_id, flags & 3)
    assert found.trace_state == span.trace_state
    again: dict[str, str] = {}
    sender.inject(again, arrived)
    assert again == sent


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["traceparent", "Traceparent", "tracestate", "baggage", "b3", "uber-trace-id", "uberctx-a"]
            ),
            st.sampled_from(
                [PARENT, OTHER, f"cc-{TRACE}-{SPAN}-ff-x", "weft=1;;;,a=1", "a=1,b=2;p", f"{TRACE}-{SPAN}-d"]
            )
            | st.text(max_size=40)
            | st.text("0123456789abcdef-,=;% ", max_size=60),
        ),
        max_size=6,
    ),
    st.sampled_from(
        [
            ("tracecontext", "baggage"),
            ("b3", "jaeger", "ottrace", "tracecontext", "baggage", "xray", "datadog", "sentry", "gcp_trace"),
        ]
    ),
)
def test_whatever_arrives_what_is_sent_on_has_the_grammar(
    headers: list[tuple[str, str]], formats: tuple[str, ...]
) -> None:
    reads = Propagator(formats, agent=lambda _: "agent")
    sent = call(reads.extract(headers, None, CarrierGetter()), with_=reads)
    w3c = {name: value for name, value in sent.items() if name in {"traceparent", "tracestate", "baggage"}}
    assert "traceparent" in w3c
    assert_sent(w3c)
    assert all(value.isascii() and value.isprintable() for value in sent.values())
