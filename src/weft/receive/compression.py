"""Content encodings, decoded with a limit that a bomb cannot pass."""

import sys
import zlib
from collections.abc import Callable
from typing import Any, Final

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: OTLP 1.11: a request is limited to 64 MiB, measured after decompression too.
BODY_LIMIT: Final = 64 << 20


class TooLarge(Exception):
    """A body is longer than `BODY_LIMIT`, before or after decompression."""


class UnknownEncoding(Exception):
    """The body's content encoding is none of `ENCODINGS`."""


def decompress(body: bytes, encoding: str, limit: int = BODY_LIMIT) -> bytes:
    """Undo a content encoding.

    Args:
        body: As received.
        encoding: The Content-Encoding header, empty for none.
        limit: The most bytes to return.

    Raises:
        UnknownEncoding: There is no such encoding here.
        TooLarge: There is more than `limit` behind it; no more than that was decompressed.
        ValueError: The body is damaged or ends early.
    """
    try:
        decode = ENCODINGS[encoding.strip().lower()]
    except KeyError:
        raise UnknownEncoding(
            f"content encoding {encoding!r} is not supported; send gzip, zstd, deflate or none"
        ) from None
    data = decode(body, limit)
    if len(data) > limit:
        raise TooLarge
    return data


def _plain(body: bytes, _limit: int) -> bytes:
    return body


def _zlib(window_bits: int, name: str) -> Callable[[bytes, int], bytes]:
    def decode(body: bytes, limit: int) -> bytes:
        parts, size = [], 0
        while body:  # gzip may be several members, one after the other
            decoder = zlib.decompressobj(window_bits)
            try:
                part = decoder.decompress(body, limit + 1 - size)
            except zlib.error as error:
                raise ValueError(f"the {name} body is damaged: {error}") from error
            parts.append(part)
            size += len(part)
            if size > limit:
                raise TooLarge
            if not decoder.eof:
                raise ValueError(f"the {name} body ends early")
            body = decoder.unused_data
        return b"".join(parts)

    return decode


def _zstd(body: bytes, limit: int) -> bytes:
    parts, size = [], 0
    while body:  # zstd may be several frames, one after the other
        decoder: Any = zstd.ZstdDecompressor()
        try:
            part = decoder.decompress(body, limit + 1 - size)
        except zstd.ZstdError as error:
            raise ValueError(f"the zstd body is damaged: {error}") from error
        parts.append(part)
        size += len(part)
        if size > limit:
            raise TooLarge
        if not decoder.eof:
            raise ValueError("the zstd body ends early")
        body = decoder.unused_data
    return b"".join(parts)


ENCODINGS: Final[dict[str, Callable[[bytes, int], bytes]]] = {
    "": _plain,
    "identity": _plain,
    "gzip": _zlib(31, "gzip"),
    "deflate": _zlib(15, "deflate"),
    "zstd": _zstd,
}
