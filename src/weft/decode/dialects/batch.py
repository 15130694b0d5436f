"""A batch of spans as the dialects look at it: only the rows and the keys that say something.

Keys and values are dictionary encoded: what a text means is asked once per distinct text, and numpy spreads
it over the rows. A batch without a known key costs one look at its distinct keys and names.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from weft.decode.dialects.dialect import SPAN_NAME, Dialect, Document, Field
from weft.decode.dialects.order import KEYS, SCOPES, says_something
from weft.decode.dialects.values import documented, name_of, number_of, text_of
from weft.model.values import DOUBLE, INT, JSON, OTLP, STRING

Ids = npt.NDArray[np.int32]
"""For each row the index of a text in `Pool`; 0 for none."""
Floats = npt.NDArray[np.float64]
"""For each row a number; NaN for none."""
Mask = npt.NDArray[np.bool_]

_TEXTS: Final = bytes((STRING, INT, JSON, OTLP))  # codes of large values are others: they name nothing
_NUMBERS: Final = bytes((STRING, INT, DOUBLE))


class Pool:
    """Texts by number, each once; the empty text is number 0."""

    def __init__(self) -> None:
        self.texts = [""]
        self._numbers = {"": 0}

    def number(self, text: str) -> int:
        """The number of a text."""
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return number


class Batch:
    """The rows of a batch in which some dialect may be spoken.

    Args:
        attributes: n maps, keys and values dictionary encoded.
        types: The type codes of all attributes, one after the other.
        names: n span names, dictionary encoded.
        scopes: n names of instrumentation scopes, dictionary encoded.

    Attributes:
        rows: Which of the n rows, in order; everything else has an entry for each of these.
        pool: The texts that were met.
    """

    def __init__(
        self,
        attributes: pa.MapArray,
        types: npt.NDArray[np.uint8],
        names: pa.DictionaryArray,
        scopes: pa.DictionaryArray,
    ) -> None:
        self.pool = Pool()
        self._names, self._scopes = names, scopes
        self._texts = attributes.items.dictionary
        self._cells: dict[str, tuple[Ids, npt.NDArray[np.uint8]]] = {}
        self._known: dict[tuple[str, bytes], tuple[Ids, pa.StringArray]] = {}
        keys = attributes.keys
        numbered = {key: number for number, key in enumerate(keys.dictionary.to_pylist()) if key in KEYS}
        slots = np.full(len(keys.dictionary), -1, np.int16)
        slots[list(numbered.values())] = np.arange(len(numbered))
        slot = slots[keys.indices.to_numpy()] if numbered else np.empty(0, np.int16)
        places = np.flatnonzero(slot >= 0)
        offsets = attributes.offsets.to_numpy()
        holders = np.searchsorted(offsets, places, side="right") - 1
        self.rows = np.union1d(holders, np.flatnonzero(self._telling()))
        if len(places):
            codes = attributes.items.indices.to_numpy(zero_copy_only=False)[places]
            self._fill(list(numbered), slot[places], holders, codes, types[places])

    def __len__(self) -> int:
        """How many rows."""
        return len(self.rows)

    def has(self, key: str) -> bool:
        """Whether any row has this key."""
        return key == SPAN_NAME or key in self._cells

    def present(self, key: str) -> Mask:
        """Which rows have this key."""
        return self._cells[key][0] >= 0

    def speaks(self, dialect: Dialect) -> Mask | None:
        """Where a dialect is spoken; None for everywhere."""
        if not dialect.scope:
            return None
        known = np.array([scope == dialect.scope for scope in self._scopes.dictionary.to_pylist()], np.bool_)
        speaks: Mask = known[self._scopes.indices.to_numpy()[self.rows]]
        return speaks

    def texts(self, key: str, meaning: Callable[[str], str] = name_of) -> Ids:
        """What a key says as text, each distinct text through `meaning`."""
        return self._spread(key, meaning)

    def numbers(self, key: str) -> Floats:
        """What a key says as a number."""
        codes, texts = self._distinct(key, _NUMBERS)
        return np.append(_numbers(texts), np.nan)[codes]

    def document_texts(self, key: str, read: Document, field: Field) -> Ids:
        """What a field of the document under a key says as text."""
        return self._spread(key, lambda text: name_of(text_of(documented(read, text).get(field))))

    def document_numbers(self, key: str, read: Document, field: Field) -> Floats:
        """What a field of the document under a key says as a number."""
        codes, texts = self._distinct(key, _TEXTS)
        numbers = [number_of(documented(read, text).get(field)) for text in texts.to_pylist()]
        return _floats([*numbers, None])[codes]

    def _spread(self, key: str, meaning: Callable[[str], str]) -> Ids:
        codes, texts = self._distinct(key, _TEXTS)
        listed = texts.to_pylist()
        if key == SPAN_NAME:
            listed = [text_of(text) for text in listed]
        # The last is where -1 leads to.
        numbers = np.array([*(self.pool.number(meaning(text)) for text in listed), 0], np.int32)
        return numbers[codes]

    def _distinct(self, key: str, types: bytes) -> tuple[Ids, pa.StringArray]:
        """The distinct texts of a key with one of these types; for each row the index of its own or -1."""
        known = self._known.get((key, types))
        if known is None:
            known = self._known[key, types] = self._look_up(key, types)
        return known

    def _look_up(self, key: str, types: bytes) -> tuple[Ids, pa.StringArray]:
        if key == SPAN_NAME:
            codes = self._names.indices.to_numpy()[self.rows]
            texts = self._names.dictionary
        else:
            codes, found = self._cells[key]
            codes = np.where(_among(types)[found], codes, -1)
            texts = self._texts
        used, index = np.unique(codes, return_inverse=True)
        first = int(np.searchsorted(used, 0))  # the rows without the key come first
        return np.maximum(index - first, -1).astype(np.int32), texts.take(pa.array(used[first:]))

    def _telling(self) -> Mask:
        """Which rows say something by their name or their scope alone."""
        telling = np.zeros(len(self._names), np.bool_)
        for column, known in (
            (self._names, [says_something(name) for name in self._names.dictionary.to_pylist()]),
            (self._scopes, [scope in SCOPES for scope in self._scopes.dictionary.to_pylist()]),
        ):
            if any(known):
                telling |= np.array(known)[column.indices.to_numpy()]
        return telling

    def _fill(
        self,
        keys: list[str],
        slot: npt.NDArray[np.int16],
        holders: npt.NDArray[np.int64],
        codes: npt.NDArray[np.int32],
        types: npt.NDArray[np.uint8],
    ) -> None:
        """Put the values of each key into one entry a row; of a key that a span has twice the last counts."""
        order = np.argsort(slot, kind="stable")
        bounds = np.searchsorted(slot[order], np.arange(len(keys) + 1))
        positions = np.searchsorted(self.rows, holders)
        for number, key in enumerate(keys):
            of_key = order[bounds[number] : bounds[number + 1]]
            found = np.full(len(self.rows), -1, np.int32)
            kinds = np.zeros(len(self.rows), np.uint8)
            found[positions[of_key]] = codes[of_key]
            kinds[positions[of_key]] = types[of_key]
            self._cells[key] = found, kinds


@cache
def _among(types: bytes) -> Mask:
    """For each type code whether it is one of these."""
    among = np.zeros(256, np.bool_)
    among[list(types)] = True
    return among


def _numbers(texts: pa.StringArray) -> Floats:
    """Distinct texts as numbers: Arrow reads those that are digits only (0.1 µs each, against 0.7)."""
    short = pc.less_equal(pc.binary_length(texts), 15)  # no regular expression: it is compiled at every call
    digits = pc.and_(pc.ascii_is_decimal(texts), short).to_numpy(zero_copy_only=False).astype(np.bool_)
    numbers = np.full(len(texts), np.nan)
    numbers[digits] = texts.filter(pa.array(digits)).cast(pa.int64()).to_numpy()
    if not digits.all():
        numbers[~digits] = _floats([number_of(text) for text in texts.filter(pa.array(~digits)).to_pylist()])
    return numbers


def _floats(numbers: list[float | None]) -> Floats:
    return np.array([np.nan if number is None else number for number in numbers], np.float64)
