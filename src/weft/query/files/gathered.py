"""OTLP spans gathered by trace: those of one trace may be spread over messages, documents and files.

They are held as columns until everything is read, large values once per content: 200,000 spans of 11
attributes took 170 MB. This is what bounds the size of what can be read.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Final

import pyarrow as pa

from weft.decode.protobuf import MalformedBody
from weft.decode.request import Decoded, decode
from weft.model.span import Span
from weft.model.trace import Trace
from weft.query.assemble import assemble, plain
from weft.query.contents import restore
from weft.query.files.unreadable import Complain
from weft.query.open_spans import with_open
from weft.query.traces import spans

_BATCH_BYTES: Final = 4 << 20
_SPANS: Final = 4096  # made into objects at once
_ROW_BITS: Final = 32


class Gathered:
    """OTLP messages, decoded together and told apart by trace."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, bytes, Complain]] = []
        self._waiting_bytes = 0
        self._batches: list[pa.Table] = []
        self._rows: dict[bytes, list[int]] = {}  # batch and row of each span, in one number
        self._payloads: dict[str, str] = {}  # large values by content hash

    def add(self, place: str, body: bytes, complain: Complain) -> None:
        """Add one message.

        Args:
            place: Where it stands in its file.
            body: OTLP protobuf.
            complain: Told when it cannot be decoded, now or later.
        """
        self._waiting.append((place, body, complain))
        self._waiting_bytes += len(body)
        if self._waiting_bytes >= _BATCH_BYTES:
            self.finish()

    def finish(self) -> None:
        """Decode what was added."""
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        if not waiting:
            return
        try:
            self._keep(decode([body for _, body, _ in waiting]), waiting)
        except MalformedBody:
            for each in waiting:
                self._decode_alone(each)

    def traces(self, without: Container[str] = ()) -> Iterator[Trace]:
        """Give the traces, in the order in which each was first met.

        Args:
            without: Ids of traces to leave out.
        """
        some: list[bytes] = []
        size = 0
        for trace_id, rows in self._rows.items():
            if trace_id.hex() not in without:
                some.append(trace_id)
                size += len(rows)
            if size >= _SPANS:
                yield from self._made(some)
                some, size = [], 0
        yield from self._made(some)

    def spans_of(self, trace_id: str) -> list[Span]:
        """Give the spans of one trace; none when there is no such trace."""
        return [span for trace in self._made([bytes.fromhex(trace_id)]) for span in trace.spans]

    def _decode_alone(self, waiting: tuple[str, bytes, Complain]) -> None:
        place, body, complain = waiting
        try:
            self._keep(decode([body]), [waiting])
        except MalformedBody as error:
            complain(place, f"it is not OTLP: {error}")

    def _keep(self, decoded: Decoded, waiting: Sequence[tuple[str, bytes, Complain]]) -> None:
        for (place, _, complain), verdict in zip(waiting, decoded.verdicts, strict=True):
            if verdict.rejected:
                complain(place, verdict.message)
        if not len(decoded):
            return
        table = _together(decoded.tables(self._payloads))
        batch = len(self._batches) << _ROW_BITS
        self._batches.append(table)
        for row, trace_id in enumerate(table.column("trace_id").to_pylist()):
            self._rows.setdefault(trace_id, []).append(batch | row)

    def _made(self, trace_ids: Iterable[bytes]) -> Iterator[Trace]:
        rows: dict[int, list[int]] = {}
        found: dict[str, list[Span]] = {}
        for trace_id in trace_ids:
            found[trace_id.hex()] = []
            for place in self._rows.get(trace_id, ()):
                rows.setdefault(place >> _ROW_BITS, []).append(place & (1 << _ROW_BITS) - 1)
        for batch, own in rows.items():
            table = _plain_attributes(self._batches[batch].take(pa.array(own)))
            for span in spans(restore(table, lambda _: self._payloads)):
                found[span.trace_id].append(span)
        for written, together in found.items():
            if together:
                yield Trace(written, _last_announcements(together))


def _together(tables: dict[str, pa.Table]) -> pa.Table:
    """The rows of the tables as `weft.query.queries` gives them."""
    ended = assemble(tables["spans"], tables["events"], tables["links"])
    pending = tables.get("pending", pa.table({}))
    if len(pending):
        count = len(pending)
        pending = pending.append_column("duration_ns", pending.column("open_ns").cast(pa.int64(), safe=False))
        pending = pending.append_column("state", pa.array([1] * count, pa.uint8()))
        pending = pending.append_column("silent_s", pa.array([0] * count, pa.int64()))
    return with_open(ended, pending)


def _plain_attributes(table: pa.Table) -> pa.Table:
    """The same with attribute maps of text, which `restore` can put the large values into."""
    maps = table.column("attributes").combine_chunks()
    index = table.schema.get_field_index("attributes")
    return table.set_column(
        index, "attributes", pa.MapArray.from_arrays(maps.offsets, plain(maps.keys), plain(maps.items))
    )


def _last_announcements(together: list[Span]) -> list[Span]:
    """Leave out the announcements of spans that have ended, and all but the last of those that have not."""
    ended = [span for span in together if span.state == "ended"]
    if len(ended) == len(together):
        return together
    announced = sorted((span for span in together if span.state != "ended"), key=lambda span: span.end_ns)
    last = {(span.span_id, span.service): span for span in announced}
    for span in ended:
        last.pop((span.span_id, span.service), None)
    return [*ended, *last.values()]
