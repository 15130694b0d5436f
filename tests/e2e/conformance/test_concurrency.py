"""Forty requests at once, each of a trace of its own: what belongs to one never shows in another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.e2e.conformance.served import fresh_path
from tests.e2e.conformance.upstream import connect, status
from tests.servers import until

if TYPE_CHECKING:
    from tests.e2e.conformance.served import Service

REQUESTS = 40
CALLS = 3


def sent(number: int) -> list[tuple[str, str]]:
    """Every other request has two fields of everything that may come twice."""
    lines = [("traceparent", f"00-{number + 1:032x}-{number + 1:016x}-0{number % 4}")]
    values = [f"request={number}", f"twice={number}"]
    for name in ("tracestate", "baggage"):
        lines += [(name, value) for value in values] if number % 2 else [(name, ",".join(values))]
    return lines


def test_requests_at_once_do_not_mix(service: Service) -> None:
    paths = [fresh_path() for _ in range(REQUESTS)]

    def request(number: int) -> int:
        with connect(service.port, service.request(paths[number], sent(number), CALLS)) as opened:
            return status(opened)

    with ThreadPoolExecutor(REQUESTS) as pool:
        with service.downstream.silent():
            answers = [pool.submit(request, number) for number in range(REQUESTS)]
            # All of them are inside the service now, and each has called once.
            until(lambda: all(service.downstream.arrived(path) for path in paths), "all requests called on")
        answered = [answer.result() for answer in answers]

    for number, path in enumerate(paths):
        hop = service.found(path, answered[number])
        hop.assert_conforms()
        assert [dict(lines)["baggage"] for lines in hop.requests] == [
            f"request={number},twice={number}"
        ] * CALLS
        assert (hop.trace_id, hop.flags) == (f"{number + 1:032x}", f"0{number % 4}")
        assert hop.state == f"request={number},twice={number}"
        if hop.spans:
            assert hop.parent == f"{number + 1:032x}-{number + 1:016x}"


def test_a_request_without_headers_takes_nothing_over_from_the_one_before(service: Service) -> None:
    for _ in range(3):
        service.hop(*sent(1))
        hop = service.hop()
        assert (hop.outcome, hop.parent, hop.state, hop.baggage) == ("absent", None, "", "")
