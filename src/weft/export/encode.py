"""Ended spans become encoded requests, none of them larger than a backend takes, and none is left out."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, Final, Self

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

from weft.export.cut import cut
from weft.export.mend import mended

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.sdk.trace import ReadableSpan

#: What gRPC servers take by default, less what a proxy or a server may count on top.
MAX_REQUEST_BYTES: Final = (4 << 20) - (64 << 10)

#: Where OpenTelemetry's encoder logs that it left out an attribute, with a traceback each (SDK 1.45).
ENCODER_LOGGER: Final = "opentelemetry.exporter.otlp.proto.common._internal"


class Encoder(logging.Filter):
    """Encodes spans as OTLP, in one thread, for as long as its ``with`` block lasts.

    What OpenTelemetry's encoder cannot encode it leaves out and logs, or it raises and costs the batch. Here
    both are noticed, and what is at fault is mended (`weft.export.mend`).
    """

    def __init__(self) -> None:
        super().__init__()
        self._owner = os.getpid(), threading.get_ident()
        self._left_out = 0

    def __enter__(self) -> Self:
        logging.getLogger(ENCODER_LOGGER).addFilter(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        logging.getLogger(ENCODER_LOGGER).removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep back, and count, what the encoder logs in this thread; let everything else pass."""
        # A forked child inherits the filter, and glibc gives its threads the idents that its parent's had.
        if (os.getpid(), record.thread) != self._owner:
            return True
        self._left_out += 1
        return False

    def encode(self, spans: Sequence[ReadableSpan]) -> Iterator[tuple[bytes | None, int]]:
        """Encode spans as requests.

        A batch that comes out too large is halved; a span that is too large by itself has its largest values
        cut (`weft.export.cut`).

        Yields:
            A request, and how many spans are in it. None instead of a request for a span that cannot be
            encoded at all.
        """
        request = self._encoded(spans)
        if request is None:
            request = self._encoded([mended(span) for span in spans], strict=False)
        if len(spans) > 1 and (request is None or request.ByteSize() > MAX_REQUEST_BYTES):
            half = len(spans) // 2
            yield from self.encode(spans[:half])
            yield from self.encode(spans[half:])
            return
        if request is not None:
            cut(request, MAX_REQUEST_BYTES)
        yield (None if request is None else request.SerializeToString()), len(spans)

    def _encoded(
        self, spans: Sequence[ReadableSpan], *, strict: bool = True
    ) -> ExportTraceServiceRequest | None:
        """A request; None where the encoder raises, or (if ``strict``) leaves something out."""
        self._left_out = 0
        try:
            request = encode_spans(spans)
        except Exception:  # noqa: BLE001 - attributes are anything, and so is what they raise
            return None
        return None if strict and self._left_out else request
