"""How well an analysis, and four rules of thumb, name the origin of a recorded run's error."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

AGENT = "gen_ai.agent.name"


@dataclass(frozen=True)
class ErrorSpan:
    """A span whose status says that it failed.

    Attributes:
        span_id: 16 lowercase hex digits.
        start_ns: When it began.
        end_ns: When it ended.
        depth: How many spans are above it.
        agent: The agent it is part of; empty where none is known.
    """

    span_id: str
    start_ns: int
    end_ns: int
    depth: int
    agent: str


#: What people do without an analysis: each picks one of the spans with an error.
RULES: Mapping[str, Callable[[Iterable[ErrorSpan]], ErrorSpan]] = {
    "first": lambda errors: min(errors, key=lambda each: (each.start_ns, each.span_id)),
    "deepest": lambda errors: max(errors, key=lambda each: (each.depth, each.start_ns, each.span_id)),
    "earliest end": lambda errors: min(errors, key=lambda each: (each.end_ns, -each.depth, each.span_id)),
    "last": lambda errors: max(errors, key=lambda each: (each.end_ns, each.span_id)),
}


@dataclass(frozen=True)
class Score:
    """What was right about one run.

    Attributes:
        span: The origin was named, and nothing else was.
        agent: So was its agent.
        roles: How many of the other failed spans were given their role.
        of_roles: How many there are.
    """

    span: bool
    agent: bool
    roles: int = 0
    of_roles: int = 0


@dataclass(frozen=True)
class Run:
    """A recorded run.

    Attributes:
        path: Its spans, one OTLP JSON request a line.
        truth: What is true of it (`tests.e2e.faults.truth.Truth`).
    """

    path: Path
    truth: dict[str, Any]


def runs(directory: Path) -> list[Run]:
    """The runs of a corpus."""
    found = sorted(directory.glob("*.truth.json"))
    return [
        Run(path.with_name(path.name.replace(".truth.json", ".jsonl")), json.loads(path.read_text()))
        for path in found
    ]


def of_analysis(truth: Mapping[str, Any], errors: Iterable[Mapping[str, Any]]) -> Score:
    """Score what `weft analyse` says: the origins that it names are the origin, and no others.

    Args:
        truth: What is true of the run.
        errors: `errors` of the explanation of its trace.
    """
    errors = list(errors)
    named = [each for each in errors if each["role"] == "origin"]
    said = {each["span_id"]: each["role"] for each in errors}
    roles = truth["roles"]
    right = sum(_is_right(role, said.get(span_id)) for span_id, role in roles.items())
    span, agent = _named(truth, [(each["span_id"], each.get("agent") or "") for each in named])
    return Score(span, agent, right, len(roles))


def of_rule(truth: Mapping[str, Any], rule: str, errors: Iterable[ErrorSpan]) -> Score:
    """Score a rule of thumb: it names a span whenever one has an error."""
    errors = list(errors)
    picked = [RULES[rule](errors)] if errors else []
    return Score(*_named(truth, [(each.span_id, each.agent) for each in picked]))


def _named(truth: Mapping[str, Any], named: list[tuple[str, str]]) -> tuple[bool, bool]:
    """Whether the spans that were named are right, and whether their agents are."""
    if not truth["origin_span_ids"]:
        return not named, not named
    spans = bool(named) and all(span_id in truth["origin_span_ids"] for span_id, _ in named)
    agents = bool(named) and all(agent in truth["origin_agents"] for _, agent in named)
    return spans, agents


def _is_right(role: str, said: str | None) -> bool:
    """A span that was cancelled need not be called an error at all."""
    return said == role or (said is None and role == "symptom")


def error_spans(run: Run) -> list[ErrorSpan]:
    """The spans of a run whose status is an error, as the rules of thumb see them."""
    spans = {span["spanId"]: span for span in _spans(run.path)}
    return [
        ErrorSpan(
            span_id=span_id,
            start_ns=int(span["startTimeUnixNano"]),
            end_ns=int(span.get("endTimeUnixNano", 0)),
            depth=len(_above(span, spans)),
            agent=next((agent for each in (span, *_above(span, spans)) if (agent := _agent(each))), ""),
        )
        for span_id, span in spans.items()
        if span.get("status", {}).get("code") == 2
    ]


def _spans(path: Path) -> Iterable[dict[str, Any]]:
    for line in path.read_text().splitlines():
        for resource in json.loads(line)["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                yield from scope["spans"]


def _above(span: Mapping[str, Any], spans: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    above: list[dict[str, Any]] = []
    while parent := spans.get(span.get("parentSpanId", "")):
        above.append(parent)
        span = parent
    return above


def _agent(span: Mapping[str, Any]) -> str:
    values = [each["value"] for each in span.get("attributes", ()) if each["key"] == AGENT]
    return str(values[0].get("stringValue", "")) if values else ""
