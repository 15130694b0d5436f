"""Where the errors of a trace began, and what was said there."""

from weft.model import keys
from weft.model.span import Span, text
from weft.model.trace import Node, Trace


def origins(trace: Trace) -> set[Node]:
    """Find the spans that failed while nothing below them did: each error above was passed on to there."""
    above: set[Node] = set()  # nodes with an error somewhere below
    begun: set[Node] = set()
    for node in reversed(list(trace.walk())):
        if node.span.failed and node not in above:
            begun.add(node)
        if node.parent is not None and (node in begun or node in above):
            above.add(node.parent)
    return begun


def reason(span: Span) -> str:
    """Say why a span failed, in the words of the code that failed; raw text, not cleaned."""
    if span.status_message:
        # An exception without a message of its own is written with the colon that would come before it.
        return span.status_message.rstrip().removesuffix(":")
    for event in reversed(span.events):
        if event.name == "exception":
            said = (text(event.attributes.get(f"exception.{part}")) for part in ("type", "message"))
            return ": ".join(filter(None, said)) or "an exception without a message"
    for key in (keys.ERROR_TYPE, "http.response.status_code", "http.status_code"):
        if key in span.attributes:
            return f"{key} {text(span.attributes[key])}"
    return "no message was recorded"
