"""From the bodies of OTLP requests to columns: first what must happen before the answer, then the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from weft.decode import columns, protobuf
from weft.decode.payloads import Payloads
from weft.decode.validate import Verdict, validate


@dataclass(frozen=True, slots=True)
class Decoded:
    """Bodies that were parsed and validated together, not yet flat.

    Attributes:
        spans: The spans to keep.
        verdicts: One per body.
    """

    spans: columns.Spans
    verdicts: list[Verdict]

    def __len__(self) -> int:
        """How many spans are kept."""
        return len(self.spans)

    def table(self, payloads: Payloads) -> pa.Table:
        """The columns of the span table; large values go to `payloads`."""
        return columns.table(self.spans, payloads)


def decode(bodies: Sequence[bytes]) -> Decoded:
    """Parse and validate OTLP protobuf bodies together.

    Raises:
        MalformedBody: One of them does not parse.
    """
    spans, verdicts = validate(columns.Spans.of(protobuf.parse(bodies)), len(bodies))
    return Decoded(spans, verdicts)
