"""X-Ray: AWS's documentation, and what load balancers and Lambda send."""

from __future__ import annotations

import pytest
from opentelemetry.trace import SpanContext, TraceFlags

from weft.context.formats.format import Denied, Found, Malformed, Reading
from weft.context.formats.xray import FORMAT

ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"
TRACE_ID = 0x5759E988BD862E3FE1BE46A994272793
SPAN_ID = 0x53995C3F42CD8AD8
PARENT = "Parent=53995c3f42cd8ad8"
NO_FORMAT = Malformed("x-amzn-trace-id: not in the format")


@pytest.mark.parametrize(
    ("value", "reading"),
    [
        # X-Ray developer guide, Tracing header
        (f"{ROOT};{PARENT};Sampled=1", Found(TRACE_ID, SPAN_ID, True)),
        (f"{ROOT};{PARENT};Sampled=0", Found(TRACE_ID, SPAN_ID, False)),
        # opentelemetry-propagator-aws-xray refuses the question mark (measured)
        (f"{ROOT};{PARENT};Sampled=?", Found(TRACE_ID, SPAN_ID, None)),
        (f"{ROOT};{PARENT}", Found(TRACE_ID, SPAN_ID, None)),
        (f"Sampled=1;{PARENT};{ROOT}", Found(TRACE_ID, SPAN_ID, True)),
        (f"{ROOT} ; {PARENT} ; Sampled = 1 ;", Found(TRACE_ID, SPAN_ID, True)),
        # ruby-contrib#1958: a load balancer puts Self in front
        (
            f"Self=1-67891234-12456789abcdef012345678;{ROOT};{PARENT};Sampled=1",
            Found(TRACE_ID, SPAN_ID, True),
        ),
        # datadog-lambda-java#89: Lambda adds Lineage
        (
            "Root=1-46105bdf-04c13a9504458ebc539f5fba;Parent=240a548a42a88af4;Sampled=0;Lineage=12326a9d:0",
            Found(0x46105BDF04C13A9504458EBC539F5FBA, 0x240A548A42A88AF4, False),
        ),
        (f"{ROOT};{PARENT};Sampled=1;CalledFrom=app;x;=;k=v=w", Found(TRACE_ID, SPAN_ID, True)),
        # go-contrib#8024, java-contrib#2407: a load balancer that is first sends Root alone
        ("Root=1-68ef9936-5f4df7cb590e654d2f659b2c", Malformed("x-amzn-trace-id: no Parent")),
        # X-Ray developer guide: the decision of the first service, without a segment of its own
        (f"{ROOT};Sampled=1", Malformed("x-amzn-trace-id: no Parent")),
        (f"{ROOT};Sampled=0", Denied()),
        ("Sampled=0", Denied()),
        (f"{PARENT};Sampled=1", Malformed("x-amzn-trace-id: no Root")),
        (f"{PARENT};Sampled=0", Malformed("x-amzn-trace-id: no Root")),
        ("", Malformed("x-amzn-trace-id: no Root")),
        (f"{ROOT};{PARENT};Sampled=2", Malformed("x-amzn-trace-id: Sampled is not 0, 1 or ?")),
        (f"{ROOT};{PARENT};Sampled=", Malformed("x-amzn-trace-id: Sampled is not 0, 1 or ?")),
        (f"{ROOT};{ROOT};{PARENT}", Malformed("x-amzn-trace-id: more than one Root")),
        (f"{ROOT};{PARENT};Parent=1", Malformed("x-amzn-trace-id: more than one Parent")),
        (f"Root=2{ROOT[6:]};{PARENT}", NO_FORMAT),
        (f"{ROOT}0;{PARENT}", NO_FORMAT),
        (f"Root=1-{TRACE_ID:032x};{PARENT}", NO_FORMAT),
        (f"{ROOT};{PARENT}0", NO_FORMAT),
        (f"{ROOT};Parent=", NO_FORMAT),
        (f"{ROOT};Parent={'0' * 16}", Malformed("x-amzn-trace-id: an id of zero")),
        (f"Root=1-{'0' * 8}-{'0' * 24};{PARENT}", Malformed("x-amzn-trace-id: an id of zero")),
    ],
)
def test_the_header(value: str, reading: Reading) -> None:
    assert FORMAT.read({"x-amzn-trace-id": [value]}) == reading


def test_the_header_is_spelt_as_aws_does() -> None:
    context = SpanContext(TRACE_ID, SPAN_ID, is_remote=False, trace_flags=TraceFlags(3))
    assert FORMAT.write(context, {}) == {"X-Amzn-Trace-Id": f"{ROOT};{PARENT};Sampled=1"}
