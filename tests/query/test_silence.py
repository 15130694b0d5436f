"""A span that is announced no more is lost, by the server's clock, and only while it listens."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.query.house import EVER
from tests.sent import Sent

from weft.app import open_pipeline
from weft.decode.request import decode
from weft.model.pending import STATES
from weft.query.queries import Queries
from weft.query.search import Search
from weft.query.silence import Silence
from weft.receive.intake import Intake

OPEN_NS = 5_000_000_000


def announced(span: Sent) -> Sent:
    """The span as it is announced after five seconds."""
    return replace(span, open_ns=OPEN_NS)


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now_s: float) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[tuple[Queries, Clock, Any]]:
    """Queries that listen since long before what they are asked about was received, a clock, and a sender."""
    with open_pipeline(tmp_path, 256 << 20) as pipeline:
        intake = Intake(decode, pipeline.journal, pipeline.indexer.deliver)
        clock = Clock(0.0)
        yield (
            Queries(pipeline.store, pipeline.indexer.flush, Silence(20, clock)),
            clock,
            lambda span: intake.submit(span.request().SerializeToString()).result(30),
        )
        intake.close()


def received_s(queries: Queries) -> int:
    rows = queries._store.read("SELECT max(toUnixTimestamp(received)) AS at FROM pending")
    at: int = rows.column("at")[0].as_py()
    return at


def test_a_span_that_is_announced_no_more_is_lost(silent: tuple[Queries, Clock, Any]) -> None:
    queries, clock, send = silent
    span, other = Sent("lost-one"), Sent("lost-one", "ends")
    send(announced(span))
    send(announced(other))
    queries.services()
    heard_s = received_s(queries)

    clock.now_s = heard_s + 20.9
    [row] = queries.spans([span.trace]).to_pylist()
    assert (STATES[row["state"]], row["silent_s"], row["duration_ns"]) == ("open", 20, OPEN_NS)
    assert queries.summaries(10)[0].open == 1

    clock.now_s = heard_s + 21
    [row] = queries.spans([span.trace]).to_pylist()
    assert (STATES[row["state"]], row["silent_s"], row["duration_ns"]) == ("lost", 21, OPEN_NS)
    assert [(each.open, each.lost) for each in queries.summaries(10)] == [(0, 1), (0, 1)]
    assert len(find(queries, "weft.pending.lost")) == len(find(queries, "weft.pending")) == 2

    send(other)  # it had lost its network, and comes back
    assert [STATES[state] for state in queries.spans([other.trace]).column("state").to_pylist()] == ["ended"]
    assert find(queries, "weft.pending.lost") == [span.trace]


def find(queries: Queries, tag: str) -> list[bytes]:
    return queries.find(Search(0, EVER, tags={tag: "true"}))


def test_after_a_start_spans_are_given_the_time_to_be_announced_again(tmp_path: Path) -> None:
    span = Sent("patient")
    with open_pipeline(tmp_path, 256 << 20) as pipeline:
        intake = Intake(decode, pipeline.journal, pipeline.indexer.deliver)
        intake.submit(announced(span).request().SerializeToString()).result(30)
        intake.close()
        pipeline.queries.services()
        heard_s = received_s(pipeline.queries)
    clock = Clock(heard_s + 3600)
    with open_pipeline(tmp_path, 256 << 20) as pipeline:
        queries = Queries(pipeline.store, pipeline.indexer.flush, Silence(20, clock))
        [row] = queries.spans([span.trace]).to_pylist()
        assert (STATES[row["state"]], row["silent_s"]) == ("open", 3600)
        clock.now_s += 21
        [row] = queries.spans([span.trace]).to_pylist()
        assert (STATES[row["state"]], row["silent_s"]) == ("lost", 3621)
