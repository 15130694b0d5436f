"""From the bodies of OTLP requests to columns: first what must happen before the answer, then the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from weft.decode import protobuf
from weft.decode.payloads import Payloads
from weft.decode.spans import Spans
from weft.decode.tables import tables
from weft.decode.validate import Verdict, validate


@dataclass(frozen=True, slots=True)
class Decoded:
    """Bodies that were parsed and validated together, not yet flat.

    Attributes:
        spans: The spans to keep.
        verdicts: One per body.
    """

    spans: Spans
    verdicts: list[Verdict]

    def __len__(self) -> int:
        """How many spans are kept."""
        return len(self.spans)

    def tables(self, payloads: Payloads) -> dict[str, pa.Table]:
        """Rows by the name of their table; large values go to `payloads`."""
        return tables(self.spans, payloads)


def decode(bodies: Sequence[bytes]) -> Decoded:
    """Parse and validate OTLP protobuf bodies together.

    Raises:
        MalformedBody: One of them does not parse.
    """
    spans, verdicts = validate(Spans.of(protobuf.parse(bodies)), len(bodies))
    return Decoded(spans, verdicts)
