"""Content encodings, decoded with a limit that a bomb cannot pass."""

import sys
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any, Final

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: OTLP 1.11: a request is limited to 64 MiB, measured after decompression too.
BODY_LIMIT: Final = 64 << 20
#: gzip members or zstd frames of one body. Parallel compressors write one for every 64 KiB or more; without a
#: bound, 64 MiB of empty ones (9 bytes each) keep a processor busy for minutes.
MEMBERS: Final = 4096
#: Bytes that a decoder is given at a time. What it leaves behind the end of a member is copied, so a member
#: costs at most this much copying, wherever in the body it is.
PIECE: Final = 64 << 10
#: RFC 9659: the zstd content encoding uses windows up to 8 MiB, so that a decoder's memory is bounded.
ZSTD_WINDOW_LOG: Final = 23


class TooLarge(Exception):
    """A body is longer than `BODY_LIMIT`, before or after decompression."""


class UnknownEncoding(Exception):
    """The body's content encoding is none of `ENCODINGS`."""


class DamagedBody(ValueError):
    """A body is not what its content encoding says."""


def decompress(body: bytes, encoding: str, limit: int = BODY_LIMIT) -> bytes:
    """Undo a content encoding.

    Args:
        body: As received.
        encoding: The Content-Encoding header, empty for none.
        limit: The most bytes to return.

    Raises:
        UnknownEncoding: There is no such encoding here.
        TooLarge: There is more than `limit` behind it; no more than that was decompressed.
        DamagedBody: The body is damaged, ends early, or is made of more than `MEMBERS` pieces.
    """
    try:
        decode = ENCODINGS[encoding.strip().lower()]
    except KeyError:
        raise UnknownEncoding(
            f"content encoding {encoding[:100]!r} is not supported; send gzip, zstd, deflate or none"
        ) from None
    return decode(body, limit)


def _plain(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise TooLarge
    return body


def _decoded(name: str, begin: Callable[[], Any], body: bytes, limit: int) -> bytes:
    """Decode gzip members or zstd frames, one after the other, each with a decoder of its own."""
    decoded = bytearray()
    position = members = 0
    while position < len(body) or not members:
        members += 1
        if members > MEMBERS:
            raise DamagedBody(f"the {name} body is made of more than {MEMBERS:,} pieces")
        decoder = begin()
        while not decoder.eof:
            piece = body[position : position + PIECE]
            if not piece:
                raise DamagedBody(f"the {name} body ends early")
            try:
                decoded += decoder.decompress(piece, limit + 1 - len(decoded))
            except (zlib.error, zstd.ZstdError) as error:
                raise DamagedBody(f"the {name} body is damaged: {error}") from error
            if len(decoded) > limit:
                raise TooLarge
            position += len(piece)
        position -= len(decoder.unused_data)
    return bytes(decoded)


def _zstd_decoder() -> Any:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG})


_gzip = partial(_decoded, "gzip", partial(zlib.decompressobj, 31))

ENCODINGS: Final[dict[str, Callable[[bytes, int], bytes]]] = {
    "": _plain,
    "identity": _plain,
    "gzip": _gzip,
    "x-gzip": _gzip,  # RFC 9110, 8.4.1.3: the same
    "deflate": partial(_decoded, "deflate", partial(zlib.decompressobj, 15)),
    "zstd": partial(_decoded, "zstd", _zstd_decoder),
}
