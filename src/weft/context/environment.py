"""Trace context in environment variables: TRACEPARENT, TRACESTATE, BAGGAGE, and those of other formats.

Source: OpenTelemetry specification, context/env-carriers.md (release candidate). A field's name is written in
upper case, every character outside ``[A-Z0-9_]`` as ``_``; its value as the format has it. Variables are for
processes on one machine, and not for secrets: whoever may trace a process may read them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from weft.context import propagation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from opentelemetry.context import Context

# Always ours to keep fresh, also where OTEL_PROPAGATORS names other formats: every tool looks for these.
W3C_FIELDS: Final = ("traceparent", "tracestate", "baggage")

_FOREIGN: Final = re.compile(r"[^A-Z0-9_]", re.ASCII)


def variable(field: str) -> str:
    """The name of the variable for a propagation field: ``x-b3-traceid`` is in ``X_B3_TRACEID``.

    Args:
        field: A field's name; an empty one, or one that begins with a digit, gets ``_`` before it.
    """
    name = _FOREIGN.sub("_", field.upper())
    return name if name and not name[0].isdigit() else f"_{name}"


def fields() -> dict[str, str]:
    """The variables that carry context in this process, and the field each of them holds."""
    return {variable(field): field for field in sorted(propagation.fields().union(W3C_FIELDS))}


def carrier_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Take the propagation fields from an environment, for ``weft.extract``; empty where there are none."""
    return {field: environment[name] for name, field in fields().items() if name in environment}


def variables(context: Context | None = None) -> dict[str, str]:
    """Write a context as variables; empty where there is nothing to carry.

    Values that no environment can hold (a NUL inside) are left out.

    Args:
        context: The context to write; the current one by default.
    """
    carrier = propagation.inject({}, context)
    return {variable(field): value for field, value in carrier.items() if "\0" not in value}


def replaced(environment: Mapping[str, str], context: Context | None = None) -> dict[str, str]:
    """Copy an environment with this context in it and no other: what is stale does not stay.

    Args:
        environment: What the child process would have got.
        context: The context to write; the current one by default.
    """
    return {**without(environment, fields()), **variables(context)}


def without(environment: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Copy an environment without some of its variables."""
    left_out = set(names)
    return {name: value for name, value in environment.items() if name not in left_out}
