"""What is true of a run: the span that was the origin, its agent, the roles of other spans (README.md)."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from tests.e2e.faults.fault import RECOVERED, SLOW
from tests.e2e.faults.house import Ran
from tests.e2e.faults.marks import CALLS, ROLE, WAITS
from tests.e2e.faults.recording import Recorded, Trace
from tests.e2e.faults.topology import DRIVER, REMOTE, Call, Topology

Spans = dict[str, Recorded]
Role = Literal["origin", "passed_on", "recovered", "symptom"]


class Void(Exception):
    """The run did not go as it was meant to: a busy machine, a fault that was never reached."""


@dataclass(frozen=True)
class Truth:
    """The truth about one run.

    Attributes:
        kind: What was injected.
        topology: Into which program.
        how: In which way.
        site: Where.
        trace_id: The trace of the run.
        workflow_failed: Whether the workflow failed.
        origin_span_ids: Any of them is right; none where the fault was recovered from.
        origin_agents: Any of them is right.
        origin_agent: The one that is meant first.
        suspect: Of a bad value: who made it.
        roles: Of other failed spans, where they are clear.
    """

    kind: str
    topology: str
    how: str
    site: str
    trace_id: str
    workflow_failed: bool
    origin_span_ids: list[str]
    origin_agents: list[str]
    origin_agent: str
    suspect: str
    roles: dict[str, Role]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def truth(ran: Ran, trace: Trace, topology: Topology) -> Truth:
    """Find out what is true of a run, from the marks that its spans carry.

    Raises:
        Void: The fault did not happen as it was meant to.
    """
    fault, spans = ran.fault, trace.spans
    if ran.failed != fault.fails or sum(not each.parent_id for each in spans.values()) != 1:
        raise Void(f"failed is {ran.failed}")
    _check_the_order(ran, spans)
    origins, agents = _origins(ran, spans, topology)
    recovered = fault.kind in RECOVERED
    return Truth(
        kind=fault.kind,
        topology=topology.name,
        how=fault.how,
        site=fault.site,
        trace_id=ran.trace_id,
        workflow_failed=ran.failed,
        origin_span_ids=[] if recovered else sorted(origins),
        origin_agents=[] if recovered else agents,
        origin_agent="" if recovered else agents[0],
        suspect=fault.agent if fault.kind == "bad_value" else "",
        roles=_roles(ran, spans, origins),
    )


def _marked(spans: Spans, role: str) -> list[Recorded]:
    return [each for each in spans.values() if each.attributes.get(ROLE) == role]


def _check_the_order(ran: Ran, spans: Spans) -> None:
    """Whoever gave up did so because of the fault, which had begun by then; in a cascade two gave up."""
    symptoms = _marked(spans, "symptom")
    first_ns = min((each.end_ns for each in symptoms), default=0)
    if first_ns and any(each.start_ns > first_ns for each in _marked(spans, "origin")):
        raise Void("somebody gave up before the fault began")
    if ran.fault.kind == "cascading_timeout" and len(symptoms) < 2:
        raise Void("no cascade")


def _origins(ran: Ran, spans: Spans, topology: Topology) -> tuple[set[str], list[str]]:
    """The spans that are right, and the agents that are."""
    fault = ran.fault
    marked = _marked(spans, "origin")
    agents = [fault.rejects.partition("/")[0] if fault.kind == "bad_value" else fault.agent]
    worker = _lost(ran, topology)
    if fault.kind == "dead_worker":
        marked += [each for each in spans.values() if not each.end_ns and each.service == worker]
        if marked:  # somebody else may have been waiting for the same process, in vain
            marked += _unanswered(worker, spans)
        agents.append(worker)
    if not marked:
        marked = _of_the_call(worker, spans)
        agents = [worker, *_callers(worker, topology)]
    if not marked:
        raise Void("no span of the origin")
    return {each.span_id for each in marked}, list(dict.fromkeys(agents))


def _lost(ran: Ran, topology: Topology) -> str:
    """The agent whose process is gone or silent: the innermost one on the way to the site."""
    if ran.fault.unreported:
        return ran.fault.unreported
    steps = {place.name: place.step for place in topology.places()}
    for place in topology.places():
        if ran.fault.site in {place.name, getattr(place.step, "agent", "")}:
            for name in reversed(place.way):
                step = steps[name]
                if isinstance(step, Call) and step.over in REMOTE:
                    return step.agent
    return ""


def _callers(callee: str, topology: Topology) -> list[str]:
    """Who calls an agent; where the workflow's own code does, nobody, or its service."""
    callers: list[str] = []
    for place in topology.places():
        if isinstance(place.step, Call) and place.step.agent == callee:
            callers += [place.agent] if topology.agents[place.agent].spoken else ["", DRIVER]
    return callers


def _of_the_call(callee: str, spans: Spans) -> list[Recorded]:
    """The caller's spans of a call whose other side is not there.

    Where none of them failed (of a message, of a process), the span in which the caller waited too.
    """
    calls = [each for each in spans.values() if each.attributes.get(CALLS) == callee]
    waited = [each for each in spans.values() if f"{WAITS}{callee}" in each.attributes and each.failed]
    return calls if any(each.failed for each in calls) else [*calls, *waited]


def _unanswered(callee: str, spans: Spans) -> list[Recorded]:
    """The failed spans of calls of which the other side has told nothing."""
    parents = {each.parent_id for each in spans.values()}
    calls = [each for each in spans.values() if each.attributes.get(CALLS) == callee and each.failed]
    return [each for each in calls if each.span_id not in parents]


def _roles(ran: Ran, spans: Spans, origins: set[str]) -> dict[str, Role]:
    fault = ran.fault
    if fault.kind in RECOVERED:
        return dict.fromkeys(sorted(origins), "recovered")
    roles: dict[str, Role] = dict.fromkeys(origins, "origin") if len(origins) == 1 else {}
    for span in spans.values():
        above = _is_above(span.span_id, origins, spans)
        if _is_cancelled(span) and not above:
            roles[span.span_id] = "symptom"
        elif above and span.failed and fault.kind not in SLOW:
            roles[span.span_id] = "passed_on"
    if fault.kind in SLOW:
        roles |= {_gave_up(each, spans): "symptom" for each in _marked(spans, "symptom")}
    return {span_id: role for span_id, role in roles.items() if span_id not in origins or role == "origin"}


def _is_cancelled(span: Recorded) -> bool:
    return span.attributes.get("weft.outcome") == "cancelled" or span.message.startswith("CancelledError")


def _gave_up(agent: Recorded, spans: Spans) -> str:
    """The innermost span of a caller that says that it gave up: that of its request, or else its own."""
    at = agent
    while inner := [
        each
        for each in spans.values()
        if each.parent_id == at.span_id and each.failed and CALLS in each.attributes
    ]:
        at = inner[-1]
    return at.span_id


def _is_above(span_id: str, origins: set[str], spans: Spans) -> bool:
    """Whether a span is an ancestor of an origin."""
    for origin in origins:
        at = spans.get(origin)
        while at is not None:
            if at.parent_id == span_id:
                return True
            at = spans.get(at.parent_id)
    return False
