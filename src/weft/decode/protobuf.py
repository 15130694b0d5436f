"""OTLP protobuf bodies to nested Arrow, without a Python object per span.

`ptars` builds the Arrow form straight from the wire; nested `AnyValue` arrays and maps stay raw bytes.
"""

from collections.abc import Sequence
from typing import Any

import ptars
import pyarrow as pa
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from weft.decode.wire import check

_DESCRIPTOR: Any = ExportTraceServiceRequest.DESCRIPTOR
_handler = ptars.HandlerPool([_DESCRIPTOR.file]).get_for_message(_DESCRIPTOR)


class MalformedBody(ValueError):
    """A body is not an OTLP trace request; the message says what the parser met."""


def parse(bodies: Sequence[bytes]) -> pa.StructArray:
    """Parse OTLP `ExportTraceServiceRequest` bodies into nested columns.

    Args:
        bodies: Serialized requests, uncompressed.

    Returns:
        The `ResourceSpans` lists, one row per body: `list<struct<resource, scope_spans, schema_url>>`.

    Raises:
        MalformedBody: One of the bodies does not parse. Which one is not known: parse them one by one.
    """
    try:
        for body in bodies:
            check(body)
        batch = _handler.list_to_record_batch(list(bodies))
    except ValueError as error:
        raise MalformedBody(str(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        # A panic in compiled code is no Exception, and would end the thread that it comes to.
        raise MalformedBody("the parser gave up on it") from error
    return batch.column("resource_spans")
