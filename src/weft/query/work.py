"""What spans say of AI work, from the columns that ingest made of it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import repeat
from typing import Final

import pyarrow as pa

from weft.decode.dialects.columns import TEXT_COLUMNS, TOKEN_COLUMNS
from weft.decode.dialects.dialect import Field
from weft.decode.dialects.order import SOURCES
from weft.decode.dialects.read import read
from weft.decode.dialects.values import name_of, text_of
from weft.model.jaeger import SCOPE
from weft.model.span import Kind, Value
from weft.model.work import NO_WORK, Tokens, Work
from weft.query.columns import values

_WITHOUT_COLUMN: Final[tuple[Field, ...]] = ("agent_id", "arguments")
#: Keys that say what no column holds.
KEYS_WITHOUT_COLUMN: Final = frozenset(source.key for field in _WITHOUT_COLUMN for source in SOURCES[field])
#: By key: its field, its place in the field's order, itself, and whether it means the same in every span.
_PLACES: Final = {
    source.key: (
        field,
        rank,
        source.key,
        not (source.document or source.operation or (source.dialect and source.dialect.scope)),
    )
    for field in _WITHOUT_COLUMN
    for rank, source in reversed(list(enumerate(SOURCES[field])))
}


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


def complete(work: Work, attributes: Mapping[str, Value], *, name: str, kind: Kind) -> Work:
    """Add what no column holds to what the columns say.

    Reading all of a span's attributes takes 40 µs. What most of them say needs no more than to be looked up:
    it stands under a key that means the same in every span.

    Args:
        work: What the columns say.
        attributes: The span's attributes, its scope's among them.
        name: The span's name.
        kind: Its side of a call or a message.
    """
    found: dict[str, str] = {}
    for field, _, key, is_plain in sorted(_PLACES[key] for key in attributes if key in _PLACES):
        if field in found:
            continue
        if not is_plain:
            return read(attributes, name=name, kind=kind, scope=str(attributes.get(SCOPE, "")))
        value = attributes[key]
        # As `decode.dialects.read` has it: arguments are compared, not shown.
        if said := value if field == "arguments" and isinstance(value, str) else name_of(text_of(value)):
            found[field] = said
    return replace(work, agent_id=found.get("agent_id", ""), arguments=found.get("arguments", ""))
