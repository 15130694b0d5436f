"""What carried a call from one service to another."""

from collections.abc import Callable

import pytest

from weft.model.span import Span
from weft.model.trace import Trace
from weft.present.terminal.hop import hop

Make = Callable[..., Span]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "server", "attributes": {"http.request.method": "POST"}}, "HTTP"),
        ({"kind": "server", "attributes": {"http.method": "POST"}}, "HTTP"),
        ({"kind": "server", "attributes": {"rpc.system": "grpc"}}, "gRPC"),
        ({"kind": "server", "attributes": {"rpc.system.name": "thrift"}}, "thrift"),
        ({"kind": "consumer", "attributes": {"messaging.system": "redis"}}, "redis message"),
        ({"kind": "consumer"}, "message"),
        ({"kind": "server"}, "call"),
        ({"kind": "internal"}, ""),
    ],
)
def test_the_way_into_another_service_is_named(span: Make, fields: dict[str, object], words: str) -> None:
    trace = Trace("1", [span(1), span(2, 1, service="other", **fields)])

    assert hop(trace.roots[0].children[0]) == words


def test_work_within_a_service_is_no_hop(span: Make) -> None:
    trace = Trace("1", [span(1), span(2, 1, kind="server", attributes={"http.method": "GET"})])

    assert [hop(node) for node in trace.walk()] == ["", ""]


def test_a_call_that_the_other_side_did_not_mark_is_still_a_call(span: Make) -> None:
    trace = Trace("1", [span(1, kind="client"), span(2, 1, service="other")])

    assert hop(trace.roots[0].children[0]) == "call"
