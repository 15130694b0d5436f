"""Jaeger's traces in a JSON document."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from weft.model.shape import ShapeError, identifier


@dataclass(frozen=True, slots=True)
class JaegerTrace:
    """One trace as Jaeger's JSON has it, not read yet.

    Attributes:
        place: Where it stands in its file.
        value: The object.
    """

    place: str
    value: Any

    @property
    def trace_id(self) -> str | None:
        """Its id in full; None when it has none."""
        try:
            return identifier(self.value, "traceID", 32, "trace")
        except ShapeError:
            return None


def jaeger_traces(place: str, value: dict[str, Any]) -> Iterator[JaegerTrace] | None:
    """Find the traces of a document: those of an answer of the query API, or the one that it is.

    Args:
        place: Where the document stands in its file.
        value: What it says.

    Returns:
        None when it is no such document.
    """
    if isinstance(value.get("data"), list):
        return (JaegerTrace(f"{place}, data[{n}]", each) for n, each in enumerate(value["data"]))
    if "traceID" in value or "spans" in value:
        return iter((JaegerTrace(place, value),))
    return None
