"""Which spans can be kept, body by body.

A span without valid ids cannot belong to a trace: it is counted in the answer's `partial_success` and left
out; its neighbours stay (OTLP 1.11, Partial Success).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from weft.decode.spans import Spans

TRACE_ID_BYTES = 16
SPAN_ID_BYTES = 8

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the sender of one body is told.

    Attributes:
        spans: How many spans the body holds.
        rejected: How many of them were left out.
        message: Why, or what looks wrong with spans that were kept; empty when all is well.
    """

    spans: int
    rejected: int = 0
    message: str = ""


def validate(spans: Spans, bodies: int) -> tuple[Spans, list[Verdict]]:
    """Leave out the spans whose ids are invalid.

    Args:
        spans: Everything that was decoded together.
        bodies: From how many bodies.

    Returns:
        The spans to keep, and one verdict per body.
    """
    span = spans.spans
    bad_ids = _bad_ids(span)
    ends_early = _ends_early(spans)
    of_body = spans.bodies_of_spans()
    counts = np.bincount(of_body, minlength=bodies)
    if bad_ids is None and ends_early is None:
        return spans, [Verdict(int(count)) for count in counts]
    rejected = _per_body(bad_ids, of_body, bodies)
    warned = _per_body(ends_early, of_body, bodies)
    verdicts = [
        Verdict(int(n), int(r), _message(int(r), int(w)))
        for n, r, w in zip(counts, rejected, warned, strict=True)
    ]
    return (spans if bad_ids is None else spans.only(~bad_ids)), verdicts


def _bad_ids(span: pa.StructArray) -> Mask | None:
    trace_id, span_id, parent_id = (span.field(name) for name in ("trace_id", "span_id", "parent_span_id"))
    parent_length = pc.binary_length(parent_id)
    bad = [
        pc.not_equal(pc.binary_length(trace_id), TRACE_ID_BYTES),
        pc.equal(trace_id, pa.scalar(bytes(TRACE_ID_BYTES), pa.binary())),
        pc.not_equal(pc.binary_length(span_id), SPAN_ID_BYTES),
        pc.equal(span_id, pa.scalar(bytes(SPAN_ID_BYTES), pa.binary())),
        pc.and_(pc.not_equal(parent_length, 0), pc.not_equal(parent_length, SPAN_ID_BYTES)),
    ]
    masks = [mask for mask in map(_true, bad) if mask is not None]
    return np.logical_or.reduce(masks) if masks else None


def _ends_early(spans: Spans) -> Mask | None:
    """Which spans end before they start; one without an end has not ended (see `pending`)."""
    early = pc.less(spans.spans.field("end_time_unix_nano"), spans.spans.field("start_time_unix_nano"))
    return _true(pc.and_(early, spans.ended())) if early.true_count else None


def _true(mask: pa.BooleanArray) -> Mask | None:
    """The mask, or None when nothing in it is true."""
    return mask.to_numpy(zero_copy_only=False) if mask.true_count else None


def _per_body(mask: Mask | None, of_body: npt.NDArray[np.int64], bodies: int) -> npt.NDArray[np.int64]:
    return np.zeros(bodies, np.int64) if mask is None else np.bincount(of_body[mask], minlength=bodies)


def _message(rejected: int, ends_early: int) -> str:
    parts = []
    if rejected:
        parts.append(
            f"{rejected} span(s) left out: trace_id must be 16 bytes and span_id 8, not all zero; "
            "parent_span_id must be 8 bytes or empty"
        )
    if ends_early:
        parts.append(f"{ends_early} span(s) end before they start: kept as sent")
    return "; ".join(parts)
