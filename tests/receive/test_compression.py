"""Every encoding comes back as it went in, and whatever is not one ends as an error, in bounded memory."""

import contextlib
import gzip
import os
import sys
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.receive.compression import (
    BODY_LIMIT,
    ENCODINGS,
    MEMBERS,
    PIECE,
    DamagedBody,
    TooLarge,
    UnknownEncoding,
    decompress,
)

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Compress = Callable[[bytes], bytes]
COMPRESS: dict[str, Compress] = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd.compress}
#: Those that may be several, one after the other.
CONCATENATED = ["gzip", "zstd"]
contents = st.binary(max_size=300) | st.builds(
    lambda part, times: part * times, st.binary(max_size=9), st.integers(0, 50_000)
)
encodings = st.sampled_from(sorted(COMPRESS))


@given(encoding=encodings, content=contents)
def test_each_encoding_is_undone(encoding: str, content: bytes) -> None:
    assert decompress(COMPRESS[encoding](content), encoding) == content


@given(content=contents)
def test_no_encoding_leaves_the_body_as_it_is(content: bytes) -> None:
    for none in ("", "identity", " Identity "):
        assert decompress(content, none) == content


@pytest.mark.parametrize("name", ["GZIP", " gzip ", "x-gzip"])
def test_the_name_of_an_encoding_may_be_written_differently(name: str) -> None:
    assert decompress(gzip.compress(b"content"), name) == b"content"


@pytest.mark.parametrize("name", ["br", "snappy", "gzip, gzip", "compress", "\x00", "x" * 10_000])
def test_an_unknown_encoding_is_said_with_what_to_send_instead(name: str) -> None:
    with pytest.raises(UnknownEncoding, match="send gzip, zstd, deflate or none") as raised:
        decompress(b"", name)
    assert len(str(raised.value)) < 1000


@pytest.mark.parametrize("encoding", sorted(COMPRESS))
def test_a_body_that_is_cut_anywhere_is_damaged(encoding: str) -> None:
    whole = COMPRESS[encoding](os.urandom(50) + b"x" * 100)
    for length in range(len(whole)):
        with pytest.raises(DamagedBody, match=r"ends early|is damaged"):
            decompress(whole[:length], encoding)


@pytest.mark.parametrize("encoding", CONCATENATED)
def test_a_long_body_that_is_cut_at_the_end_of_a_piece_is_damaged(encoding: str) -> None:
    whole = COMPRESS[encoding](os.urandom(3 * PIECE))
    for length in (PIECE, 2 * PIECE):
        with pytest.raises(DamagedBody, match="ends early"):
            decompress(whole[:length], encoding)


@given(
    encoding=encodings,
    content=st.binary(min_size=1, max_size=60),
    at=st.integers(0, 1 << 16),
    bit=st.integers(0, 7),
)
def test_a_flipped_bit_never_gives_other_content(encoding: str, content: bytes, at: int, bit: int) -> None:
    """With gzip and deflate, which have checksums; a zstd frame has one only if its sender wants it."""
    body = bytearray(COMPRESS[encoding](content))
    body[at % len(body)] ^= 1 << bit
    try:
        found = decompress(bytes(body), encoding)
    except DamagedBody:
        return
    assert encoding == "zstd" or found == content


@given(body=st.binary(max_size=200), encoding=st.sampled_from(sorted(ENCODINGS)), limit=st.integers(0, 300))
def test_random_bytes_end_in_a_documented_error_or_in_a_body_within_the_limit(
    body: bytes, encoding: str, limit: int
) -> None:
    with contextlib.suppress(DamagedBody, TooLarge):
        assert len(decompress(body, encoding, limit)) <= limit


@given(parts=st.lists(st.binary(max_size=30), min_size=1, max_size=5), encoding=st.sampled_from(CONCATENATED))
def test_several_members_are_one_body(parts: list[bytes], encoding: str) -> None:
    body = b"".join(map(COMPRESS[encoding], parts))
    assert decompress(body, encoding) == b"".join(parts)


@pytest.mark.parametrize("encoding", CONCATENATED)
def test_members_around_the_ends_of_pieces_are_found(encoding: str) -> None:
    parts = [os.urandom(PIECE - 30 + offset) for offset in range(0, 60, 7)]
    body = b"".join(map(COMPRESS[encoding], parts))
    assert decompress(body, encoding) == b"".join(parts)


@pytest.mark.parametrize("encoding", sorted(COMPRESS))
def test_what_stands_behind_the_end_is_damage(encoding: str) -> None:
    body = COMPRESS[encoding](b"content")
    for trailer in (b"\x00", b"trailer", os.urandom(2 * PIECE)):
        with pytest.raises(DamagedBody):
            decompress(body + trailer, encoding)


@pytest.mark.parametrize("encoding", CONCATENATED)
def test_a_body_of_nothing_but_empty_members_is_refused_soon(encoding: str) -> None:
    """64 MiB of them kept a processor busy for an hour when the rest was copied for each."""
    empty = COMPRESS[encoding](b"")
    assert decompress(empty * MEMBERS, encoding) == b""
    with pytest.raises(DamagedBody, match="pieces"):
        decompress(empty * (BODY_LIMIT // len(empty)), encoding)


@pytest.mark.parametrize("encoding", sorted(COMPRESS))
def test_the_limit_is_exact(encoding: str) -> None:
    for size in (0, 1, 1000, PIECE, 5 * PIECE + 1):
        body = COMPRESS[encoding](b"x" * size)
        assert len(decompress(body, encoding, size)) == size
        if size:
            with pytest.raises(TooLarge):
                decompress(body, encoding, size - 1)
    for plain in ("", "identity"):
        assert decompress(b"xx", plain, 2) == b"xx"
        with pytest.raises(TooLarge):
            decompress(b"xx", plain, 1)


def test_the_limit_is_over_all_members_together() -> None:
    body = gzip.compress(b"x" * 10) * 3
    assert len(decompress(body, "gzip", 30)) == 30
    with pytest.raises(TooLarge):
        decompress(body, "gzip", 29)


def bomb(encoding: str, size: int) -> bytes:
    """A body that decompresses to `size` zeros; made without ever holding them."""
    block = bytes(1 << 20)
    if encoding == "zstd":
        compressor = zstd.ZstdCompressor()
        return b"".join([*(compressor.compress(block) for _ in range(size >> 20)), compressor.flush()])
    stream = zlib.compressobj(9, zlib.DEFLATED, 31 if encoding == "gzip" else 15)
    return b"".join([*(stream.compress(block) for _ in range(size >> 20)), stream.flush()])


@pytest.mark.parametrize("encoding", sorted(COMPRESS))
def test_a_bomb_stops_at_the_limit_in_bounded_memory(encoding: str) -> None:
    limit = 8 << 20
    body = bomb(encoding, 256 << 20)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            decompress(body, encoding, limit)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * limit


def test_a_zstd_window_beyond_8_mib_is_refused() -> None:
    """A frame of a few bytes may ask for a window of 2 GiB (RFC 8878); RFC 9659 allows 8 MiB."""
    parameter = zstd.CompressionParameter
    compressor = zstd.ZstdCompressor(options={parameter.window_log: 27, parameter.content_size_flag: 0})
    body = compressor.compress(b"content") + compressor.flush()
    with pytest.raises(DamagedBody, match="memory"):
        decompress(body, "zstd")
