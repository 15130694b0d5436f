"""The bytes of a file, decompressed as they are needed and read forward."""

import gzip
import sys
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: The longest document that is held in memory: a line, a message, or a whole file that is one document.
LONGEST: Final = 1 << 30
_PIECE: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"


class TooLong(Exception):
    """A document is longer than `LONGEST`."""


class Stream:
    """Reads a file forward, whatever it is compressed with.

    Damage ends the bytes where it is met, so that everything before it can be used.

    Args:
        raw: The file, open at its start.
        longest: The most bytes that are given at once.

    Attributes:
        damage: Why the bytes end before the file does; empty while nothing is wrong.
    """

    def __init__(self, raw: BinaryIO, longest: int = LONGEST) -> None:
        self._raw = raw
        self._longest = longest
        self._pieces = self._decompressed()
        self._buffer = bytearray()
        self.damage = ""

    def peek(self, size: int) -> bytes:
        """Give the next bytes without taking them; fewer at the end."""
        while len(self._buffer) < size and self._more():
            pass
        return bytes(self._buffer[:size])

    def take(self, size: int) -> bytes:
        """Take the next bytes; fewer at the end.

        Raises:
            TooLong: More than is ever given at once.
        """
        if size > self._longest:
            raise TooLong
        while len(self._buffer) < size and self._more():
            pass
        return self._cut(min(size, len(self._buffer)))

    def line(self) -> bytes:
        """Take a line with its end; nothing at the end of the file.

        Raises:
            TooLong: It is longer than what is ever given at once.
        """
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > self._longest:
                raise TooLong
            if not self._more():
                return self._cut(searched)
        return self._cut(end + 1)

    def rest(self) -> bytes:
        """Take everything that is left.

        Raises:
            TooLong: It is more than is ever given at once.
        """
        while self._more():
            if len(self._buffer) > self._longest:
                raise TooLong
        return self._cut(len(self._buffer))

    def _cut(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]  # moves a pointer, not the bytes behind it
        return taken

    def _more(self) -> bool:
        try:
            piece = next(self._pieces, b"")
        except EOFError:
            self.damage = "the compressed data ends early; what was before that is used"
            return False
        except (OSError, zlib.error, zstd.ZstdError) as error:
            self.damage = f"it cannot be read on: {error}"
            return False
        self._buffer += piece
        return bool(piece)

    def _decompressed(self) -> Iterator[bytes]:
        magic = self._raw.read(4)
        self._raw.seek(0)
        source: BinaryIO | gzip.GzipFile | zstd.ZstdFile = self._raw
        if magic.startswith(_GZIP):
            source = gzip.GzipFile(fileobj=self._raw)
        elif magic == ZSTD:
            source = zstd.ZstdFile(self._raw)
        while piece := source.read1(_PIECE):  # type: ignore[union-attr]
            yield piece
