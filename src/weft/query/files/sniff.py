"""What a file holds, told by its first bytes. Its name is not asked."""

from typing import Final, Literal

from weft.query.files.stream import LONGEST

Format = Literal["json", "protobuf", "delimited", "framed"]
"""JSON documents; one OTLP message; OTLP messages, each behind its length as a protobuf varint; or each
behind its length in four bytes, the highest first, as the Collector's file exporter writes them (those may be
JSON too, or compressed one by one)."""

#: So many bytes are looked at.
PREFIX: Final = 4096
_SPACES: Final = b" \t\r\n\xef\xbb\xbf"
#: How the messages from `TracesData` down to the first attribute may begin: the tags of the fields of each.
_TAGS: Final[dict[str, dict[int, str]]] = {
    "TracesData": {0x0A: "ResourceSpans"},
    "ResourceSpans": {0x0A: "Resource", 0x12: "ScopeSpans", 0x1A: ""},
    "Resource": {0x0A: "KeyValue", 0x10: "", 0x1A: ""},
    "ScopeSpans": {0x0A: "Scope", 0x12: "Span", 0x1A: ""},
    "Scope": {0x0A: "", 0x12: "", 0x1A: "", 0x20: ""},
    "Span": {0x0A: "", 0x12: "", 0x1A: "", 0x22: "", 0x2A: "", 0x30: "", 0x39: "", 0x41: "", 0x4A: ""},
    "KeyValue": {0x0A: "", 0x12: ""},
}


def sniff(prefix: bytes) -> Format | None:
    """Tell a format by the beginning of a file, decompressed.

    Protobuf has no magic number. What stands for one is that the first fields of the nested messages are
    fields that OTLP has; no JSON text begins so.

    Args:
        prefix: The first `PREFIX` bytes, or all there are.

    Returns:
        None for what is none of these.
    """
    if not prefix.strip(_SPACES):
        return None
    if _is_request(prefix):
        return "protobuf"
    if len(prefix) > 4 and _opens(prefix[4:]) and 0 < int.from_bytes(prefix[:4]) <= LONGEST:
        return "framed"
    length = _length_end(prefix, 0)
    if length and _is_request(prefix[length:]):
        return "delimited"
    return "json" if _is_json(prefix) else None


def _is_json(prefix: bytes) -> bool:
    """Whether an object begins here, or a list of objects."""
    text = prefix.lstrip(_SPACES)
    second = text[1:].lstrip(_SPACES)[:1]
    return (text[:1] == b"{" and second in b'"}') or (text[:1] == b"[" and second in b"{]")


def _opens(prefix: bytes) -> bool:
    """Whether a message behind its length begins here."""
    return _is_request(prefix) or prefix.startswith((b'{"resourceSpans"', b"\x28\xb5\x2f\xfd"))


def _is_request(prefix: bytes) -> bool:
    message, position, outer_end = "TracesData", 0, 1 << 64
    while message and position < len(prefix):
        inner = _TAGS[message].get(prefix[position])
        if inner is None:
            return False
        if not inner:
            return True
        begin = _length_end(prefix, position + 1)
        length = _length(prefix[position + 1 : begin])
        # Empty lines before JSON may look like tags, but not like messages that lie within each other.
        if not begin or begin + length > outer_end:
            return False
        if length == 0:  # an empty message: nothing more to see
            return True
        message, position, outer_end = inner, begin, begin + length
    return position > 0


def _length(varint: bytes) -> int:
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(varint))


def _length_end(data: bytes, position: int) -> int:
    """Where the varint that begins at `position` ends; 0 when it does not."""
    for end in range(position, min(position + 10, len(data))):
        if data[end] < 0x80:
            return end + 1
    return 0
