"""Trace context inside a JSON message, for transports whose messages have no headers (Redis Pub/Sub).

A message is one JSON object with the key ``trace_context``; its value holds the fields that OTEL_PROPAGATORS
names::

    {"task": "write"}       becomes  {"task": "write", "trace_context": {"traceparent": "00-…"}}
    "write", a list, a 7    becomes  {"trace_context": {"traceparent": "00-…"}, "payload": "write"}

An object keeps its own keys at the top, so that a consumer that knows nothing of Weft reads
``message["task"]`` as before: most JSON consumers ignore a key they do not know, and nearly none survives one
more level. Two kinds of objects would be ambiguous that way (one with a ``trace_context`` of its own, and one
whose only key is ``payload``); they travel under ``payload`` like everything that is not an object.
``trace_context`` is there, empty, when there is no context to carry, so that the consumer reads the same
shape every time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.context import get_current

from weft.context import propagation
from weft.context.received import is_baggage_field, is_trace_field

if TYPE_CHECKING:
    from opentelemetry.context import Context

CONTEXT_KEY: Final = "trace_context"
PAYLOAD_KEY: Final = "payload"


@dataclass(frozen=True, slots=True)
class Message:
    """What a message said, and the trace it belongs to.

    Attributes:
        payload: What was given to ``pack``; for a message that is not ours, that very object.
        context: For ``weft.attached`` or ``context=``; the current context where the message carries none.
    """

    payload: Any
    context: Context


def pack(payload: object, context: Context | None = None) -> str:
    """Write a payload and the trace context as one JSON text.

    Args:
        payload: Anything ``json.dumps`` takes.
        context: The context to carry; the current one by default.

    Raises:
        TypeError: The payload is not JSON (as ``json.dumps`` would have said).
        ValueError: The payload contains itself (likewise).
    """
    carrier = propagation.inject(context=context)
    if isinstance(payload, dict) and CONTEXT_KEY not in payload and payload.keys() != {PAYLOAD_KEY}:
        return _dumps({**payload, CONTEXT_KEY: carrier})
    return _dumps({CONTEXT_KEY: carrier, PAYLOAD_KEY: payload})


def unpack(message: object) -> Message:
    """Read a message. Whatever is not one of ours comes through unchanged, as its own payload.

    Args:
        message: JSON as ``str`` or bytes, or an object already parsed.

    Returns:
        The payload and its context. Never raises: text that is not JSON, other JSON, and a ``trace_context``
        that is not an object of known text fields all make ``payload`` the message that was given.
    """
    envelope = _envelope(message)
    if envelope is None:
        return Message(message, get_current())
    carrier = envelope[CONTEXT_KEY]
    if envelope.keys() == {CONTEXT_KEY, PAYLOAD_KEY}:
        payload = envelope[PAYLOAD_KEY]
    else:
        payload = {key: value for key, value in envelope.items() if key != CONTEXT_KEY}
    return Message(payload, propagation.extract(carrier))


def _envelope(message: object) -> dict[str, object] | None:
    """The message as an object with a trace context, or None when it is not ours."""
    if isinstance(message, str | bytes | bytearray):
        try:
            message = json.loads(message)
        except (ValueError, RecursionError):  # not JSON, not text, too long a number, nested without end
            return None
    if isinstance(message, dict) and _is_trace_context(message.get(CONTEXT_KEY)):
        return message
    return None


def _is_trace_context(value: object) -> bool:
    """An object of text whose keys are propagation fields; the values are the propagators' to judge."""
    if not isinstance(value, dict):
        return False
    return all(
        isinstance(name, str) and isinstance(field, str) and _is_field(name.lower())
        for name, field in value.items()
    )


def _is_field(name: str) -> bool:
    """A field of any format: an envelope is opened also where its context cannot be read."""
    return is_trace_field(name) or is_baggage_field(name) or name in propagation.fields()


def _dumps(message: object) -> str:
    r"""JSON that any transport can send: characters as they are, but escaped where UTF-8 cannot hold them.

    A text with a lone surrogate (``"\ud800"`` is valid JSON) cannot be encoded; only then everything is
    escaped.
    """
    text = json.dumps(message, ensure_ascii=False)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(message)
    return text
