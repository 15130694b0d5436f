"""Context in environment variables: names, values, nothing stale."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import baggage, trace
from opentelemetry.context import Context
from opentelemetry.propagators._envcarrier import EnvironmentSetter
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

import weft
from weft.context import environment

TRACE, SPAN = 0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331
PARENT = f"00-{TRACE:032x}-{SPAN:016x}-01"


def context(**items: str) -> Context:
    span = NonRecordingSpan(SpanContext(TRACE, SPAN, is_remote=False, trace_flags=TraceFlags(1)))
    made = trace.set_span_in_context(span, Context())
    for key, value in items.items():
        made = baggage.set_baggage(key, value, made)
    return made


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("traceparent", "TRACEPARENT"),
        ("x-b3-traceid", "X_B3_TRACEID"),
        ("uber-trace-id", "UBER_TRACE_ID"),
        ("b3", "B3"),
        ("9lives", "_9LIVES"),
        ("", "_"),
        ("straße", "STRASSE"),
        ("é", "_"),
    ],
)
def test_a_name_is_upper_case_with_nothing_but_letters_digits_and_underscores(field: str, name: str) -> None:
    assert environment.variable(field) == name


@given(st.text())
def test_every_name_is_one_that_a_shell_accepts(field: str) -> None:
    assert re.fullmatch(r"[A-Z_][A-Z0-9_]*", environment.variable(field))


@given(st.text(st.characters(max_codepoint=127)))
def test_names_are_those_of_opentelemetry(field: str) -> None:
    carrier: dict[str, str] = {}
    EnvironmentSetter().set(carrier, field, "value")
    assert list(carrier) == [environment.variable(field)]


def test_what_is_written_is_read_back() -> None:
    written = environment.variables(context(user="ada"))
    assert written["TRACEPARENT"] == PARENT
    assert written["BAGGAGE"] == "user=ada"
    read = weft.extract(environment.carrier_of(written), Context())
    assert trace.get_current_span(read).get_span_context().span_id == SPAN
    assert baggage.get_baggage("user", read) == "ada"


def test_nothing_is_written_where_there_is_nothing_to_carry() -> None:
    assert environment.variables(Context()) == {}


def test_variables_in_lower_case_are_somebody_elses() -> None:
    assert environment.carrier_of({"traceparent": PARENT, "PATH": "/bin"}) == {}


def test_nothing_stale_stays_beside_the_new() -> None:
    inherited = {"PATH": "/bin", "TRACEPARENT": "00-old", "TRACESTATE": "old=1", "BAGGAGE": "old=1"}
    fresh = environment.replaced(inherited, context())
    assert fresh["PATH"] == "/bin"
    assert fresh["TRACEPARENT"] == PARENT
    assert "old=1" not in fresh.values()
    assert environment.replaced(inherited, Context()) == {"PATH": "/bin"}
    assert inherited["TRACEPARENT"] == "00-old"


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5))
def test_no_environment_makes_it_raise(variables: dict[str, str]) -> None:
    base = Context()
    weft.extract(environment.carrier_of({**variables, "TRACEPARENT": "nonsense"}), base)
    environment.replaced(variables, base)
