"""The bytes of one file header and of one record header.

A file is a file header and then records; a record is a header and its body. All integers are little-endian::

    file header    magic 7 | format 1 | identity 16 | crc32 of these 24 bytes 4
    record header  marker 8 | sequence 8 | body length 4 | crc32 of the body 4 | crc32 of these 24 bytes 4

The record header has a checksum of its own, so that a damaged body does not cost the records behind it.
"""

from __future__ import annotations

import hashlib
import struct
from typing import NamedTuple
from zlib import crc32

FORMAT = 1
MAGIC = b"weftjnl"

#: The longest body, in bytes: far above what is sent, and within what one pread(2) returns.
BODY_LIMIT = 1 << 30

_FILE = struct.Struct("<7sB16s")
_RECORD = struct.Struct("<8sQII")
_CRC = struct.Struct("<I")

FILE_HEADER_SIZE = _FILE.size + _CRC.size
RECORD_HEADER_SIZE = _RECORD.size + _CRC.size


class FileHeader(NamedTuple):
    """What a file says about itself."""

    format: int
    identity: bytes


class RecordHeader(NamedTuple):
    """What a record says about its body."""

    sequence: int
    length: int
    body_crc: int


def marker(identity: bytes) -> bytes:
    """Gives the 8 bytes that begin each record of the journal with this identity.

    Bodies come from untrusted senders. With a fixed marker one of them could carry forged records, to be
    found when the search for the next record runs through it; nobody outside knows this one.
    """
    return hashlib.blake2b(identity, digest_size=8, person=b"weft-journal").digest()


def pack_file_header(identity: bytes) -> bytes:
    """Makes a file header for an identity of 16 bytes."""
    head = _FILE.pack(MAGIC, FORMAT, identity)
    return head + _CRC.pack(crc32(head))


def unpack_file_header(data: bytes) -> FileHeader | None:
    """Reads a file header; None when it is cut short, damaged, or no header at all."""
    if len(data) < FILE_HEADER_SIZE or crc32(data[: _FILE.size]) != _CRC.unpack_from(data, _FILE.size)[0]:
        return None
    magic, version, identity = _FILE.unpack_from(data)
    return FileHeader(version, identity) if magic == MAGIC else None


def pack_record_header(mark: bytes, sequence: int, body: bytes) -> bytes:
    """Makes the header that goes before a body."""
    head = _RECORD.pack(mark, sequence, len(body), crc32(body))
    return head + _CRC.pack(crc32(head))


def unpack_record_header(mark: bytes, data: bytes) -> RecordHeader | None:
    """Reads a record header; None when it is cut short, damaged, or another journal's."""
    if len(data) < RECORD_HEADER_SIZE or not data.startswith(mark):
        return None
    if crc32(data[: _RECORD.size]) != _CRC.unpack_from(data, _RECORD.size)[0]:
        return None
    return RecordHeader._make(_RECORD.unpack_from(data)[1:])
