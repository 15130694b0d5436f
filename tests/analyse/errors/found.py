"""What the pass says of a trace written by hand: roles and agents by the names of the spans."""

from tests.analyse.traces import name_of, trace

from weft.analyse.agents import name_agents
from weft.analyse.errors.failures import find_failures
from weft.analyse.reading import Reading
from weft.analyse.tree import repair
from weft.model.failure import Failure
from weft.model.span import Span


def failures(*spans: Span) -> dict[str, Failure]:
    """The failures by the name of their span."""
    one = trace(*spans)
    reading = find_failures(name_agents(Reading.of(one, repair(one))))
    return {name_of(failure.span_id): failure for failure in reading.failures}


def roles(*spans: Span) -> dict[str, str]:
    """Roles by the name of the span, with the name of the span that is the reason, where there is one."""
    return {
        name: failure.role + (f" {name_of(failure.because_of)}" if failure.because_of else "")
        for name, failure in failures(*spans).items()
    }


def raised(error: str, type_name: str = "RuntimeError") -> dict[str, object]:
    """What a span says that an exception left."""
    return {
        "status": "error",
        "status_message": f"{type_name}: {error}",
        "attributes": {"error.type": type_name},
    }
