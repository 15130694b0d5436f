"""Contexts to write, and headers as they arrive: lower-case names, each with its values."""

from __future__ import annotations

from hypothesis import strategies as st
from opentelemetry.trace import SpanContext, TraceFlags

from weft.context.formats.format import Fields, Format

TRACE = "463ac35c9f6413ad48485a3953bb6124"
SPAN = "a2fb4a1d1a96d312"
TRACE_ID = int(TRACE, 16)
LOW_64 = TRACE_ID & (2**64 - 1)
SPAN_ID = int(SPAN, 16)

contexts = st.builds(
    SpanContext,
    trace_id=st.integers(1, 2**128 - 1) | st.integers(1, 2**64 - 1),
    span_id=st.integers(1, 2**64 - 1),
    is_remote=st.booleans(),
    trace_flags=st.integers(0, 255).map(TraceFlags),
)

# What header names and baggage keys are made of, in the case in which they arrive.
keys = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.!#$%&'*+^`|~", min_size=1, max_size=12)


def arrived(written: dict[str, str]) -> dict[str, list[str]]:
    return {name.lower(): [value] for name, value in written.items()}


def sampled(context: SpanContext) -> bool:
    return context.trace_flags & 1 == 1


def noise(a_format: Format) -> st.SearchStrategy[Fields]:
    """Fields of a format with anything in them, and with what is nearly right."""
    digits = st.text("0123456789abcdefABCDEF-:/;=%?., \t\n\x00\u0661\ud800", max_size=80)
    near = st.sampled_from(
        [TRACE, SPAN, f"{TRACE}-{SPAN}-1", f"{TRACE}:{SPAN}:0:1", f"{TRACE}/1;o=1", "1", "0"]
    )
    damaged = st.tuples(near, digits, st.integers(0, 60)).map(lambda t: t[0][: t[2]] + t[1] + t[0][t[2] :])
    values = st.lists(st.text(max_size=600) | digits | near | damaged, max_size=3)
    names = st.sampled_from(a_format.fields)
    for prefix in a_format.prefixes:
        names |= st.text(max_size=8).map(prefix.__add__)
    return st.dictionaries(names, values, max_size=8)
