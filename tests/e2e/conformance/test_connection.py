"""What a connection may hold besides one request of HTTP/1.1: several, older ones, and trailers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.e2e.conformance.served import fresh_path
from tests.e2e.conformance.upstream import connect, status

if TYPE_CHECKING:
    from tests.e2e.conformance.served import Service

TRACE, PARENT = "72345678901234567890123456789012", "1234567890123456"
GOOD = ("traceparent", f"00-{TRACE}-{PARENT}-01")
OTHER = ("traceparent", f"00-{TRACE[::-1]}-{PARENT}-01")
BESIDE = [("tracestate", "foo=1"), ("baggage", "a=1")]


def test_requests_sent_at_once_on_one_connection_have_nothing_in_common(service: Service) -> None:
    sent = [[GOOD, *BESIDE], [], [OTHER], [("traceparent", "hello"), *BESIDE], [], [GOOD], [GOOD]]
    paths = [fresh_path() for _ in sent]
    # werkzeug closes a connection behind its first answer.
    kept = "close" if service.name == "flask" else "keep-alive"
    requests = [
        service.request(path, lines, connection=kept) for path, lines in zip(paths[:-1], sent, strict=False)
    ]
    requests.append(service.request(paths[-1], sent[-1]))
    for at_once in [requests] if kept == "keep-alive" else [[each] for each in requests]:
        with connect(service.port, *at_once) as opened:
            assert status(opened) == 200
    hops = [service.found(path, 200) for path in paths]
    for hop in hops:
        hop.assert_conforms()
    assert [(hop.outcome, hop.parent, hop.state, hop.baggage) for hop in hops] == [
        ("continued", f"{TRACE}-{PARENT}", "foo=1", "a=1"),
        ("absent", None, "", ""),
        ("continued", f"{TRACE[::-1]}-{PARENT}", "", ""),
        ("malformed", None, "", "a=1"),
        ("absent", None, "", ""),
        ("continued", f"{TRACE}-{PARENT}", "", ""),
        ("continued", f"{TRACE}-{PARENT}", "", ""),
    ]
    assert len({hop.trace_id for hop in hops}) == len(hops) - 2


@pytest.mark.parametrize("lines", [[GOOD], [GOOD, OTHER], []], ids=["one", "two", "none"])
def test_a_peer_that_speaks_http_1_0_is_understood(service: Service, lines: list[tuple[str, str]]) -> None:
    path = fresh_path()
    with connect(service.port, service.request(path, [*lines, *BESIDE], version="1.0")) as opened:
        hop = service.found(path, status(opened))
    hop.assert_conforms()
    assert hop.parent == (f"{TRACE}-{PARENT}" if lines == [GOOD] else None)
    assert hop.baggage == "a=1"


# uvicorn 0.54 with httptools puts trailers among the headers, which RFC 9110, section 6.5.1, forbids, so that
# there are two; werkzeug 3.1 answers 500; aiohttp 3.14 keeps them apart (measured).
def test_a_trailer_never_takes_the_place_of_a_header(service: Service) -> None:
    path = fresh_path()
    with connect(service.port, service.request(path, [GOOD], trailers=[OTHER])) as opened:
        answered = status(opened)
    if answered == 200:
        hop = service.found(path, answered)
        hop.assert_conforms()
        assert hop.parent == f"{TRACE}-{PARENT}" or (service.name, hop.outcome) == ("fastapi", "malformed")
    else:
        assert service.name == "flask"
    assert service.hop(GOOD).parent == f"{TRACE}-{PARENT}"
