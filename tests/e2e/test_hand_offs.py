"""Waits that are injected into real hops show up in their own part of the split, within its bounds.

Programs of the demo's pieces hand work over by HTTP, Redis, a process and a pool, and measure what they can
with their own clock. `pytest -rP` prints the injected waits beside the parts.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from tests.e2e.hand_offs.proxy import Proxy, slow_network
from tests.otlp_receiver import Receiver, otlp_receiver
from tests.servers import python_server, redis_server, until

from weft.analyse.explain import explain
from weft.model.hand_off import HandOff, Part
from weft.query.files.gathered import Gathered

PROGRAMS = Path(__file__).parent / "hand_offs"
WAIT_S = 0.1
MS = 1e6


@dataclass
class Measured:
    """What the programs and the network measured, and what their traces say."""

    marks: Mapping[str, Mapping[str, int]]
    hand_offs: Mapping[str, HandOff]
    http: Proxy
    broker: Proxy

    def tell(self, way: str, injected: str, ns: int) -> HandOff:
        """The hand-off of one workflow; what was injected is printed beside its parts."""
        found = self.hand_offs[way]
        parts = ", ".join(f"{part.name} {_said(part)}" for part in found.parts)
        print(f"| {way} | {injected} {ns / MS:.1f} | {parts} |")
        return found


def _said(part: Part) -> str:
    def said(ns: int | None) -> str:
        return "?" if ns is None else f"{ns / MS:.1f}"

    exact = part.low_ns == part.ns == part.high_ns
    return said(part.ns) if exact else f"{said(part.ns)} [{said(part.low_ns)}, {said(part.high_ns)}]"


#: The spans of each workflow: the caller's and the agent's, and of a call the client's and the server's.
SPANS = {
    "first call": 4,
    "late start": 4,
    "slow network": 4,
    "first message": 4,
    "busy consumer": 7,
    "late consumer": 4,
    "slow broker": 4,
    "busy and slow": 7,
    "late process": 2,
    "busy pool": 4,
    "busy thread": 4,
}


@pytest.fixture(scope="module")
def measured() -> Iterator[Measured]:
    with ExitStack() as stack:
        receiver = stack.enter_context(otlp_receiver())
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50"}
        port = stack.enter_context(redis_server())
        research = stack.enter_context(python_server(PROGRAMS / "serve.py", environment=environment))
        http = stack.enter_context(slow_network(research, WAIT_S))
        broker = stack.enter_context(slow_network(port, WAIT_S))
        channels = {"tasks": port, "slow-tasks": broker.port}
        for channel, through in channels.items():
            stack.enter_context(_program("consume.py", str(port), str(through), channel, **environment))
        client = stack.enter_context(redis.Redis(port=port))
        until(lambda: all(count for _, count in client.pubsub_numsub(*channels)), "both are subscribed")
        told = {
            "url": f"http://127.0.0.1:{research}/execute",
            "slow_url": f"http://127.0.0.1:{http.port}/execute",
            "redis": port,
            "slow_redis": broker.port,
            "wait_s": WAIT_S,
        }
        drive = stack.enter_context(_program("drive.py", json.dumps(told), **environment))
        assert drive.stdout
        marks = json.loads(drive.stdout.readline())
        assert drive.wait(60) == 0
        yield Measured(marks, _hand_offs(receiver, marks), http, broker)


@contextmanager
def _program(name: str, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(PROGRAMS / name), *arguments]
    with subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def _hand_offs(receiver: Receiver, marks: Mapping[str, Mapping[str, int]]) -> dict[str, HandOff]:
    """What the caller handed over last in each workflow, once it is all there."""
    found: dict[str, HandOff] = {}

    def arrived() -> bool:
        gathered = Gathered()
        for body in list(receiver.bodies):
            gathered.add("", body, pytest.fail)
        gathered.finish()
        traces = {trace.trace_id: trace for trace in gathered.traces()}
        for way, told in marks.items():
            trace = traces.get(str(told["trace_id"]))
            if trace is None or trace.open or not trace.connected or len(trace.spans) < SPANS[way]:
                return False
            of_caller = [each for each in explain(trace).hand_offs if each.from_service == "caller"]
            found[way] = of_caller[-1]
        return True

    until(arrived, "all spans arrived")
    return found


def part(found: HandOff, name: str) -> Part:
    (only,) = [each for each in found.parts if each.name == name]
    return only


def holds(found: HandOff, name: str, at_least_ns: int, at_most_ns: int) -> None:
    """A part agrees with what was measured from outside: that it took no less and no more than this."""
    told = part(found, name)
    assert told.ns is not None, told
    assert told.high_ns is not None, told
    assert told.low_ns <= max(0, at_most_ns), (told, at_most_ns)
    assert at_least_ns <= told.high_ns, (told, at_least_ns)
    # And it is no guess: its value is as near to what was measured as the bounds are wide.
    width_ns = told.high_ns - told.low_ns
    assert at_least_ns - width_ns <= told.ns <= max(0, at_most_ns) + width_ns, (told, at_least_ns, at_most_ns)


def test_a_consumer_that_was_busy_is_a_queue(measured: Measured) -> None:
    m = measured.marks["busy consumer"]
    found = measured.tell("busy consumer", "ready after", m["free_ns"] - m["sent_by_ns"])
    assert (found.kind, found.transport, found.to_agent) == ("message", "redis", "writer")
    holds(found, "queue", m["free_ns"] - m["sent_by_ns"], m["had_ns"] - m["sent_ns"])
    holds(found, "network", 0, (m["sent_by_ns"] - m["sent_ns"]) + (m["had_ns"] - m["free_ns"]))
    holds(found, "start", 0, m["done_ns"] - m["free_ns"])


def lain_ns(marks: Mapping[str, int]) -> int:
    """How long a message can have lain there: not at all where its consumer had no other any more."""
    return 0 if marks["free_ns"] <= marks["sent_ns"] else marks["had_ns"] - marks["sent_ns"]


def test_a_message_to_a_consumer_that_waits_is_not_in_a_queue(measured: Measured) -> None:
    m = measured.marks["first message"]
    found = measured.tell("first message", "nothing", 0)
    holds(found, "queue", 0, lain_ns(m))
    holds(found, "network", 0, m["had_ns"] - m["sent_ns"])


def test_a_consumer_that_begins_late_is_a_late_start(measured: Measured) -> None:
    m = measured.marks["late consumer"]
    found = measured.tell("late consumer", "late by", m["begins_ns"] - m["had_ns"])
    holds(found, "queue", 0, lain_ns(m))
    holds(found, "network", 0, m["had_ns"] - m["sent_ns"])
    holds(found, "start", m["begins_ns"] - m["had_ns"], m["done_ns"] - m["free_ns"])


def test_a_slow_way_to_and_from_the_broker_is_network(measured: Measured) -> None:
    m = measured.marks["slow broker"]
    (there, *_) = measured.broker.between("there", m["sent_ns"], m["sent_by_ns"])
    # The message to the consumer and the answer to the publisher; whichever went on first.
    back = min(measured.broker.between("back", there.left_ns, m["had_ns"]), key=lambda held: held.left_ns)
    held_ns = (there.left_ns - there.came_ns) + (back.left_ns - back.came_ns)
    found = measured.tell("slow broker", "there and back", held_ns)
    holds(found, "queue", 0, lain_ns(m))
    holds(found, "network", back.left_ns - there.came_ns, m["had_ns"] - m["sent_ns"])
    holds(found, "start", 0, m["done_ns"] - m["free_ns"])


def test_a_busy_consumer_behind_a_slow_network_waits_for_both(measured: Measured) -> None:
    m = measured.marks["busy and slow"]
    found = measured.tell("busy and slow", "ready after", m["free_ns"] - m["sent_by_ns"])
    # The broker had it somewhere in the publication, which took twice the delay.
    holds(found, "queue", m["free_ns"] - m["sent_by_ns"], m["had_ns"] - m["sent_ns"])
    assert part(found, "queue").low_ns >= m["free_ns"] - m["sent_by_ns"]
    holds(found, "network", 0, (m["sent_by_ns"] - m["sent_ns"]) + (m["had_ns"] - m["free_ns"]))


def test_a_slow_network_is_in_both_ways_of_a_call(measured: Measured) -> None:
    m = measured.marks["slow network"]
    # Both sides go on with the heads, whether or not the bodies have come.
    there, *_ = measured.http.between("there", m["sent_ns"], m["came_ns"])
    back, *_ = measured.http.between("back", m["came_ns"], m["got_ns"])
    found = measured.tell("slow network", "each way", there.left_ns - there.came_ns)
    assert (found.kind, found.transport, found.to_agent) == ("call", "http", "researcher")
    holds(found, "network", there.left_ns - there.came_ns, m["came_ns"] - m["sent_ns"])
    holds(found, "start", 0, m["done_ns"] - there.left_ns)
    # The server's span ends when it has let go of its answer, which may be after the network has it.
    served_ns = sum(part(found, name).ns or 0 for name in ("start", "work"))
    holds(found, "reply", back.left_ns - (m["came_ns"] + served_ns), m["got_ns"] - m["done_ns"])


def test_an_agent_that_begins_late_is_a_late_start(measured: Measured) -> None:
    m = measured.marks["late start"]
    found = measured.tell("late start", "late by", m["begins_ns"] - m["came_ns"])
    holds(found, "start", m["begins_ns"] - m["came_ns"], m["done_ns"] - m["sent_ns"])
    holds(found, "network", 0, m["came_ns"] - m["sent_ns"])
    holds(found, "reply", 0, m["got_ns"] - m["done_ns"])


def test_a_process_that_begins_late_is_a_late_start(measured: Measured) -> None:
    m = measured.marks["late process"]
    found = measured.tell("late process", "late by", m["late_ns"])
    assert (found.kind, found.transport, found.to_agent) == ("spawn", "process", "helper")
    holds(found, "start", m["late_ns"], m["begins_ns"] - m["sent_ns"])


def test_a_pool_without_a_free_worker_is_a_queue(measured: Measured) -> None:
    m = measured.marks["busy pool"]
    found = measured.tell("busy pool", "free after", m["free_ns"] - m["sent_by_ns"])
    assert (found.kind, found.transport, found.to_agent) == ("spawn", "pool", "napper")
    holds(found, "queue", m["free_ns"] - m["sent_by_ns"], m["had_ns"] - m["sent_ns"])
    holds(found, "start", 0, m["done_ns"] - m["free_ns"])


def test_a_worker_thread_that_was_busy_is_a_queue(measured: Measured) -> None:
    m = measured.marks["busy thread"]
    found = measured.tell("busy thread", "free after", m["free_ns"] - m["sent_by_ns"])
    assert (found.kind, found.transport, found.from_agent, found.to_agent) == (
        "message",
        "queue",
        "boss",
        "worker",
    )
    holds(found, "queue", m["free_ns"] - m["sent_by_ns"], m["had_ns"] - m["sent_ns"])
    holds(found, "start", 0, m["done_ns"] - m["free_ns"])
