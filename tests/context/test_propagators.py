"""OTEL_PROPAGATORS, right and wrong. Each case is a process of its own: the variable is read once."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import weft, os
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
span = NonRecordingSpan(SpanContext(1, 2, True, TraceFlags(1)))
print(sorted(weft.inject({}, trace.set_span_in_context(span))))
print(os.environ.get("OTEL_PROPAGATORS"))
"""


def run(value: str | None) -> tuple[str, str, str]:
    environment = {**os.environ, **({"OTEL_PROPAGATORS": value} if value is not None else {})}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
    )
    fields, variable = done.stdout.splitlines()
    return fields, variable, done.stderr


@pytest.mark.parametrize(
    ("value", "fields"),
    [(None, "['traceparent']"), ("tracecontext", "['traceparent']"), ("baggage", "[]"), ("none", "[]")],
)
def test_the_variable_chooses_what_is_written(value: str | None, fields: str) -> None:
    assert run(value) == (fields, str(value), "")


@pytest.mark.parametrize(
    ("value", "fields", "going_on_with"),
    [
        ("tracecontext,b3multy", "['traceparent']", "tracecontext"),
        ("tracecontxt", "['traceparent']", "tracecontext,baggage"),
        ("baggage,nonsense", "[]", "baggage"),
    ],
)
def test_an_unknown_name_is_one_line_and_the_others_stay(value: str, fields: str, going_on_with: str) -> None:
    written, variable, errors = run(value)
    assert written == fields
    assert variable == value
    assert len(errors.splitlines()) == 1
    assert f"going on with {going_on_with}." in errors
    assert "Traceback" not in errors
