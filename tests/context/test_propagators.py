"""OTEL_PROPAGATORS, right and wrong, and what a program has set. Each case is a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from weft.context import propagators
from weft.context.formats.order import FORMATS
from weft.context.propagators import Wanted

SPAN = """
import weft, os
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
span = NonRecordingSpan(SpanContext(1, 2, True, TraceFlags(1)))
context = trace.set_span_in_context(span)
"""
WRITTEN = f"""{SPAN}
print(sorted(weft.inject({{}}, context)))
print(os.environ.get("OTEL_PROPAGATORS"))
"""
# The same whoever is imported first.
READ = """
with weft.attached(context):
    print(trace.get_current_span(weft.extract({})) is span)
parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
print(trace.get_current_span(weft.extract({"TRACEPARENT": parent})).get_span_context().is_valid)
"""
OPENTELEMETRY_FIRST = "import opentelemetry.propagate\n"


def python(script: str, value: str | None = None) -> tuple[list[str], str]:
    environment = {**os.environ, **({"OTEL_PROPAGATORS": value} if value is not None else {})}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines(), done.stderr


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (None, "['traceparent']"),
        ("", "['traceparent']"),
        ("weft", "['traceparent']"),
        ("tracecontext", "['traceparent']"),
        (" tracecontext , b3 ", "['b3', 'traceparent']"),
        ("baggage", "[]"),
        ("none", "[]"),
        ("tracecontext,none", "[]"),
    ],
)
def test_the_variable_chooses_what_is_written(value: str | None, fields: str) -> None:
    assert python(WRITTEN, value) == ([fields, str(value)], "")


@pytest.mark.parametrize(
    ("value", "fields", "going_on_with"),
    [
        ("tracecontext,b3multy", "['traceparent']", "tracecontext"),
        ("tracecontxt", "['traceparent']", "tracecontext,baggage"),
        ("baggage,nonsense", "[]", "baggage"),
    ],
)
def test_an_unknown_name_is_one_line_and_the_others_stay(value: str, fields: str, going_on_with: str) -> None:
    written, errors = python(WRITTEN, value)
    assert written == [fields, value]
    assert len(errors.splitlines()) == 1
    assert f"going on with {going_on_with}." in errors
    assert "Traceback" not in errors


def test_every_format_has_a_name_and_names_count_once() -> None:
    names = [each.name for each in FORMATS]
    assert propagators.wanted(",".join(names)) == Wanted(tuple(names))
    assert propagators.wanted("b3,weft,b3,tracecontext") == Wanted(("b3", "tracecontext", "baggage"))
    assert propagators.wanted("b3,NONE") == Wanted(())
    assert propagators.wanted("B3") == Wanted(("tracecontext", "baggage"), unknown=("B3",))


@pytest.mark.parametrize("first", ["", OPENTELEMETRY_FIRST])
@pytest.mark.parametrize(("value", "is_read"), [(None, "True"), ("baggage", "True"), ("none", "False")])
def test_how_a_context_is_read_does_not_depend_on_the_order_of_imports(
    first: str, value: str | None, is_read: str
) -> None:
    assert python(first + SPAN + READ, value) == (["True", is_read], "")


PROGRAM = """
from opentelemetry.propagate import set_global_textmap
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

class Vendor(TextMapPropagator):
    fields = frozenset({"x-vendor"})

    def inject(self, carrier, context=None, setter=None):
        carrier["x-vendor"] = "1"

    def extract(self, carrier, context=None, getter=None):
        return context

set_global_textmap(%s)
"""
INIT = "weft.init('service', instrument=False)\nprint(sorted(weft.inject({}, context)))\n"


@pytest.mark.parametrize(
    "theirs", ["Vendor()", "CompositePropagator([TraceContextTextMapPropagator(), Vendor()])"]
)
def test_what_the_program_has_set_is_written_and_read_after_init(
    monkeypatch: pytest.MonkeyPatch, theirs: str
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    assert python(PROGRAM % theirs + SPAN + INIT) == (["['traceparent', 'x-vendor']"], "")
