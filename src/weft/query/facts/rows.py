"""Explanations as rows of the table `trace_facts`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

import pyarrow as pa

from weft.model.explanation import AgentShare, Explanation
from weft.model.failure import Failure
from weft.model.hand_off import HandOff, Part, PartName
from weft.model.segment import SEGMENT_KINDS
from weft.model.span import Span
from weft.model.usage import Usage

#: Characters that are kept of what a span says went wrong.
REASON: Final = 200
#: Characters that are kept of a name.
NAME: Final = 200
#: The parts of a hand-off, by the names of their columns.
PARTS: Final[Mapping[str, PartName]] = {
    "queue": "queue",
    "network": "network",
    "start_delay": "start",
    "work": "work",
    "reply": "reply",
}
_UINT64: Final = (1 << 64) - 1
_UINT32: Final = (1 << 32) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What is kept of one trace.

    Attributes:
        trace_id: 32 lowercase hex digits.
        received_s: When the newest span was received that it rests on, seconds since the Unix epoch.
        start_ns: Start of the root, nanoseconds since the Unix epoch.
        spans: How many spans.
        explanation: What analysis says; None of a trace that was not explained.
        spans_by_id: The spans.
    """

    trace_id: str
    received_s: int
    start_ns: int
    spans: int
    explanation: Explanation | None = None
    spans_by_id: Mapping[str, Span] | None = None


def rows(facts: Sequence[Fact]) -> pa.Table:
    """Make rows of facts, with the columns of `store/sql/8_trace_facts.sql`."""
    explained = [(fact, fact.explanation or _none(fact)) for fact in facts]
    told = [explanation for _, explanation in explained]
    roots = [_root(fact) for fact in facts]
    columns: dict[str, pa.Array] = {
        "trace_id": pa.array([bytes.fromhex(fact.trace_id) for fact in facts], pa.binary(16)),
        "received": pa.array([fact.received_s for fact in facts], pa.uint32()),
        "explained": pa.array([fact.explanation is not None for fact in facts], pa.bool_()),
        "root_agent": _texts(explanation.agent_of.get(explanation.root_span_id, "") for explanation in told),
        "root_service": _texts(span.service if span else "" for span in roots),
        "root_name": _texts(span.name if span else "" for span in roots),
        "start_ns": _wide(explanation.start_ns for explanation in told),
        "duration_ns": _wide(explanation.duration_ns for explanation in told),
        "tail_ns": _wide(explanation.tail_ns for explanation in told),
        "spans": _narrow(fact.spans for fact in facts),
        "failures": _narrow(len(explanation.failures) for explanation in told),
        "repairs": _narrow(len(explanation.repairs) for explanation in told),
        "loops": _narrow(len(explanation.loops) for explanation in told),
    }
    paths = [_path(explanation) for explanation in told]
    columns |= {f"{kind}_ns": _wide(path[kind] for path in paths) for kind in SEGMENT_KINDS}
    columns |= _usage([explanation.usage for explanation in told])
    columns |= _nested("agents", [_agents(explanation) for explanation in told], _agent_columns)
    columns |= _nested("hand_offs", [explanation.hand_offs for explanation in told], _hand_off_columns)
    columns |= _nested("origins", [_origins(*each) for each in explained], _origin_columns)
    return pa.table(columns)


def _none(fact: Fact) -> Explanation:
    return Explanation(trace_id=fact.trace_id, root_span_id="", start_ns=fact.start_ns, duration_ns=0)


def _root(fact: Fact) -> Span | None:
    explanation, spans = fact.explanation, fact.spans_by_id
    return spans.get(explanation.root_span_id) if explanation and spans else None


def _path(explanation: Explanation) -> dict[str, int]:
    path = dict.fromkeys(SEGMENT_KINDS, 0)
    for segment in explanation.critical_path:
        path[segment.kind] += segment.duration_ns
    return {str(kind): ns for kind, ns in path.items()}


def _nested(
    name: str, lists: Sequence[Sequence[Any]], columns: Callable[[list[Any]], dict[str, pa.Array]]
) -> dict[str, pa.Array]:
    """Lists of things, one a row, as one list column for each of what is said of a thing."""
    offsets = pa.array(accumulate(map(len, lists), initial=0), pa.int32())
    things = [thing for each in lists for thing in each]
    return {
        f"{name}.{column}": pa.ListArray.from_arrays(offsets, values)
        for column, values in columns(things).items()
    }


def _agents(explanation: Explanation) -> list[tuple[str, AgentShare]]:
    return list(explanation.agents.items())


def _agent_columns(agents: list[tuple[str, AgentShare]]) -> dict[str, pa.Array]:
    shares = [share for _, share in agents]
    return {
        "name": _texts(name for name, _ in agents),
        "spans": _narrow(share.spans for share in shares),
        **{f"{kind}_ns": _wide(share.path_ns.get(kind, 0) for share in shares) for kind in SEGMENT_KINDS},
        "origins": _narrow(share.origins for share in shares),
        **_usage([share.usage for share in shares]),
    }


def _usage(usages: Sequence[Usage]) -> dict[str, pa.Array]:
    return {
        "input_tokens": _wide(usage.tokens.input for usage in usages),
        "output_tokens": _wide(usage.tokens.output for usage in usages),
        "cost": pa.array([usage.cost for usage in usages], pa.float64()),
        "unpriced": _narrow(usage.unpriced for usage in usages),
    }


def _hand_off_columns(hand_offs: list[HandOff]) -> dict[str, pa.Array]:
    columns = {
        "from_span_id": _span_ids(each.from_span_id for each in hand_offs),
        "kind": _texts(each.kind for each in hand_offs),
        "transport": _texts(each.transport for each in hand_offs),
        "from_agent": _texts(each.from_agent for each in hand_offs),
        "to_agent": _texts(each.to_agent for each in hand_offs),
        "from_service": _texts(each.from_service for each in hand_offs),
        "to_service": _texts(each.to_service for each in hand_offs),
        "start_ns": _wide(each.start_ns for each in hand_offs),
        "duration_ns": _wide(each.end_ns - each.start_ns for each in hand_offs),
        "attempts": _narrow(len(each.attempts) for each in hand_offs),
        "failed": pa.array([each.failed for each in hand_offs], pa.bool_()),
    }
    parts: list[dict[PartName, Part]] = [{part.name: part for part in each.parts} for each in hand_offs]
    for column, name in PARTS.items():
        own = [each.get(name) for each in parts]
        columns |= {
            f"{column}_ns": _wide(part.ns if part else None for part in own),
            f"{column}_low_ns": _wide(part.low_ns if part else None for part in own),
            f"{column}_high_ns": _wide(part.high_ns if part else None for part in own),
        }
    return columns


def _origins(fact: Fact, explanation: Explanation) -> list[tuple[Failure, Span | None]]:
    spans = fact.spans_by_id or {}
    return [
        (failure, spans.get(failure.span_id)) for failure in explanation.failures if failure.role == "origin"
    ]


def _origin_columns(origins: list[tuple[Failure, Span | None]]) -> dict[str, pa.Array]:
    return {
        "span_id": _span_ids(failure.span_id for failure, _ in origins),
        "agent": _texts(failure.agent for failure, _ in origins),
        "service": _texts(span.service if span else "" for _, span in origins),
        "span_name": _texts(span.name if span else "" for _, span in origins),
        "reason": pa.array([failure.reason[:REASON] for failure, _ in origins], pa.string()),
    }


def _texts(names: Iterable[str]) -> pa.Array:
    return pa.array([name[:NAME] for name in names], pa.string())


def _span_ids(ids: Iterable[str]) -> pa.Array:
    return pa.array([bytes.fromhex(span_id) for span_id in ids], pa.binary(8))


def _wide(numbers: Iterable[int | None]) -> pa.Array:
    return pa.array(_within(numbers, _UINT64), pa.uint64())


def _narrow(numbers: Iterable[int | None]) -> pa.Array:
    return pa.array(_within(numbers, _UINT32), pa.uint32())


def _within(numbers: Iterable[int | None], most: int) -> Iterator[int | None]:
    """The times are the sender's word: their sums may be more than the columns hold."""
    return (None if number is None else min(max(number, 0), most) for number in numbers)
