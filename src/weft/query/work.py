"""What spans say of AI work, from the columns that ingest made of it."""

from collections.abc import Iterator
from itertools import repeat
from typing import Final

import pyarrow as pa

from weft.decode.dialects.columns import TEXT_COLUMNS, TOKEN_COLUMNS
from weft.decode.dialects.order import SOURCES
from weft.model.work import NO_WORK, Tokens, Work
from weft.query.columns import values

#: Keys that say what no column holds: a span that has one of them is read by its attributes.
KEYS_WITHOUT_COLUMN: Final = frozenset(
    source.key for field in ("agent_id", "arguments") for source in SOURCES[field]
)


def works(table: pa.Table) -> Iterator[Work]:
    """Give the work of each row, but for what no column holds.

    Args:
        table: The columns of `decode.dialects.columns.work_columns`.
    """
    operations = values(table, "operation")
    texts = zip(*(values(table, name) for name in TEXT_COLUMNS), strict=True)
    has_tokens = values(table, "has_tokens")
    costs = values(table, "cost")
    # Few batches have counts, and no count is asked for where none was said.
    counts = (
        zip(*(values(table, name) for name in TOKEN_COLUMNS), strict=True)
        if any(has_tokens)
        else repeat((), len(table))
    )
    for operation, said, counted, numbers, cost in zip(
        operations, texts, has_tokens, counts, costs, strict=True
    ):
        if not operation and not counted and cost is None and not any(said):
            yield NO_WORK
            continue
        yield Work(
            operation=operation,
            tokens=Tokens(*numbers) if counted else None,
            cost=cost,
            **dict(zip(TEXT_COLUMNS, said, strict=True)),
        )
