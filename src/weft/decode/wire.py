"""A look at the wire format before a parser in compiled code meets it.

Protobuf has groups, fields that nest without a length in front; OTLP has none, and whoever skips an unknown
one does so by recursion. A body of a few hundred kilobytes that is nothing but the beginnings of groups ended
the process: `ptars` takes 80 bytes of stack for each level, a thread has 2 MiB or more. And a message without
fields takes two bytes on the wire and a hundred as a row of columns, so that 64 MiB become 5 GiB.

So the fields of large messages are counted and their wire types looked at, before anything else. It costs
0.3 µs a span in requests of ordinary sizes, where only the lists of spans are large.
"""

from typing import Any, Final

from google.protobuf.descriptor import Descriptor
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

#: Messages up to this size are left to the parser: they cannot nest deeper than they are long, and so many
#: levels fit into the smallest stack that a thread has.
SAFE_BYTES: Final = 16 << 10
#: Bodies beyond this size are counted through to their small messages too. gRPC clients and servers refuse
#: more than 4 MiB unless they are told otherwise: few bodies are larger.
COMMON_BYTES: Final = 4 << 20
#: Messages up to this size are not opened even then: what they can hold is little.
SMALL_BYTES: Final = 64
#: Fields of the messages of one body that are opened: one for every 8 bytes of the largest.
FIELDS: Final = 8 << 20


class WireError(ValueError):
    """A body is not protobuf, or none that an OTLP sender writes."""


_Message = dict[int, Any]


def _messages(descriptor: Descriptor, within: tuple[str, ...] = ()) -> _Message:
    """The messages in a message, by tag, without those that contain themselves: they stay closed."""
    within = (*within, descriptor.full_name)
    return {
        field.number << 3 | 2: _messages(field.message_type, within)
        for field in descriptor.fields
        if field.message_type is not None and field.message_type.full_name not in within
    }


_REQUEST: Final = _messages(ExportTraceServiceRequest.DESCRIPTOR)


def check(body: bytes) -> None:
    """Refuse a body that a parser should not be given.

    Raises:
        WireError: One of its large messages has a group in it or ends early, or it has more than `FIELDS`
            fields.
    """
    if len(body) <= SAFE_BYTES:
        return
    opened_bytes = SAFE_BYTES if len(body) <= COMMON_BYTES else SMALL_BYTES
    fields = 0
    to_open: list[tuple[_Message, int, int]] = [(_REQUEST, 0, len(body))]
    while to_open:
        messages, position, stop = to_open.pop()
        while position < stop:
            fields += 1
            if fields > FIELDS:
                raise WireError(f"it has more than {FIELDS:,} fields: send less at once")
            try:
                tag, length = body[position], body[position + 1]
                position += 2
                if tag > 0x7F or tag & 7 != 2:
                    tag, length, position = _field(body, position - 2)
                elif length > 0x7F:
                    second = body[position]
                    if second > 0x7F:
                        length, position = _varint(body, position - 1)
                    else:  # the length of most spans, in place
                        length += (second << 7) - 0x80
                        position += 1
            except IndexError:
                raise WireError("the body ends within a field") from None
            if length > opened_bytes and tag in messages:
                to_open.append((messages[tag], position, position + length))
            position += length
        if position != stop:
            raise WireError("a field is longer than the message that it is in")


def _field(body: bytes, position: int) -> tuple[int, int, int]:
    """Read the head of any field: its tag, how many bytes of content follow, and where they begin."""
    tag, position = _varint(body, position)
    if tag < 8:
        raise WireError("a field has the number 0")
    match tag & 7:
        case 0:
            _, position = _varint(body, position)
            return tag, 0, position
        case 1:
            return tag, 8, position
        case 2:
            length, position = _varint(body, position)
            return tag, length, position
        case 5:
            return tag, 4, position
    raise WireError("it has groups or unknown wire types, which OTLP does not")


def _varint(body: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = body[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise WireError("a number is longer than 64 bits")
