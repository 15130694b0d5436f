"""The attribute maps of many rows, as numbers into the keys and values that occur.

Nothing here is done per attribute in Python but the last step, the joining of two halves of JSON: keys and
values are encoded once each, order and selection are array operations.
"""

from collections.abc import Container
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from weft.present.jaeger.columns import Numbers, encoded, offsets, plain
from weft.present.jaeger.tags import Attribute, head, tail


@dataclass(frozen=True, slots=True)
class Attributes:
    """n rows of attributes, m attributes in all.

    Attributes:
        offsets: n + 1 numbers; row i owns the attributes from `offsets[i]` up to `offsets[i + 1]`.
        names: The keys that occur.
        texts: The values that occur, as text.
        name: m indices into `names`.
        text: m indices into `texts`.
        code: m type codes.
    """

    offsets: Numbers
    names: list[str]
    texts: list[str]
    name: Numbers
    text: Numbers
    code: Numbers

    @classmethod
    def of(cls, maps: pa.MapArray, types: pa.Array) -> "Attributes":
        """Take apart a column of attribute maps.

        Args:
            maps: n maps of text to text; either may be dictionary encoded.
            types: n strings, one type code per attribute.
        """
        bounds = offsets(maps)
        begin, size = maps.offsets[0].as_py(), int(bounds[-1])
        names, name = encoded(maps.keys.slice(begin, size))
        texts, text = encoded(maps.items.slice(begin, size))
        codes = "".join(plain(types).to_pylist()).lower().encode("ascii")
        return cls(bounds, names, texts, name, text, np.frombuffer(codes, np.uint8).astype(np.int64))

    def rows(self) -> Numbers:
        """For each attribute the row that owns it."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    def by_key(self) -> "Attributes":
        """The same with the attributes of each row in the order of their keys."""
        rank = np.empty(len(self.names), np.int64)
        rank[np.argsort(np.array(self.names, object), kind="stable")] = np.arange(len(self.names))
        order = np.lexsort((rank[self.name], self.rows()))
        return replace(self, name=self.name[order], text=self.text[order], code=self.code[order])

    def named(self, names: Container[str]) -> npt.NDArray[np.bool_]:
        """For each attribute whether its key is one of these."""
        return np.array([name in names for name in self.names], np.bool_)[self.name]

    def without(self, dropped: npt.NDArray[np.bool_]) -> "Attributes":
        """The same without the attributes that `dropped` marks."""
        kept = ~dropped
        offsets = np.concatenate(([0], np.cumsum(kept)))[self.offsets]
        return replace(
            self, offsets=offsets, name=self.name[kept], text=self.text[kept], code=self.code[kept]
        )

    def at(self, index: int) -> Attribute:
        """One attribute of the m."""
        return self.names[self.name[index]], self.texts[self.text[index]], int(self.code[index])

    def row(self, row: int) -> list[Attribute]:
        """The attributes of one row."""
        return [self.at(index) for index in range(self.offsets[row], self.offsets[row + 1])]

    def json(self) -> list[bytes]:
        """The attributes of each row as JSON, joined by commas."""
        heads, head_of = _distinct(self.name, self.code)
        tails, tail_of = _distinct(self.text, self.code)
        names, texts = self.names, self.texts
        starts = [head(names[name], code) for name, code in heads]
        ends = [tail(texts[text], code) for text, code in tails]
        pairs = [starts[h] + ends[t] for h, t in zip(head_of, tail_of, strict=True)]
        bounds = self.offsets.tolist()
        return [b",".join(pairs[a:b]) for a, b in pairwise(bounds)]


def _distinct(index: Numbers, code: Numbers) -> tuple[list[tuple[int, int]], list[int]]:
    """The distinct pairs of an index and a type code, and for each row the number of its own."""
    encoded = pa.array(index << 8 | code).dictionary_encode()
    pairs = [(packed >> 8, packed & 0xFF) for packed in encoded.dictionary.to_pylist()]
    return pairs, encoded.indices.to_pylist()
