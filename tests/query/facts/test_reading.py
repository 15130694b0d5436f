"""What analysis reads of traces is what everybody reads, only cheaper."""

from dataclasses import replace

from tests.query.house import House
from tests.sent import Sent, fresh

from weft.model.span import Span
from weft.query.facts.reading import Reader
from weft.query.silence import Silence
from weft.query.traces import traces

LARGE = "history " * 400


def some_trace() -> list[Sent]:
    root = Sent(
        "planner",
        "plan",
        kind=3,
        duration=5000,
        error=True,
        message="no",
        tags={"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner", "n": 7, "is": True},
        events=[{"exception.type": "E"}, {"n": 1.5}],
        links=[{"of": "l"}],
        resource={"host.name": "a", "process.pid": 3},
        scope_name="lib",
        scope_version="1",
    )
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.arguments": '{"q": 1}'}
    below = [
        Sent(
            "writer",
            f"n{n}",
            trace=root.trace,
            parent=root.span,
            at=n,
            tags=tool,
            events=[{"n": n}] * (n % 3),
        )
        for n in range(5)
    ]
    return [root, *below]


def spans(found: list[Span]) -> list[Span]:
    """In one order, and without how long ago it was announced, which goes on between two reads."""
    return sorted(
        (replace(span, silent_s=0) for span in found), key=lambda span: (span.start_ns, span.span_id)
    )


def test_the_same_spans_are_read(house: House) -> None:
    sent = [some_trace() for _ in range(3)]
    house.send(*sent[0], *sent[1])
    house.ask.services()  # the third is in a part of its own
    house.send(*sent[2], *sent[0][:3])
    ids = [trace[0].trace for trace in sent]
    whole = {trace.trace_id: trace for trace in traces(house.ask.spans(ids))}
    read = list(Reader(house.pipeline.store, Silence()).traces(ids))
    assert sorted(trace.trace_id for trace in read) == sorted(whole)  # each of them once
    for trace in read:
        assert spans(list(trace.spans)) == spans(list(whole[trace.trace_id].spans))


def test_spans_that_have_not_ended_are_read_where_there_are_some(house: House) -> None:
    root, *below = some_trace()
    house.send(replace(root, open_ns=5), *below)
    house.ask.services()
    [trace] = Reader(house.pipeline.store, Silence()).traces([root.trace], has_announced=True)
    assert {span.name for span in trace.spans if span.state == "open"} == {"plan"}
    [whole] = traces(house.ask.spans([root.trace]))
    assert spans(list(trace.spans)) == spans(list(whole.spans))


def test_large_values_stay_hashes(house: House) -> None:
    span = Sent(tags={"text": LARGE})
    house.send(span)
    house.ask.services()
    [trace] = Reader(house.pipeline.store, Silence()).traces([span.trace])
    assert len(str(trace.root.span.attributes["text"])) < 100


def test_no_trace_is_no_trace(house: House) -> None:
    assert list(Reader(house.pipeline.store, Silence()).traces([])) == []
    assert list(Reader(house.pipeline.store, Silence()).traces([fresh().to_bytes(16)])) == []
