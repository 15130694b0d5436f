"""Where the time of a hand-off goes, and how sure that is. Numbers are milliseconds: (value, low, high)."""

from typing import Any

import pytest
from tests.analyse.hand_offs.handed import READY, SENT, TAKEN, hand_off, ms, part
from tests.analyse.traces import MS, at, span

from weft.model.span import Span

CHAT = {"operation": "chat"}


def call(
    *,
    client: tuple[float, float] = (0, 100),
    server: tuple[float, float] = (30, 90),
    sent: float | None = 10,
    hosts: tuple[str | None, str | None] = ("a", "a"),
    **more: Any,
) -> tuple[Span, Span]:
    evidence = {} if sent is None else {SENT: at(sent)}
    return (
        span("c", None, *client, kind=more.pop("kind", "client"), host=hosts[0], **more),
        span("s", "c", *server, kind="server", service="other", host=hosts[1], attributes=evidence),
    )


def message(
    *,
    send: tuple[float, float] = (0, 12),
    work: tuple[float, float] = (60, 90),
    sent: float | None = 10,
    ready: float | None = None,
    taken: float | None = None,
    hosts: tuple[str | None, str | None] = ("a", "a"),
) -> tuple[Span, Span]:
    evidence = {
        key: at(value) for key, value in ((SENT, sent), (READY, ready), (TAKEN, taken)) if value is not None
    }
    return (
        span("p", None, *send, kind="producer", host=hosts[0]),
        span("c", "p", *work, kind="consumer", service="other", host=hosts[1], attributes=evidence),
    )


class TestCall:
    def test_on_one_host_everything_is_measured(self) -> None:
        assert ms(hand_off(*call())) == {"network": (20, 20, 20), "work": (60, 60, 60), "reply": (10, 10, 10)}

    def test_without_evidence_the_clients_preparation_is_in_the_network(self) -> None:
        found = hand_off(*call(sent=None))
        assert ms(found)["network"] == (30, 0, 30)
        assert ms(found)["reply"] == (10, 10, 10)
        assert "preparation" in part(found, "network").evidence

    def test_clocks_that_nobody_compared_leave_the_sum(self) -> None:
        found = hand_off(*call(hosts=("a", "b")))
        assert ms(found) == {"network": (None, 0, 30), "work": (60, 60, 60), "reply": (None, 0, 30)}
        assert "not compared" in part(found, "network").evidence

    def test_a_bound_on_the_clocks_is_one_on_the_parts(self) -> None:
        found = hand_off(*call(hosts=("a", "b")), bounds={"b": 5})
        assert ms(found) == {"network": (20, 15, 25), "work": (60, 60, 60), "reply": (10, 5, 15)}

    def test_cause_and_effect_bound_what_bad_clocks_do_not(self) -> None:
        found = hand_off(*call(hosts=("a", "b"), server=(35, 95)), bounds={"b": 50})
        assert ms(found) == {"network": (25, 0, 30), "work": (60, 60, 60), "reply": (5, 0, 30)}
        early = hand_off(*call(hosts=("a", "b"), server=(-35, 25)), bounds={"b": 50})
        assert ms(early)["network"] == (0, 0, 5)

    def test_evidence_is_by_the_senders_clock(self) -> None:
        shifted = hand_off(
            span("r", None, 0, 200, host="root"),
            *call(hosts=("a", "root"), sent=1010, client=(1000, 1100)),
            shifts={"a": -1000},
            bounds={"a": 1},
        )
        assert ms(shifted)["network"] == (20, 19, 21)

    def test_a_callee_that_goes_on_leaves_no_time_for_a_reply(self) -> None:
        found = hand_off(*call(server=(30, 150)))
        assert ms(found) == {"network": (20, 20, 20), "work": (120, 120, 120), "reply": (0, 0, 0)}
        assert "stream" in part(found, "reply").evidence

    def test_a_callee_that_took_longer_went_on_whatever_the_clocks(self) -> None:
        found = hand_off(*call(server=(-500, 0), hosts=("a", "b")))
        assert ms(found) == {"network": (None, 0, 90), "work": (500, 500, 500), "reply": (0, 0, 0)}

    def test_a_caller_that_gave_up_says_so(self) -> None:
        found = hand_off(*call(server=(30, 150), status="error"))
        assert "had gone" in part(found, "reply").evidence
        unknown = hand_off(*call(server=(130, 190), status="error", hosts=("a", "b")))
        assert ms(unknown)["network"] == (None, 0, None)

    def test_a_sender_without_a_span_of_the_call_bounds_the_reply(self) -> None:
        found = hand_off(*call(kind="internal"))
        assert ms(found) == {"network": (20, 20, 20), "work": (60, 60, 60), "reply": (None, 0, 30)}
        found = hand_off(*call(kind="internal", sent=None))
        assert ms(found)["network"] == (None, 0, 30)

    def test_what_has_not_ended_has_no_end(self) -> None:
        client, server = call()
        waiting = hand_off(
            client, span("s", "c", 30, 90, kind="server", service="other", state="open", host="a")
        )
        assert ms(waiting)["work"] == (None, 60, None)
        assert ms(waiting)["reply"] == (None, 0, None)
        assert ms(hand_off(span("c", None, 0, 95, kind="client", host="a", state="open"), server))[
            "network"
        ] == (20, 20, 20)

    def test_an_agent_that_begins_late_is_a_late_start(self) -> None:
        found = hand_off(
            *call(), span("w", "s", 70, 80, service="other", host="a", kind="internal", work=CHAT)
        )
        assert ms(found) == {
            "network": (20, 20, 20),
            "start": (40, 40, 40),
            "work": (20, 20, 20),
            "reply": (10, 10, 10),
        }

    def test_other_spans_before_the_agent_may_be_work(self) -> None:
        found = hand_off(
            *call(),
            span("auth", "s", 40, 50, service="other", host="a"),
            span("w", "s", 70, 80, service="other", host="a", kind="internal", work=CHAT),
        )
        assert ms(found)["start"] == (10, 10, 40)
        assert ms(found)["work"] == (50, 20, 50)

    @pytest.mark.parametrize("sent", [-5, 101, 31])
    def test_evidence_that_cannot_be_is_left_aside(self, sent: float) -> None:
        assert ms(hand_off(*call(sent=sent)))["network"] == (30, 0, 30)

    def test_evidence_of_another_sender_is_left_aside(self) -> None:
        client, _ = call()
        passed = {SENT: at(10), "weft.propagation.sender.span_id": "1" * 16}
        server = span("s", "c", 30, 90, kind="server", service="other", host="a", attributes=passed)
        assert ms(hand_off(client, server))["network"] == (30, 0, 30)

    @pytest.mark.parametrize("value", [True, 1.5, "x", b"", -1, 0, 1 << 70])
    def test_evidence_that_is_no_time_is_left_aside(self, value: Any) -> None:
        client, _ = call()
        server = span("s", "c", 30, 90, kind="server", service="other", host="a", attributes={SENT: value})
        assert ms(hand_off(client, server))["network"] == (30, 0, 30)


class TestMessage:
    def test_a_consumer_that_was_waiting_leaves_no_queue(self) -> None:
        found = hand_off(*message(ready=5, taken=50))
        assert ms(found) == {
            "queue": (0, 0, 0),
            "network": (40, 40, 40),
            "start": (10, 10, 10),
            "work": (30, 30, 30),
        }

    def test_what_waited_for_a_busy_consumer_was_in_the_queue(self) -> None:
        found = hand_off(*message(ready=50, taken=51))
        assert ms(found) == {
            "queue": (39, 38, 40),
            "network": (2, 1, 3),
            "start": (9, 9, 9),
            "work": (30, 30, 30),
        }

    def test_the_error_of_the_clocks_is_in_both(self) -> None:
        found = hand_off(*message(ready=50, taken=51, hosts=("a", "b")), bounds={"b": 4})
        assert ms(found)["queue"] == (39, 34, 44)
        assert ms(found)["network"] == (2, 1, 3)
        waiting = hand_off(*message(ready=5, taken=50, hosts=("a", "b")), bounds={"b": 7})
        assert ms(waiting)["queue"] == (0, 0, 2)
        assert ms(waiting)["network"] == (40, 33, 47)

    def test_clocks_that_nobody_compared_bound_the_network_only(self) -> None:
        found = hand_off(*message(ready=50, taken=51, hosts=("a", "b")))
        assert ms(found)["queue"] == (None, 0, None)
        assert ms(found)["network"] == (None, 0, 3)

    def test_without_a_ready_time_there_is_the_sum(self) -> None:
        found = hand_off(*message())
        assert ms(found) == {
            "queue": (None, 0, 50),
            "network": (None, 0, 50),
            "start": (None, 0, 50),
            "work": (30, 30, 30),
        }
        assert "weft.redis.listen" in part(found, "queue").evidence
        assert "50.000 ms" in part(found, "queue").evidence

    def test_without_a_time_of_sending_it_may_be_any_of_the_publication(self) -> None:
        found = hand_off(*message(ready=50, taken=51, sent=None))
        assert ms(found)["queue"] == (44, 38, 50)
        assert ms(found)["network"] == (7, 1, 13)

    @pytest.mark.parametrize(("ready", "taken"), [(50, 61), (52, 51), (None, 70)])
    def test_stamps_that_cannot_be_are_left_aside(self, ready: float | None, taken: float) -> None:
        assert ms(hand_off(*message(ready=ready, taken=taken)))["queue"][0] is None

    def test_a_linked_batch_has_the_evidence_of_none(self) -> None:
        producer, _ = message()
        batch = span(
            "c",
            None,
            60,
            90,
            kind="consumer",
            service="other",
            host="a",
            links=["p"],
            attributes={SENT: at(10)},
        )
        found = hand_off(span("r", None, -5, 100, host="a"), producer, batch)
        assert ms(found)["network"] == (None, 0, 60)


class TestStarted:
    def started(self, sent: float | None, taken: float | None = None) -> Any:
        evidence = {key: at(value) for key, value in ((SENT, sent), (TAKEN, taken)) if value is not None}
        return hand_off(
            span("run", None, 0, 100, host="a", kind="internal"),
            span("c", "run", 60, 90, service="cli", host="a", kind="internal",
                 attributes={"weft.propagation.carrier": "task" if taken else "environment", **evidence}),
            span("w", "c", 65, 80, service="cli", host="a", kind="internal", work=CHAT),
        )  # fmt: skip

    def test_a_process_that_comes_up_late_is_a_late_start(self) -> None:
        found = self.started(20)
        assert ms(found) == {"start": (45, 45, 45), "work": (25, 25, 25)}
        assert (found.start_ns, found.end_ns) == (at(60), at(90))

    def test_a_task_of_a_pool_waits_for_a_worker(self) -> None:
        assert ms(self.started(20, 55)) == {
            "queue": (35, 35, 35),
            "start": (10, 10, 10),
            "work": (25, 25, 25),
        }

    def test_a_process_of_another_machine_has_another_clock(self) -> None:
        spans = (
            span("run", None, 0, 100, host="a", kind="internal"),
            span("c", "run", 60, 90, service="cli", host="b", kind="internal",
                 attributes={"weft.propagation.carrier": "environment", SENT: at(20)}),
        )  # fmt: skip
        assert ms(hand_off(*spans)) == {"start": (None, 0, None), "work": (30, 30, 30)}
        assert ms(hand_off(*spans, bounds={"b": 2}))["start"] == (40, 38, 42)

    def test_without_evidence_there_is_a_bound(self) -> None:
        assert ms(self.started(None))["start"] == (None, 0, 65)


def test_nothing_says_when_an_agent_was_handed_over_to_in_a_process() -> None:
    agent = {"operation": "invoke_agent"}
    found = hand_off(
        span("boss", None, 0, 100, work={**agent, "agent": "boss"}),
        span("w", "boss", 30, 60, work={**agent, "agent": "writer"}),
    )
    assert ms(found) == {"start": (None, 0, 30), "work": (30, 30, 30)}
    assert found.wait_ns == 0
    assert found.end_ns - found.start_ns == 30 * MS
