"""Which trace is wanted: the newest, or one by the first digits of its id."""

import re
from typing import Final

import click

from weft.cli.failure import Absent
from weft.cli.source import Source

_SEARCHED: Final = 1000  # newest traces that are searched for the beginning of an id
_LISTED: Final = 5


def digits(trace_id: str) -> str:
    """Read a trace's id or the beginning of one.

    Raises:
        UsageError: It is not 4 to 32 hex digits.
    """
    wanted = trace_id.strip().lower()
    if not re.fullmatch("[0-9a-f]{4,32}", wanted):
        raise click.UsageError(f"TRACE_ID should be 4 to 32 hex digits, not {trace_id!a}")
    return wanted


def newest(source: Source) -> object:
    """Get the newest trace, in Jaeger's JSON, unchecked.

    Raises:
        Absent: There is none.
    """
    found = source.traces(1)
    if not found:
        raise Absent("there are no traces yet")
    return get(source, found[0].trace_id)


def find(source: Source, wanted: str) -> object:
    """Get the trace with an id, or else the only one whose id begins so, in Jaeger's JSON, unchecked.

    Raises:
        Absent: There is none, or there are several.
    """
    if len(wanted) in {16, 32} and (found := source.trace(wanted)) is not None:
        return found
    if len(wanted) == 32:
        raise _absent(wanted)
    ids = [
        summary.trace_id
        for summary in source.traces(_SEARCHED)
        if summary.trace_id.startswith(wanted) or summary.written_id.startswith(wanted)
    ]
    if not ids:
        raise _absent(wanted)
    if len(ids) > 1:
        named = ", ".join(ids[:_LISTED]) + (", …" if len(ids) > _LISTED else "")
        raise Absent(f"{len(ids)} traces begin with {wanted}: {named}")
    return get(source, ids[0])


def get(source: Source, trace_id: str) -> object:
    """Get the trace with an id, in Jaeger's JSON, unchecked.

    Raises:
        Absent: There is none.
    """
    found = source.trace(trace_id)
    if found is None:
        raise _absent(trace_id)
    return found


def _absent(trace_id: str) -> Absent:
    return Absent(f"no trace {trace_id}; `weft ls` lists what is there")
