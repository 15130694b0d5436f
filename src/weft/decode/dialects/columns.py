"""The dialects applied to a batch at ingest: columns of the span table, without Python for each span."""

from functools import lru_cache, reduce
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from weft.decode.dialects.batch import Batch, Floats, Ids, Mask
from weft.decode.dialects.dialect import SPAN_NAME, Field, Number, Text
from weft.decode.dialects.order import (
    HINTS,
    IMPLIES,
    NAMED,
    NUMBERS,
    OWN_WORDS,
    SAYS,
    SOURCES,
    TRANSPORT,
    Source,
    Words,
)
from weft.decode.dialects.values import MOST_COST, MOST_TOKENS, name_of, provider_of, word_of

#: Columns of text, from fields; what else a span says is in its attributes.
TEXT_COLUMNS: Final[tuple[Text, ...]] = ("agent", "model", "provider", "tool", "conversation", "workflow")
TOKEN_COLUMNS: Final = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)

_LEAST_ROWS: Final = 1 << 13
# OTLP's numbers of the span kinds that `TRANSPORT` names.
_KINDS: Final = {"producer": 4, "consumer": 5}
_TRANSPORT: Final = [_KINDS[kind] for kind in TRANSPORT]


def work_columns(
    attributes: pa.MapArray,
    types: npt.NDArray[np.uint8],
    *,
    names: pa.DictionaryArray,
    kinds: npt.NDArray[np.int32],
    scopes: pa.DictionaryArray,
) -> dict[str, pa.Array]:
    """Say in one vocabulary what spans say of AI work.

    Args:
        attributes: n maps, keys and values dictionary encoded, large values set aside.
        types: The type codes of all attributes, one after the other.
        names: n span names.
        kinds: n OTLP span kinds.
        scopes: n names of instrumentation scopes.

    Returns:
        Columns of n rows by the names of the span table. A text that is not said is empty, a count 0;
        `has_tokens` tells where counts were said, and a cost that was not said is null.
    """
    batch = Batch(attributes, types, names, scopes)
    if not len(batch):
        empty = _nothing(max(_LEAST_ROWS, 1 << (len(names) - 1).bit_length()))
        return {name: column.slice(0, len(names)) for name, column in empty.items()}
    reader = _Reader(batch, np.isin(kinds[batch.rows], _TRANSPORT))
    texts = {"operation": reader.operation} | {field: reader.text(field) for field in TEXT_COLUMNS}
    columns = {name: _text_column(batch, ids, len(names)) for name, ids in texts.items()}
    return columns | reader.usage(len(names))


@lru_cache(maxsize=2)
def _nothing(rows: int) -> dict[str, pa.Array]:
    """The columns of spans that say nothing, to be cut to length: most batches are such."""
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([""]))
    count = pa.array(np.zeros(rows, np.uint64))
    return {
        **dict.fromkeys(("operation", *TEXT_COLUMNS), text),
        "has_tokens": pa.array(np.zeros(rows, np.bool_)),
        **dict.fromkeys(TOKEN_COLUMNS, count),
        "cost": pa.nulls(rows, pa.float64()),
    }


def _text_column(batch: Batch, ids: Ids, rows: int) -> pa.DictionaryArray:
    """Numbers of the pool as a column; the dictionary has only what is used, and the empty text."""
    indices = np.zeros(rows, np.int32)
    used = np.unique(np.append(ids, 0))
    indices[batch.rows] = np.searchsorted(used, ids)
    dictionary = [batch.pool.texts[number] for number in used]
    return pa.DictionaryArray.from_arrays(pa.array(indices), pa.array(dictionary, pa.string()))


class _Reader:
    """The rows of a batch in which some dialect is spoken."""

    def __init__(self, batch: Batch, transport: Mask) -> None:
        self._batch = batch
        self._claims: dict[str, Ids] = {}
        self._apart = np.zeros(len(batch), np.bool_)
        self._named = self._named_by_name()
        self.operation = self._operation(transport)

    def text(self, field: Text) -> Ids:
        """What the rows say a field is, as text."""
        found = np.zeros(len(self._batch), np.int32)
        for source in self._sources(field):
            if source.dialect is None:
                ids = self._rest_of_name(field)
            elif source.document:
                ids = self._batch.document_texts(source.key, source.document, field)
            else:
                ids = self._batch.texts(source.key)
            open_rows = (found == 0) & self._counts(source)
            found[open_rows] = ids[open_rows]
        if field == "provider":
            pool = self._batch.pool
            used, index = np.unique(found, return_inverse=True)
            named = [pool.number(provider_of(pool.texts[number])) for number in used]
            found = np.array(named, np.int32)[index]
        return found

    def usage(self, rows: int) -> dict[str, pa.Array]:
        """Columns of tokens and cost: `usage.tokens` and `usage.cost` for all rows at once."""
        said = {field: self._number(field) for field in NUMBERS}
        none = {field: np.nan_to_num(numbers) for field, numbers in said.items()}
        read = _else(said["input"], np.maximum(none["total"] - none["output"], 0))
        wrote = _else(said["output"], np.maximum(none["total"] - read, 0))
        cache, thought = none["cache_read"] + none["cache_write"], none["reasoning"]
        counts = (
            np.where(self._apart | (cache > read), read + cache, read),
            np.where(thought > wrote, wrote + thought, wrote),
            none["cache_read"],
            none["cache_write"],
            thought,
        )
        has_tokens = np.zeros(rows, np.bool_)
        has_tokens[self._batch.rows] = reduce(
            np.logical_or, (~np.isnan(said[field]) for field in NUMBERS if not field.endswith("cost"))
        )
        parts = np.where(
            np.isnan(said["input_cost"]) & np.isnan(said["output_cost"]),
            np.nan,
            none["input_cost"] + none["output_cost"],
        )
        cost = np.full(rows, np.nan)
        cost[self._batch.rows] = _else(said["cost"], parts)
        columns = {"has_tokens": pa.array(has_tokens)}
        for name, numbers in zip(TOKEN_COLUMNS, counts, strict=True):
            column = np.zeros(rows, np.uint64)
            column[self._batch.rows] = numbers.astype(np.uint64)
            columns[name] = pa.array(column)
        return columns | {"cost": pa.array(cost, mask=np.isnan(cost))}

    def _number(self, field: Number) -> Floats:
        most = MOST_COST if field.endswith("cost") else MOST_TOKENS
        found = np.full(len(self._batch), np.nan)
        for source in self._sources(field):
            if source.document:
                numbers = self._batch.document_numbers(source.key, source.document, field)
            else:
                numbers = self._batch.numbers(source.key)
            numbers = numbers if field.endswith("cost") else np.trunc(numbers)
            usable = np.isnan(found) & (numbers <= most) & self._counts(source)
            found[usable] = numbers[usable]
            if field == "input" and source.dialect and source.dialect.apart:
                self._apart |= usable
        return found

    def _sources(self, field: Field) -> list[Source]:
        """The sources of a field that are in the batch at all."""
        return [
            source
            for source in SOURCES[field]
            if self._batch.has(source.key)
            and (not source.operation or (source.dialect and source.dialect.name in self._claims))
        ]

    def _counts(self, source: Source) -> Mask | np.bool_:
        """Where what stands in a source is meant."""
        meant: Mask | np.bool_ = np.True_
        if source.dialect is None:
            return meant
        speaks = self._batch.speaks(source.dialect)
        if speaks is not None:
            meant = meant & speaks
        if source.operation:
            claims = self._claims.get(source.dialect.name)
            meant = meant & (
                claims == self._batch.pool.number(source.operation) if claims is not None else False
            )
        return meant

    def _operation(self, transport: Mask) -> Ids:
        said, hinted = self._first(SAYS), self._first(HINTS)
        found = np.where(said > 0, said, hinted)
        for key in OWN_WORDS:
            if self._batch.has(key):
                found = np.where(found > 0, found, self._batch.texts(key, word_of))
        for words in IMPLIES:
            if self._batch.has(words.key):
                implied = (found == 0) & ~transport & self._batch.present(words.key)
                speaks = self._batch.speaks(words.dialect)
                found[implied if speaks is None else implied & speaks] = self._batch.pool.number(
                    words.operations[""]
                )
        return np.where(found > 0, found, self._named[0])

    def _first(self, table: tuple[Words, ...]) -> Ids:
        """The first operation of a table; and what each dialect says, where it has not said anything yet."""
        found = np.zeros(len(self._batch), np.int32)
        for words in table:
            if not self._batch.has(words.key):
                continue
            said = self._batch.texts(words.key, words.meaning)
            speaks = self._batch.speaks(words.dialect)
            if speaks is not None:
                said = np.where(speaks, said, 0)
            claims = self._claims.get(words.dialect.name)
            self._claims[words.dialect.name] = said if claims is None else np.where(claims > 0, claims, said)
            found = np.where(found > 0, found, said)
        return found

    def _named_by_name(self) -> tuple[Ids, Ids, Ids]:
        """What the first word of a name says: the operation, the field that the rest names, the rest."""
        operation = self._batch.texts(SPAN_NAME, lambda name: _named(name)[0])
        if not operation.any():
            return operation, operation, operation
        return (
            operation,
            self._batch.texts(SPAN_NAME, lambda name: _named(name)[1]),
            self._batch.texts(
                SPAN_NAME, lambda name: name_of(name.partition(" ")[2]) if _named(name)[0] else ""
            ),
        )

    def _rest_of_name(self, field: Text) -> Ids:
        operation, named, rest = self._named
        meant = (operation == self.operation) & (named == self._batch.pool.number(field))
        return np.where(meant, rest, 0)


def _named(name: str) -> tuple[str, str]:
    return NAMED.get(name.partition(" ")[0], ("", ""))


def _else(numbers: Floats, otherwise: Floats) -> Floats:
    return np.where(np.isnan(numbers), otherwise, numbers)
