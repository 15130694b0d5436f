"""A server that runs inside a span of its process: what is around it is nobody's parent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.e2e.conformance.conftest import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conformance.conftest import Start
    from tests.e2e.conformance.served import Service

TRACE, PARENT = "62345678901234567890123456789012", "1234567890123456"
GOOD = ("traceparent", f"00-{TRACE}-{PARENT}-01")


@pytest.fixture(scope="module", params=SERVICES)
def ambient(request: pytest.FixtureRequest, start: Start) -> Iterator[Service]:
    """Each of the services, started inside ``with weft.workflow("ambient")``."""
    with start(request.param, "ambient") as running:
        yield running


def test_without_headers_each_request_is_a_trace_of_its_own(ambient: Service) -> None:
    hops = [ambient.hop(calls=2) for _ in range(3)]
    assert {(hop.outcome, hop.parent) for hop in hops} == {("absent", None)}
    assert len({hop.trace_id for hop in hops}) == 3


def test_with_headers_each_request_continues_its_caller(ambient: Service) -> None:
    hop = ambient.hop(GOOD, ("tracestate", "foo=1"), ("baggage", "a=1"), calls=2)
    assert (hop.outcome, hop.parent, hop.state, hop.baggage) == (
        "continued",
        f"{TRACE}-{PARENT}",
        "foo=1",
        "a=1",
    )


def test_what_is_malformed_begins_a_trace_of_its_own(ambient: Service) -> None:
    for lines in ([("traceparent", "hello")], [GOOD, GOOD]):
        hop = ambient.hop(*lines)
        assert (hop.outcome, hop.parent) == ("malformed", None)


def test_what_is_not_sampled_stays_so(ambient: Service) -> None:
    hop = ambient.hop(("traceparent", f"00-{TRACE}-{PARENT}-00"))
    assert (hop.trace_id, hop.flags, hop.spans) == (TRACE, "00", [])
